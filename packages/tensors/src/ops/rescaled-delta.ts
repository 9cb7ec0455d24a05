// What changes in a product when an update is added to it and each column rescaled (DoRA): g (y + d) - y = (g - 1) y + g d. As ops of their
// own it would keep four matrices for the backward pass; here two. Plain tfjs ops inside one tape node, on every device.
import { expectShape } from '../expect.ts';
import { record } from '../tape.ts';
import { tf } from '../tfjs.ts';

/**
 * @param y [T, N]
 * @param delta d, [T, N]
 * @param gain g, [N]
 * @returns [T, N]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function rescaledDelta(y: tf.Tensor2D, delta: tf.Tensor2D, gain: tf.Tensor1D): tf.Tensor2D {
  expectShape('rescaledDelta', 'delta', delta, y.shape, '[T, N]');
  expectShape('rescaledDelta', 'gain', gain, [y.shape[1]], '[N]');
  return record<tf.Tensor2D>({
    inputs: { y, delta, gain },
    forward(save) {
      save([y, delta, gain]);
      return tf.add(tf.mul(y, tf.sub(gain, 1)), tf.mul(delta, gain));
    },
    backward: (dy, [savedY, savedDelta, savedGain]) => ({
      y: () => tf.mul(dy, tf.sub(savedGain!, 1)),
      delta: () => tf.mul(dy, savedGain!),
      gain: () => tf.add(tf.sum(tf.mul(dy, savedY!), 0), tf.sum(tf.mul(dy, savedDelta!), 0)),
    }),
  });
}
