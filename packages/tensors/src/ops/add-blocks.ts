// Sums that keep nothing for the backward pass: y = base, plus each block in its columns. tfjs's own add and concat save all their
// inputs, which for the deltas of an adapter is several times the activations that are needed. (`linear` adds a residual stream itself.)
// Plain tfjs ops inside one tape node, on every device.
import { TensorError } from '../errors.ts';
import { expectShape } from '../expect.ts';
import { record } from '../tape.ts';
import { tf } from '../tfjs.ts';

/** A matrix [T, N] that is added to the columns from `column` on. */
export interface ColumnBlock {
  values: tf.Tensor2D;
  column: number;
}

/**
 * Adds blocks to a matrix.
 * @param base [T, C]
 * @param blocks each [T, N], column + N <= C; in ascending order of columns, without overlap
 * @returns [T, C]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function addBlocks(base: tf.Tensor2D, blocks: readonly ColumnBlock[]): tf.Tensor2D {
  const [rows, columns] = base.shape;
  const inputs: Record<string, tf.Tensor> = { base };
  let end = 0;
  for (const [index, { values, column }] of blocks.entries()) {
    expectShape('addBlocks', `blocks[${index}]`, values, [rows, -1], '[T, N]');
    if (column < end || column + values.shape[1] > columns) {
      throw new TensorError(
        'TW_TENSORS_SHAPE',
        `addBlocks: blocks[${index}] covers columns ${column} to ${column + values.shape[1]}, expected them within ${end} to ${columns}`,
      );
    }
    end = column + values.shape[1];
    inputs[`block${index}`] = values;
  }
  const widths = blocks.map(({ values, column }) => ({ column, width: values.shape[1] }));
  return record<tf.Tensor2D>({
    inputs,
    forward: () => sum(base, blocks),
    backward: (dy) => ({
      base: () => dy,
      ...Object.fromEntries(
        widths.map(({ column, width }, index) => [
          `block${index}`,
          () => (width === columns ? dy : tf.slice(dy, [0, column], [rows, width])),
        ]),
      ),
    }),
  });
}

function sum(base: tf.Tensor2D, blocks: readonly ColumnBlock[]): tf.Tensor2D {
  const [rows, columns] = base.shape;
  const parts: tf.Tensor2D[] = [];
  let end = 0;
  for (const { values, column } of blocks) {
    if (column > end) parts.push(tf.zeros([rows, column - end]));
    parts.push(values);
    end = column + values.shape[1];
  }
  if (end < columns) parts.push(tf.zeros([rows, columns - end]));
  return tf.add(base, parts.length === 1 ? parts[0]! : tf.concat(parts, 1));
}
