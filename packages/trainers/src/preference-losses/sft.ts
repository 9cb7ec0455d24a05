// Negative log-likelihood of the chosen completions, averaged over their tokens: the anchor of mixtures (RPO, MPO).
// https://arxiv.org/abs/2404.19733. The same value for every pair.

import { tf } from '@thinkwright/tensors';
import type { PairLoss } from './pair-scores.ts';

export const sft: PairLoss = ({ chosenLogProbs, chosenTokens }) => {
  const mean = tf.div(tf.sum(chosenLogProbs), -chosenTokens);
  return tf.mul(tf.onesLike(chosenLogProbs), mean);
};
