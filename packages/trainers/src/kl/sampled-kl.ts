// The KL estimate of each sampled token in plain numbers, for KL in the reward: k1 = d, k2 = d^2 / 2, k3 = exp(-d) + d - 1, abs = |d| with
// d = logp - logp_ref. http://joschu.net/blog/kl-approx.html. The tape's estimators are in estimators.ts.

import type { KlEstimator } from './estimators.ts';

/** Sum over the tokens of a completion, in nats. Both [L]. */
export function sampledKl(
  estimator: KlEstimator,
  logProbs: ArrayLike<number>,
  referenceLogProbs: ArrayLike<number>,
): number {
  let sum = 0;
  for (let t = 0; t < logProbs.length; t++) {
    const difference = logProbs[t]! - referenceLogProbs[t]!;
    if (estimator === 'k1') sum += difference;
    else if (estimator === 'abs') sum += Math.abs(difference);
    else if (estimator === 'k2') sum += difference ** 2 / 2;
    else sum += Math.expm1(-difference) + difference;
  }
  return sum;
}
