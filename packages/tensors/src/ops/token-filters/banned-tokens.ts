// Which tokens may not come next, whatever their scores: suppressed ones, the end before the least length, and what would repeat an
// n-gram. Their logits become -inf before the temperature, as in transformers.
import type { SamplingRules } from '../sampling-rules.ts';
import { repeatedNgrams } from './repeated-ngrams.ts';

/**
 * The rule of n-grams gives way where it would leave nothing.
 * @param promptIds and `ids`: the prompt, and what was sampled since
 */
export function bannedTokens(
  rules: SamplingRules,
  promptIds: ArrayLike<number>,
  ids: readonly number[],
  vocabularySize: number,
): Set<number> {
  const { minNewTokens = 0, stopIds = [], suppressTokens = [], noRepeatNgramSize = 0 } = rules;
  const banned = new Set(ids.length < minNewTokens ? [...suppressTokens, ...stopIds] : suppressTokens);
  if (noRepeatNgramSize === 0) return banned;
  const repeated = repeatedNgrams([...Array.from(promptIds), ...ids], noRepeatNgramSize);
  const both = new Set([...banned, ...repeated]);
  return both.size < vocabularySize ? both : banned;
}
