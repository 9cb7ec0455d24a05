// Advantages of a generation from its scored completions: from the total reward, or from the named parts (GDPO).

import { type AdvantageOptions, estimateAdvantages } from '../advantages/estimators.ts';
import { normalizeThenSum } from '../advantages/normalize-then-sum.ts';
import { TrainerError } from '../errors.ts';

interface Scored {
  /** NaN: could not be scored. */
  reward: number;
  parts: Record<string, number>;
  /** Of the prompt's greedy completion; NaN: could not be scored. */
  greedyReward?: number;
}

export interface RolloutAdvantageOptions extends AdvantageOptions {
  numGenerations: number;
  multiObjectiveAggregation: 'sum_then_normalize' | 'normalize_then_sum';
  rewardWeights: Record<string, number> | null;
}

/** @param samples the G completions of a prompt side by side. @throws TrainerError when GDPO finds no parts to normalise. */
export function rolloutAdvantages(samples: readonly Scored[], options: RolloutAdvantageOptions) {
  if (options.multiObjectiveAggregation === 'sum_then_normalize') {
    const rewards = Float64Array.from(samples, ({ reward }) => reward);
    const first = samples.filter((_, i) => i % options.numGenerations === 0);
    const greedyRewards = first.map(({ greedyReward = Number.NaN }) => greedyReward);
    return estimateAdvantages(rewards, options.numGenerations, { ...options, greedyRewards });
  }
  const found = new Set(samples.flatMap(({ parts }) => Object.keys(parts).filter((name) => !name.includes('/'))));
  const names = options.rewardWeights === null ? [...found].sort() : Object.keys(options.rewardWeights);
  const missing = names.filter((name) => !found.has(name));
  if (names.length === 0 || missing.length > 0) {
    throw new TrainerError(
      'TW_TRAINERS_SHAPE',
      `multiObjectiveAggregation "normalize_then_sum" needs the parts of the reward: found [${[...found].join(', ')}]` +
        `${missing.length > 0 ? `, but rewardWeights names ${missing.join(', ')}` : ''}. Compose the reward with combineRewards.`,
    );
  }
  const matrix = samples.map(({ reward, parts }) =>
    names.map((name) => (Number.isNaN(reward) ? null : (parts[name] ?? null))),
  );
  const weights = names.map((name) => options.rewardWeights?.[name] ?? 1);
  return normalizeThenSum(matrix, options.numGenerations, weights);
}
