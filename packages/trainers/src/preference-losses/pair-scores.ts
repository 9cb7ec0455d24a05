// What the pair losses read, from the log-probs of a packed batch of P chosen and then P rejected completions, in the same order.
//   w, l: log-ratios of policy and reference, summed over the completion;  d = f(w) - f(l) after the f-divergence

import { tf } from '@thinkwright/tensors';
import type { SequenceSums } from '../batches/sequence-sums.ts';
import { type DivergenceOptions, divergenceScore } from './f-divergence.ts';

/** All [P] unless said otherwise, on the tape. */
export interface PairScores {
  /** w and l, whatever the divergence. */
  chosen: tf.Tensor1D;
  rejected: tf.Tensor1D;
  /** d. */
  difference: tf.Tensor1D;
  /** The difference of the scores, each averaged over its completion. */
  meanDifference: tf.Tensor1D;
  /** Log-prob of chosen minus rejected, of policy and reference alone. */
  policyDifference: tf.Tensor1D;
  referenceDifference: tf.Tensor1D;
  chosenLogProbs: tf.Tensor1D;
  rejectedLogProbs: tf.Tensor1D;
  /** Loss tokens of the chosen completions together: of this batch, or its share of the window's. */
  chosenTokens: number;
}

export interface PairLossOptions extends DivergenceOptions {
  beta: number;
  labelSmoothing: number;
  discopopTau: number;
}

/** Loss of each pair, [P]. */
export type PairLoss = (scores: PairScores, options: PairLossOptions) => tf.Tensor1D;

/** Constants of a micro-batch of pairs. */
export interface PairTokens {
  /** Of the 2 P completions, chosen first. */
  sequences: SequenceSums;
  /** Loss tokens of each completion, 2 P. */
  lengths: readonly number[];
  /** [N]; left out, the scores are those of the policy alone (CPO, SimPO). */
  referenceLogProbs?: tf.Tensor1D;
  /** This batch's share of the window's chosen tokens, so that micro-batches add up; those of the batch when left out. */
  chosenTokens?: number;
  /** [N] weight of each token in the sums (`lengthDesensitized`); 1 when left out. */
  tokenWeights?: tf.Tensor1D;
}

/** @param logProbs [N] of all completions' tokens, on the tape. */
export function pairScores(logProbs: tf.Tensor1D, tokens: PairTokens, options: DivergenceOptions): PairScores {
  const { sequences, lengths, referenceLogProbs, tokenWeights } = tokens;
  const pairs = lengths.length / 2;
  const weighted = (values: tf.Tensor1D): tf.Tensor1D =>
    tokenWeights === undefined ? values : tf.mul(values, tokenWeights);
  const split = (values: tf.Tensor1D): [tf.Tensor1D, tf.Tensor1D] => [
    tf.slice(values, 0, pairs),
    tf.slice(values, pairs, pairs),
  ];
  const policy = sequences.sum(weighted(logProbs)); // [2P]
  const reference = referenceLogProbs === undefined ? tf.zerosLike(policy) : sequences.sum(weighted(referenceLogProbs)); // [2P]
  // differences of tokens, then summed: the sums are larger and would lose digits
  const ratios =
    referenceLogProbs === undefined ? policy : sequences.sum(weighted(tf.sub(logProbs, referenceLogProbs)));
  const scores = divergenceScore(ratios, options);
  const divisors = tf.tensor1d(lengths.map((length) => Math.max(length, 1)));
  const difference = ([first, second]: [tf.Tensor1D, tf.Tensor1D]) => tf.sub<tf.Tensor1D>(first, second);
  const [chosen, rejected] = split(ratios);
  const [chosenLogProbs, rejectedLogProbs] = split(sequences.sum(logProbs));
  return {
    chosen,
    rejected,
    difference: difference(split(scores)),
    meanDifference: difference(split(tf.div(scores, divisors))),
    policyDifference: difference(split(policy)),
    referenceDifference: difference(split(reference)),
    chosenLogProbs,
    rejectedLogProbs,
    chosenTokens: tokens.chosenTokens ?? lengths.slice(0, pairs).reduce((sum, length) => sum + length, 0),
  };
}

/**
 * LD-DPO: tokens beyond the shorter completion of a pair count `alpha` times, so length alone is not rewarded.
 * Liu et al., https://arxiv.org/abs/2409.06411. @param lengths 2 P. @returns [N].
 */
export function lengthDesensitized(lengths: readonly number[], alpha: number): Float32Array {
  const pairs = lengths.length / 2;
  return Float32Array.from(
    lengths.flatMap((length, i) => {
      const shared = Math.min(length, lengths[(i + pairs) % lengths.length]!);
      return Array.from({ length }, (_, t) => (t < shared ? 1 : alpha));
    }),
  );
}
