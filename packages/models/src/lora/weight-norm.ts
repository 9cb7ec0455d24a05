// DoRA's denominator (Liu et al. 2024, https://arxiv.org/abs/2402.09353): the norm of each row of the adapted weight,
//   |W + s B A|² = |W|² + 2 s Σ_r B (W Aᵀ) + s² Σ_r (B A Aᵀ) B        per row, without ever forming B A.
// A constant for gradients, as in section 4.3 of the paper and in PEFT.

import { linear, tf, withoutGradient } from '@thinkwright/tensors';
import type { AdapterPair } from './adapter.ts';

/** |W|² of each row, [N]. */
export function rowSquares(weight: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.sum(tf.square(weight), 1) as tf.Tensor1D);
}

/**
 * |W + s B A| of each row, [N].
 * @param weight W [N, K]. @param squares `rowSquares(weight)`, which the frozen weight needs only once.
 */
export function adaptedRowNorms(
  weight: tf.Tensor2D,
  squares: tf.Tensor1D,
  { a, b }: AdapterPair,
  scale: number,
): tf.Tensor1D {
  return withoutGradient(() =>
    tf.tidy(() => {
      const low = a as unknown as tf.Tensor2D; // [R, K]
      const high = b as unknown as tf.Tensor2D; // [N, R]
      const mixed = tf.mul(tf.sum(tf.mul(high, linear(weight, low)), 1), 2 * scale); // [N]
      const own = tf.mul(tf.sum(tf.mul(high, linear(high, linear(low, low))), 1), scale * scale);
      return tf.sqrt(tf.maximum(tf.add(squares, tf.add(mixed, own)), 0)) as tf.Tensor1D;
    }),
  );
}
