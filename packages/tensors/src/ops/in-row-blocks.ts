// Blocks of rows for ops that have no kernel on a device and would hold [N, V].
import { tf } from '../tfjs.ts';
import { checkpoint } from '../training/checkpoint.ts';

/** The most logits of a block. */
export const BLOCK_LOGITS = 1 << 24;

/**
 * `compute` for blocks of at most `blockRows` rows, its outputs laid end to end. With several blocks a recorded call keeps what was computed
 * of none: its backward pass computes each block again.
 * @param perRow inputs of which a block gets its rows
 * @param shared inputs of which every block gets the whole
 * @param compute takes the rows of `perRow`, then `shared`; its outputs, float, have as many rows
 */
export function inRowBlocks<Outputs extends tf.Tensor[]>(
  perRow: readonly tf.Tensor[],
  shared: readonly tf.Tensor[],
  blockRows: number,
  compute: (...inputs: tf.Tensor[]) => Outputs,
): Outputs {
  const rows = perRow[0]!.shape[0]!;
  const most = Math.max(1, blockRows);
  if (rows <= most) return compute(...perRow, ...shared);
  let widths: (number | undefined)[] = []; // columns of each output, undefined for a vector
  const side = (...inputs: tf.Tensor[]): tf.Tensor2D => {
    const outputs = compute(...inputs);
    widths = outputs.map(({ shape }) => shape[1]);
    return tf.concat(
      outputs.map((output) => (output.rank === 1 ? tf.expandDims<tf.Tensor2D>(output, 1) : (output as tf.Tensor2D))),
      1,
    );
  };
  const counts = Array.from({ length: Math.ceil(rows / most) }, (_, block) => Math.min(most, rows - block * most));
  const parts = perRow.map((input) => tf.split(input, counts));
  const blocks = counts.map((_, block) => checkpoint(side, [...parts.map((each) => each[block]!), ...shared], []));
  const columns = tf.split(
    tf.concat(blocks, 0),
    widths.map((width) => width ?? 1),
    1,
  );
  return columns.map((values, index) => (widths[index] === undefined ? tf.squeeze(values, [1]) : values)) as Outputs;
}
