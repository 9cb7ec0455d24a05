// Draws one token for each row on the host, by every rule there is, in transformers' order: penalties, n-grams, least length,
// suppressed tokens, temperature, top-H, top-k, top-p, min-p, typical, epsilon, eta. The random numbers are those of sampleRows and a row
// depends on itself alone. For the rows that `followsRules`: a token takes milliseconds with a large vocabulary.
import { TensorError } from '../errors.ts';
import { tf } from '../tfjs.ts';
import { type DrawRandom, drawToken } from './draw-token.ts';
import { logSoftmaxRows } from './head-logits.ts';
import { penalise } from './penalise.ts';
import type { SamplingRules } from './sampling-rules.ts';
import { completeSettings, penalises, type SamplingOptions } from './sampling-settings.ts';
import { bannedTokens } from './token-filters/banned-tokens.ts';

export interface RuledRow extends DrawRandom {
  sampling: SamplingOptions & SamplingRules;
  promptIds: ArrayLike<number>;
  /** Sampled so far. */
  ids: readonly number[];
}

/**
 * Token and log-prob of each row, the latter under the distribution that was sampled from.
 * @param logits [rows.length * V], row after row
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function sampleByRules(logits: Float32Array, rows: readonly RuledRow[]): { id: number; logProb: number }[] {
  const vocabularySize = logits.length / rows.length;
  if (rows.length > 0 && !Number.isInteger(vocabularySize))
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `sampleByRules: ${logits.length} logits for ${rows.length} rows, expected the same number for each`,
    );
  return rows.map((row, index) => {
    const { sampling, promptIds, ids } = row;
    const settings = { ...sampling, ...completeSettings(sampling) };
    const scores = logits.slice(index * vocabularySize, (index + 1) * vocabularySize);
    if (penalises(sampling)) penalise(scores, countsOf(promptIds, ids, vocabularySize), sampling);
    for (const id of bannedTokens(sampling, promptIds, ids, vocabularySize)) scores[id] = Number.NEGATIVE_INFINITY;
    const result = tf.tidy(() => logSoftmaxRows(tf.tensor2d(scores, [1, vocabularySize]), sampling.temperature || 1));
    const logProbs = result.dataSync<'float32'>();
    result.dispose();
    const { token, logProb } = drawToken(logProbs, settings, row);
    return { id: token, logProb };
  });
}

function countsOf(promptIds: ArrayLike<number>, ids: readonly number[], vocabularySize: number): Int32Array {
  const counts = new Int32Array(vocabularySize);
  for (const id of Array.from(promptIds)) counts[id] = 1;
  for (const id of ids) counts[id]! += 2;
  return counts;
}
