// Columns of a matrix. tfjs's own slice keeps its whole input for the backward pass, of which it needs the shape alone.
// Plain tfjs ops inside one tape node, on every device.
import { record } from '../tape.ts';
import { tf } from '../tfjs.ts';

/**
 * @param x [T, C]
 * @returns columns `from` to `to` (without it), [T, to - from]; x itself when these are all
 */
export function takeColumns(x: tf.Tensor2D, from: number, to: number): tf.Tensor2D {
  const [rows, columns] = x.shape;
  if (from === 0 && to === columns) return x;
  return record<tf.Tensor2D>({
    inputs: { x },
    forward: () => tf.slice(x, [0, from], [rows, to - from]),
    backward: (dy) => ({
      x: () =>
        tf.pad(dy, [
          [0, 0],
          [from, columns - to],
        ]),
    }),
  });
}
