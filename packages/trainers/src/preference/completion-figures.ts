// What a window of preference learning looks like from outside, under TRL's names: log-probs and logits of both sides. Plain arrays.

import type { LanguageModel } from '@thinkwright/models';
import { tf, withoutGradient } from '@thinkwright/tensors';

/** Of a micro-batch. */
export interface CompletionFigures {
  /** Log-prob of each completion [B], summed over its tokens. */
  logProbs: ArrayLike<number>;
  /** Loss tokens of each completion [B]. */
  lengths: ArrayLike<number>;
  /** Mean over the vocabulary of the logits at each token [N]. */
  logits: ArrayLike<number>;
  /** Completion of each token [N]. */
  sequenceOf: ArrayLike<number>;
  /** Of each completion [B]. */
  isChosen: readonly boolean[];
}

/** `logps/...`: mean over completions, of sums or (`isAveraged`) of means over their tokens; `logits/...`: mean over tokens. */
export function completionMetrics(
  microBatches: readonly CompletionFigures[],
  { isAveraged = false } = {},
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const side of ['chosen', 'rejected'] as const) {
    const sums = { completions: 0, logProbs: 0, tokens: 0, logits: 0 };
    for (const { logProbs, lengths, logits, sequenceOf, isChosen } of microBatches) {
      const counts = isChosen.map((chosen) => chosen === (side === 'chosen'));
      for (const [i, isCounted] of counts.entries()) {
        if (!isCounted) continue;
        sums.completions++;
        sums.logProbs += isAveraged ? logProbs[i]! / Math.max(lengths[i]!, 1) : logProbs[i]!;
      }
      for (let token = 0; token < logits.length; token++) {
        if (!counts[sequenceOf[token]!]) continue;
        sums.tokens++;
        sums.logits += logits[token]!;
      }
    }
    if (sums.completions > 0) metrics[`logps/${side}`] = sums.logProbs / sums.completions;
    if (sums.tokens > 0) metrics[`logits/${side}`] = sums.logits / sums.tokens;
  }
  return metrics;
}

/** The mean row of the head [C, 1], for `meanLogits`; the caller disposes it. */
export function meanOfHead(model: LanguageModel): tf.Tensor2D {
  return tf.tidy(() => tf.reshape(tf.mean(model.outputWeight(), 0), [-1, 1]) as tf.Tensor2D);
}

/** Mean over the vocabulary of the logits of each row [N], without making logits. @param hidden [N, C] */
export function meanLogits(hidden: tf.Tensor2D, headMean: tf.Tensor2D): tf.Tensor1D {
  return withoutGradient(() => tf.reshape(tf.matMul(hidden, headMean), [hidden.shape[0]]) as tf.Tensor1D);
}
