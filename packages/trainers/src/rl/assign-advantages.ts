// Writes the advantages of a generation into its rollouts: rewards (less KL, where it belongs to the reward), compared by the estimator,
// plus the credit of reasoning steps.

import { klPenalisedRewards } from '../advantages/leave-one-out.ts';
import { stepAdvantages } from '../advantages/step-advantages.ts';
import { sampledKl } from '../kl/sampled-kl.ts';
import { modelTokens } from '../masks/model-tokens.ts';
import type { RlOptions } from '../options/rl-options.ts';
import type { Rollout } from './rollout.ts';
import { rolloutAdvantages } from './rollout-advantages.ts';

/** @returns metrics of what was added. */
export function assignAdvantages(rollouts: readonly Rollout[], options: RlOptions): Record<string, number> {
  const { klInReward, klEstimator, beta, numGenerations } = options;
  const kl = klInReward
    ? rollouts.map(({ oldLogProbs, samplerLogProbs, referenceLogProbs }) =>
        sampledKl(klEstimator, oldLogProbs ?? samplerLogProbs, referenceLogProbs!),
      )
    : undefined;
  const rewards = Float64Array.from(rollouts, ({ reward }) => reward);
  const penalised = kl ? klPenalisedRewards(rewards, kl, beta) : rewards;
  const scored = rollouts.map((rollout, i) => ({ ...rollout, reward: penalised[i]! }));
  const { advantages, zeroSignal } = rolloutAdvantages(scored, options);
  for (const [i, rollout] of rollouts.entries()) {
    rollout.advantage = advantages[i]!;
    rollout.zeroSignal = zeroSignal[Math.floor(i / numGenerations)]!;
  }
  if (options.stepRewardCoef > 0) addStepCredit(rollouts, options);
  if (kl === undefined) return {};
  const tokens = rollouts.reduce((sum, rollout) => sum + modelTokens(rollout), 0);
  return { kl: kl.reduce((sum, value) => sum + value, 0) / Math.max(tokens, 1) };
}

function addStepCredit(rollouts: readonly Rollout[], { stepRewardCoef, numGenerations }: RlOptions): void {
  for (let start = 0; start < rollouts.length; start += numGenerations) {
    const group = rollouts.slice(start, start + numGenerations);
    const credit = stepAdvantages(
      group.map((rollout) => ({
        steps: rollout.steps ?? [],
        stepEnds: rollout.stepEnds ?? [],
        tokens: modelTokens(rollout),
      })),
    );
    const teaches = credit.some((values) => values.some((value) => value !== 0));
    for (const [i, rollout] of group.entries()) {
      const { advantage } = rollout;
      rollout.tokenAdvantages = Float32Array.from(credit[i]!, (value) => advantage + stepRewardCoef * value);
      rollout.zeroSignal = rollout.zeroSignal && !teaches;
    }
  }
}
