// log sigmoid(x) = -softplus(-x), typed for vectors.

import { tf } from '@thinkwright/tensors';

export const logSigmoid = (x: tf.Tensor1D): tf.Tensor1D => tf.neg(tf.softplus(tf.neg(x)));
