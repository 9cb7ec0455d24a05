// Table look-up: row ids[t] of the table for each t. Its gradient adds rows up in ascending t, so it is deterministic.
// Kernels: TwEmbedding { table, ids } → [T, C]; TwEmbeddingGrad { dy, ids, sum? } attrs { rows } → [V, C].
import { expectIndices, expectShape } from '../expect.ts';
import { hasKernel, record, runKernel, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';

/**
 * Rows of `table` by id.
 * @param table [V, C]
 * @param ids int32 [T], each in [0, V): not checked here (the ids may only exist on the device); a device never reads
 *   outside the table
 * @returns [T, C]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE
 */
export function embedding(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  expectShape('embedding', 'table', table, [-1, -1], '[V, C]');
  expectIndices('embedding', 'ids', ids, ids.shape[0]);
  if (!hasKernel('TwEmbedding')) return embeddingComposite(table, ids);
  const rows = table.shape[0];
  return record<tf.Tensor2D>({
    inputs: { table, ids },
    forward(save) {
      save([ids]);
      return runKernel('TwEmbedding', { table, ids });
    },
    backward: (dy, [savedIds]) => ({
      table: () => runKernel('TwEmbeddingGrad', withSumSoFar('table', { dy, ids: savedIds! }), { rows }),
    }),
  });
}

/** The same in plain tfjs ops. */
export function embeddingComposite(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  return tf.gather(table, ids);
}
