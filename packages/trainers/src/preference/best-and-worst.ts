// The pair that a judge makes of the completions of one prompt: the one with the highest reward and the one with the lowest. Prompts whose
// completions are worth the same, or were not scored, make none. Best against worst: https://arxiv.org/abs/2404.19733 section 2.

import { trajectorySequence } from '../rl/rollout.ts';
import type { ScoredTrajectory } from '../rl/score-rollouts.ts';
import type { PreferencePair } from './pair-source.ts';

/** @param samples of one prompt. @param minimumMargin between the two rewards; equal ones never make a pair. */
export function bestAndWorst(samples: readonly ScoredTrajectory[], minimumMargin: number): PreferencePair | undefined {
  const scored = samples.filter(({ reward, trajectory }) => !Number.isNaN(reward) && trajectory.ids.length > 0);
  const byReward = scored.toSorted((a, b) => b.reward - a.reward); // stable: the first of equals
  const [best, worst] = [byReward[0], byReward.at(-1)];
  if (best === undefined || !(best.reward > worst!.reward) || best.reward - worst!.reward < minimumMargin)
    return undefined;
  return { chosen: trajectorySequence(best.trajectory), rejected: trajectorySequence(worst!.trajectory) };
}
