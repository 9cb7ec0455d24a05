// Rounds keys and values to bfloat16 (nearest, ties to even) and leaves queries: what attention reads when the key/value cache is
// stored so. With it, training and scoring have the bits of decoding. The gradient passes straight through (arXiv 1308.3432).
// Kernel: TwRoundColumns { x } attrs { first } → x with columns from `first` on rounded.
import { hasKernel, recomputable, record, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import type { AttentionHeads } from './attend.ts';
import { expectHeads } from './attention.ts';

/**
 * @param qkv [T, (H + 2K) D]
 * @returns the same shape
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function roundKeyValues(qkv: tf.Tensor2D, heads: AttentionHeads): tf.Tensor2D {
  expectHeads('roundKeyValues', qkv, heads);
  const first = heads.headCount * heads.headDimension;
  const compute = (x: tf.Tensor2D): tf.Tensor2D =>
    hasKernel('TwRoundColumns') ? runKernel('TwRoundColumns', { x }, { first }) : roundColumnsComposite(x, first);
  const output = record<tf.Tensor2D>({
    inputs: { qkv },
    forward: () => compute(qkv),
    backward: (dy) => ({ qkv: () => dy.clone() }),
  });
  return recomputable(output, [qkv], ([saved]) => compute(saved as tf.Tensor2D));
}

/** The same on the host. */
export function roundColumnsComposite(x: tf.Tensor2D, first: number): tf.Tensor2D {
  const [rows, columns] = x.shape;
  const values = Float32Array.from(x.dataSync());
  const bits = new Uint32Array(values.buffer);
  for (let row = 0; row < rows; row++)
    for (let at = row * columns + first; at < (row + 1) * columns; at++) {
      if (Number.isNaN(values[at])) continue;
      const word = bits[at]!;
      bits[at] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
    }
  return tf.tensor2d(values, [rows, columns]);
}
