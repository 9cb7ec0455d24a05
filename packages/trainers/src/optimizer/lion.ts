// Lion: the sign of an interpolated momentum, with decoupled weight decay. One state tensor instead of two.
//   u = sign(beta1 m + (1 - beta1) g),  m <- beta2 m + (1 - beta2) g,  p <- p (1 - lr wd) - lr u
// Chen et al., https://arxiv.org/abs/2302.06675, which recommends a learning rate 3 to 10 times smaller than AdamW's.

import { assignValues, tf } from '@thinkwright/tensors';
import type { UpdateRule } from './rule-optimizer.ts';

export interface LionOptions {
  beta1?: number;
  beta2?: number;
  weightDecay?: number;
}

export function lion({ beta1 = 0.9, beta2 = 0.99, weightDecay = 0 }: LionOptions = {}): UpdateRule {
  const mix = (momentum: tf.Tensor, gradient: tf.Tensor, beta: number) =>
    tf.add(tf.mul(momentum, beta), tf.mul(gradient, 1 - beta));
  return {
    name: 'Lion',
    slots: ['exp_avg'],
    update(value, gradient, { exp_avg: momentum }, { learningRate, decay }) {
      const direction = tf.sign(mix(momentum!, gradient, beta1));
      momentum!.assign(mix(momentum!, gradient, beta2));
      const kept = tf.mul(value, 1 - learningRate * (decay ? weightDecay : 0));
      assignValues(value, tf.sub(kept, tf.mul(direction, learningRate)));
    },
  };
}
