// The likeliest ids at each place of given sequences, for distillation: one forward, then logits in blocks of rows.

import { checkSequences, type ScoreOptions, type ScoreSequence, type TopKScores } from '@thinkwright/rollouts';
import { createLayout, gatherRows, linear, tf } from '@thinkwright/tensors';
import { ModelError } from '../errors.ts';
import type { LanguageModel } from '../language-model.ts';

/** Logits that are read at once. */
const BLOCK_LOGITS = 1 << 22;

/** @see RolloutEngine.scoreTopK. One forward for each sequence. */
export async function scoreTopK(
  model: LanguageModel,
  sequences: readonly ScoreSequence[],
  { topK, temperature = 1, signal }: ScoreOptions & { topK: number },
): Promise<TopKScores[]> {
  const { maxPositions, vocabularySize } = model.config;
  checkSequences(sequences, { maxTokens: maxPositions, vocabularySize });
  if (!Number.isInteger(topK) || topK < 1 || topK > vocabularySize)
    throw new ModelError(
      'TW_MODELS_NOTHING_SUPERVISED',
      `scoreTopK: topK is ${topK}; expected a whole number from 1 to the vocabulary's ${vocabularySize}.`,
    );
  const results: TopKScores[] = [];
  for (const { ids, from } of sequences) {
    signal?.throwIfAborted();
    const count = ids.length - from;
    const result = { ids: new Int32Array(count * topK), logProbs: new Float32Array(count * topK) };
    results.push(result);
    if (count === 0) continue;
    const layout = createLayout([ids.length - 1]);
    const hidden = tf.tidy(() => model.hidden(tf.tensor1d(ids.subarray(0, -1), 'int32'), layout)); // [T, C]
    layout.dispose();
    const blockRows = Math.max(1, Math.floor(BLOCK_LOGITS / vocabularySize));
    for (let start = 0; start < count; start += blockRows) {
      const rows = Int32Array.from({ length: Math.min(blockRows, count - start) }, (_, i) => from - 1 + start + i);
      const logits = tf.tidy(() => linear(gatherRows(hidden, tf.tensor1d(rows, 'int32')), model.outputWeight()));
      const values = (await logits.data()) as Float32Array;
      logits.dispose();
      for (let row = 0; row < rows.length; row++) {
        const own = values.subarray(row * vocabularySize, (row + 1) * vocabularySize);
        likeliest(own, topK, temperature, result, (start + row) * topK);
      }
    }
    hidden.dispose();
  }
  return results;
}

/** Writes the k largest, in falling order (of equals the smaller id first), with log-probs over all. */
function likeliest(logits: Float32Array, k: number, temperature: number, into: TopKScores, at: number): void {
  const ids = new Int32Array(k);
  let found = 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id]!;
    if (value > largest) largest = value;
    if (found === k && value <= logits[ids[k - 1]!]!) continue;
    let place = found < k ? found++ : k - 1;
    for (; place > 0 && logits[ids[place - 1]!]! < value; place--) ids[place] = ids[place - 1]!;
    ids[place] = id;
  }
  let sum = 0;
  for (const value of logits) sum += Math.exp((value - largest) / temperature);
  const logSum = Math.log(sum);
  for (let i = 0; i < k; i++) {
    into.ids[at + i] = ids[i]!;
    into.logProbs[at + i] = (logits[ids[i]!]! - largest) / temperature - logSum;
  }
}
