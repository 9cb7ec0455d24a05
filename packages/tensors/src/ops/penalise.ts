// The penalties of sampling on one row of logits: of repetition (CTRL, https://arxiv.org/abs/1909.05858), then of frequency and
// presence (OpenAI's definition).
import type { SamplingOptions } from './sampling-settings.ts';

/**
 * Changes `logits` in place.
 * @param logits [V]
 * @param seen [V] 2 * (times sampled) + (1 if in the prompt), as token-counts.ts keeps it
 */
export function penalise(logits: Float32Array, seen: Int32Array, options: SamplingOptions): void {
  const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = options;
  for (const [id, count] of seen.entries()) {
    if (count === 0) continue;
    const logit = logits[id]!;
    const repeated = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    const sampled = count >> 1;
    logits[id] = sampled > 0 ? repeated - frequencyPenalty * sampled - presencePenalty : repeated;
  }
}
