// From scores to advantages and returns of single tokens, for all completions of a generation: KL in the reward, the score at the last
// token, whitening, GAE, whitening again. float64 throughout.
// TRL PPOTrainer, except that it pays the score one position after the last token where the padding leaves room, and at the last
// token where it does not; here it is always the last token, so what a completion earns does not depend on its neighbours.

import { meanOf } from '../advantages/statistics.ts';
import { type GaeOptions, generalizedAdvantages } from './generalized-advantages.ts';
import type { TokenEstimates } from './ppo-rollout.ts';
import { type TokenRewardOptions, tokenKl, tokenRewards } from './token-rewards.ts';
import { whiten } from './whiten.ts';

export interface EstimateOptions extends GaeOptions, Pick<TokenRewardOptions, 'klEstimator'> {
  klCoef: number;
  whitenRewards: boolean;
  missingEosPenalty: number | null;
}

/** A scored completion of L tokens. */
export interface ValuedCompletion {
  score: number;
  finish: 'stop' | 'length' | 'abort';
  logProbs: ArrayLike<number>; // [L]
  referenceLogProbs?: ArrayLike<number>; // [L]
  values: ArrayLike<number>; // [L]
}

export interface GenerationEstimates {
  tokens: Omit<TokenEstimates, 'values'>[];
  /** Of each completion: sum of its tokens' KL, and of their rewards without the score. */
  kl: number[];
  nonScoreReward: number[];
  /** Mean over all tokens of what was still to come (gamma, without lambda) less the value: what the values are too low by. */
  shortfall: number;
}

export function tokenEstimates(
  completions: readonly ValuedCompletion[],
  options: EstimateOptions,
): GenerationEstimates {
  const { klCoef, klEstimator, missingEosPenalty, whitenRewards } = options;
  const kls = completions.map(({ logProbs, referenceLogProbs }) =>
    referenceLogProbs ? tokenKl(logProbs, referenceLogProbs, klEstimator) : new Float64Array(logProbs.length),
  );
  const lengths = completions.map(({ logProbs }) => logProbs.length);
  let rewards = completions.map(({ score, finish }, i) => {
    const penalty = finish === 'stop' ? 0 : (missingEosPenalty ?? 0);
    return tokenRewards(kls[i]!, score - penalty, lengths[i]! - 1, klCoef);
  });
  if (whitenRewards) rewards = whitenAll(rewards, { shiftMean: false });
  const estimates = completions.map(({ values }, i) => generalizedAdvantages(rewards[i]!, values, options));
  const toCome = completions.map(({ values }, i) => generalizedAdvantages(rewards[i]!, values, { ...options, lam: 1 }));
  const advantages = whitenAll(
    estimates.map((estimate) => estimate.advantages),
    { shiftMean: true },
  );
  return {
    tokens: estimates.map(({ returns }, i) => ({
      advantages: Float32Array.from(advantages[i]!),
      returns: Float32Array.from(returns),
    })),
    kl: kls.map(sumOf),
    shortfall: meanOf(toCome.flatMap(({ advantages: missed }) => Array.from(missed))) || 0, // NaN without a single token
    nonScoreReward: kls.map((kl) => -klCoef * sumOf(kl)),
  };
}

const sumOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);

/** Whitens over the tokens of all rows; fewer than two have no variance and stay as they are. */
function whitenAll(rows: readonly Float64Array[], options: { shiftMean: boolean }): Float64Array[] {
  const flat = rows.flatMap((row) => Array.from(row));
  if (flat.length < 2) return [...rows];
  const whitened = whiten(flat, new Uint8Array(flat.length).fill(1), options);
  let end = 0;
  return rows.map(({ length }) => {
    end += length;
    return whitened.slice(end - length, end);
  });
}
