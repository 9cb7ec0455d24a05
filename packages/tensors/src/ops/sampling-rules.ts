// Rules of sampling that the device's sampler does not know: rows that follow one are sampled on the host (sample-by-rules.ts). Names
// and meaning are those of transformers' GenerationConfig.
import { penalises, type SamplingOptions } from './sampling-settings.ts';

export interface SamplingRules {
  /** Ids sampled before one of `stopIds` may come. 0 or left out is off. */
  minNewTokens?: number;
  stopIds?: readonly number[];
  /** Ids that never come. */
  suppressTokens?: readonly number[];
  /** No n-gram of this length comes twice in prompt and completion, unless nothing else is left. 0 or left out is off. */
  noRepeatNgramSize?: number;
  /** Fraction of the entropy, (0, 1]; see top-h-tokens.ts. Left out is off. */
  topH?: number;
  /** Mass, see typical-tokens.ts; 1 or left out is off. */
  typicalP?: number;
  /** Floor of the probability, see epsilon-tokens.ts; 0 or left out is off. */
  epsilonCutoff?: number;
  /** As epsilonCutoff, lower where the entropy is high, see eta-tokens.ts; 0 or left out is off. */
  etaCutoff?: number;
}

/**
 * Whether the next token of a row must be sampled on the host; once false it stays false. A row that also has penalties never
 * changes over: the device would not know what the host has sampled.
 * @param sampled tokens of its completion so far
 */
export function followsRules(options: SamplingOptions & SamplingRules, sampled: number): boolean {
  const { minNewTokens = 0, suppressTokens = [], noRepeatNgramSize = 0, topH } = options;
  const { typicalP = 1, epsilonCutoff = 0, etaCutoff = 0 } = options;
  const filters = topH !== undefined || typicalP < 1 || epsilonCutoff > 0 || etaCutoff > 0;
  const always = filters || suppressTokens.length > 0 || noRepeatNgramSize > 0;
  return always || sampled < minNewTokens || (minNewTokens > 0 && penalises(options));
}
