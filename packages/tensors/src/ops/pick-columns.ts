// Elements of a matrix by row and column, several a row. Plain ops; the gradient is a scatter, so that neither direction makes a one-hot matrix.
import { record } from '../tape.ts';
import { tf } from '../tfjs.ts';

/**
 * Elements columns[i] (or columns[i, k]) of each row i.
 * @param matrix [M, V]
 * @param columns int32 [M] or [M, K]
 */
export function pickColumns<Columns extends tf.Tensor1D | tf.Tensor2D>(matrix: tf.Tensor2D, columns: Columns): Columns {
  const [rows, width] = matrix.shape;
  return record<tf.Tensor>({
    inputs: { matrix },
    forward(save) {
      const starts = tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(width, 'int32'));
      const places = tf.add(columns, columns.rank === 1 ? starts : tf.expandDims(starts, 1)); // in the flat matrix
      save([places]);
      return tf.gather(tf.reshape(matrix, [-1]), places as Columns);
    },
    backward(dy, [places]) {
      const flat = () => tf.scatterND(tf.reshape(places!, [-1, 1]), tf.reshape(dy, [-1]), [rows * width]);
      return { matrix: () => tf.reshape(flat(), [rows, width]) };
    },
  }) as Columns;
}
