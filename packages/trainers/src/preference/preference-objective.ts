// The objective of one micro-batch of pairs on the tape, by algorithm, from the log-probs of its completions: P chosen, then P
// rejected. Every term is divided by the pairs of the whole window, so micro-batches add up. ORPO's likelihood covers the completion;
// TRL's covers the prompt as well.

import { tf } from '@thinkwright/tensors';
import type { PreferenceOptions } from '../options/preference-options.ts';
import { averagesLogProbs, cpo } from '../preference-losses/cpo.ts';
import { orpo } from '../preference-losses/orpo.ts';
import { pairObjective } from '../preference-losses/pair-objective.ts';
import { type PairTokens, pairScores } from '../preference-losses/pair-scores.ts';

export interface PreferenceWindow {
  pairs: number;
  /** Loss tokens of all chosen completions. */
  chosenTokens: number;
}

export interface PreferenceBatch extends PairTokens {
  /** [P] of WPO. */
  pairWeights?: tf.Tensor1D;
}

export interface PreferenceOutcome {
  loss: tf.Scalar;
  /** Implicit rewards [P], beta times what the algorithm compares. */
  chosenRewards: tf.Tensor1D;
  rejectedRewards: tf.Tensor1D;
}

/** Whether the algorithm compares completions by the mean log-prob of their tokens, not by the sum. */
export const comparesMeans = ({ algorithm, referenceFreeLoss }: PreferenceOptions) =>
  algorithm === 'orpo' || (algorithm === 'cpo' && averagesLogProbs(referenceFreeLoss));

export function preferenceObjective(
  logProbs: tf.Tensor1D,
  batch: PreferenceBatch,
  options: PreferenceOptions,
  window: PreferenceWindow,
): PreferenceOutcome {
  const { beta } = options;
  const scores = pairScores(logProbs, batch, options);
  const pairs = batch.lengths.length / 2;
  const rewards = (chosen: tf.Tensor1D, rejected: tf.Tensor1D) => ({
    chosenRewards: tf.mul<tf.Tensor1D>(chosen, beta),
    rejectedRewards: tf.mul<tf.Tensor1D>(rejected, beta),
  });
  const perPair = (losses: tf.Tensor1D): tf.Scalar => tf.div(tf.sum(losses), window.pairs);
  if (options.algorithm === 'dpo') {
    const loss = pairObjective(scores, options, window.pairs, batch.pairWeights);
    return { loss, ...rewards(scores.chosen, scores.rejected) };
  }
  const isAveraged = comparesMeans(options);
  const lengths = (from: number) => tf.tensor1d(batch.lengths.slice(from, from + pairs));
  const { chosenLogProbs, rejectedLogProbs } = scores;
  const chosen: tf.Tensor1D = isAveraged ? tf.div(chosenLogProbs, lengths(0)) : chosenLogProbs;
  const rejected: tf.Tensor1D = isAveraged ? tf.div(rejectedLogProbs, lengths(pairs)) : rejectedLogProbs;
  const likelihood = tf.div(tf.neg(tf.sum(chosenLogProbs)), window.chosenTokens);
  const loss: tf.Scalar =
    options.algorithm === 'orpo'
      ? tf.sub(likelihood, perPair(orpo(chosen, rejected, beta)))
      : tf.add(
          perPair(cpo(chosen, rejected, { ...options, lossType: options.referenceFreeLoss })),
          tf.mul(likelihood, options.cpoAlpha),
        );
  return { loss, ...rewards(chosen, rejected) };
}
