// Draws one token from each row of logits, each row by settings of its own: penalties, temperature, top-k, top-p, min-p in
// that order (as vLLM and transformers do), then the inverse of the cumulative distribution at a uniform number keyed by
// (seed, key, position): nothing else matters, so a row's draw does not depend on its neighbours.
// Kernel: TwSampleTokens { logits, settings, seeds, keys, positions, slots?, counts? } → [ids, logProbs]; counts in place.
import { expectIndices, expectShape } from '../expect.ts';
import { hasKernel, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { drawToken } from './draw-token.ts';
import { logSoftmaxRows } from './head-logits.ts';
import { penalise } from './penalise.ts';
import { penalises, type RowSettings, SETTINGS_WIDTH, unpackSettings } from './sampling-settings.ts';

/** All tensors of M rows, so that a captured graph can be replayed with other rows. */
export interface SamplingRows {
  /** [M, 7], see `packSettings`. */
  settings: tf.Tensor2D;
  /** int32 [M] */
  seeds: tf.Tensor1D;
  /** Hash of the prompt's key and the sample's index. int32 [M] */
  keys: tf.Tensor1D;
  /** Position of the token that is drawn. int32 [M] */
  positions: tf.Tensor1D;
  /** Row of `counts` that a row's penalties read and update; needed with `counts` only. int32 [M] */
  slots?: tf.Tensor1D;
}

export interface SampledTokens {
  /** int32 [M] */
  ids: tf.Tensor1D;
  /** Log-prob under the distribution that was sampled from (after penalties, temperature and filters). [M] */
  logProbs: tf.Tensor1D;
}

/**
 * Draws a token for each row.
 * @param logits [M, V]
 * @param counts of `createTokenCounts`; without it penalties are not applied
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE
 */
export function sampleRows(logits: tf.Tensor2D, rows: SamplingRows, counts?: tf.Variable): SampledTokens {
  const { settings, seeds, keys, positions, slots } = rows;
  expectShape('sampleRows', 'logits', logits, [-1, -1], '[M, V]');
  const count = logits.shape[0];
  expectShape('sampleRows', 'settings', settings, [count, SETTINGS_WIDTH], '[M, 7]');
  for (const [name, tensor] of Object.entries({ seeds, keys, positions }))
    expectIndices('sampleRows', name, tensor, count);
  if (counts) {
    expectShape('sampleRows', 'counts', counts, [-1, logits.shape[1]], '[slots, V]');
    expectIndices('sampleRows', 'slots', slots!, count);
  }
  if (!hasKernel('TwSampleTokens')) return sampleRowsComposite(logits, rows, counts);
  const inputs: Record<string, tf.Tensor> = { logits, settings, seeds, keys, positions };
  if (counts && slots) Object.assign(inputs, { slots, counts });
  const [ids, logProbs] = runKernel<[tf.Tensor1D, tf.Tensor1D]>('TwSampleTokens', inputs);
  return { ids, logProbs };
}

/** The same on the host. */
export function sampleRowsComposite(logits: tf.Tensor2D, rows: SamplingRows, counts?: tf.Variable): SampledTokens {
  const [count, vocabulary] = logits.shape;
  const [packed, seeds, keys, positions] = [rows.settings, rows.seeds, rows.keys, rows.positions].map((tensor) =>
    tensor.dataSync(),
  ) as [Float32Array, Int32Array, Int32Array, Int32Array];
  const settings = Array.from({ length: count }, (_, row) => unpackSettings(packed, row));
  const history = counts && rows.slots ? readHistory(counts, rows.slots, settings) : undefined;
  const logProbs = logProbsOf(history ? penalisedLogits(logits, settings, history) : logits, settings);
  const ids = new Int32Array(count);
  const chosen = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    const own = logProbs.subarray(row * vocabulary, (row + 1) * vocabulary);
    const random = { seed: seeds[row]!, key: keys[row]!, position: positions[row]! };
    const drawn = drawToken(own, settings[row]!, random);
    ids[row] = drawn.token;
    chosen[row] = drawn.logProb;
    history?.add(row, drawn.token);
  }
  history?.store();
  return { ids: tf.tensor1d(ids, 'int32'), logProbs: tf.tensor1d(chosen) };
}

interface History {
  /** Of the row's slot; undefined where the row is not penalised. */
  of: (row: number) => Int32Array | undefined;
  add: (row: number, id: number) => void;
  store: () => void;
}

function readHistory(counts: tf.Variable, slots: tf.Tensor1D, settings: readonly RowSettings[]): History {
  const all = Int32Array.from(counts.dataSync());
  const [slotCount, vocabulary] = counts.shape as [number, number];
  const slotOf = slots.dataSync();
  const of = (row: number) =>
    penalises(settings[row]!) ? all.subarray(slotOf[row]! * vocabulary, (slotOf[row]! + 1) * vocabulary) : undefined;
  return {
    of,
    add: (row, id) => {
      const seen = of(row);
      if (seen) seen[id]! += 2;
    },
    store: () => tf.tidy(() => counts.assign(tf.tensor2d(all, [slotCount, vocabulary], 'int32'))),
  };
}

function penalisedLogits(logits: tf.Tensor2D, settings: readonly RowSettings[], history: History): tf.Tensor2D {
  const [count, vocabulary] = logits.shape;
  const values = Float32Array.from(logits.dataSync());
  for (let row = 0; row < count; row++) {
    const seen = history.of(row);
    if (seen) penalise(values.subarray(row * vocabulary, (row + 1) * vocabulary), seen, settings[row]!);
  }
  return tf.tensor2d(values, [count, vocabulary]);
}

/** log softmax(logits / temperature), by the same ops as in training. */
function logProbsOf(logits: tf.Tensor2D, settings: readonly RowSettings[]): Float32Array {
  const temperatures = settings.map(({ temperature }) => temperature || 1);
  const [first] = temperatures;
  const logProbs = tf.tidy(() => {
    if (temperatures.every((temperature) => temperature === first)) return logSoftmaxRows(logits, first ?? 1);
    const column = tf.tensor2d(temperatures, [temperatures.length, 1]);
    return logSoftmaxRows(tf.div(logits, column), 1);
  });
  const values = logProbs.dataSync<'float32'>(); // outside of tidy, which would look for tensors in every number
  logProbs.dispose();
  return values;
}
