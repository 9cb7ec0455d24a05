// What a generation looked like, under TRL's metric names. Plain arrays.

import { deviationOf, meanOf } from '../advantages/statistics.ts';
import { modelTokens } from '../masks/model-tokens.ts';
import type { Rollout } from './rollout.ts';

type Sampled = Pick<Rollout, 'reward' | 'parts' | 'ids' | 'mask' | 'finish' | 'sample' | 'zeroSignal'>;

export function rolloutMetrics(rollouts: readonly Sampled[], groupSize: number): Record<string, number> {
  const rewards = rollouts.map(({ reward }) => reward);
  const lengths = rollouts.map(modelTokens);
  const ended = rollouts.filter(({ finish }) => finish === 'stop').map(modelTokens);
  const groups = rollouts.length / groupSize;
  const metrics: Record<string, number> = {
    reward: meanOf(rewards),
    reward_std: orZero(deviationOf(rewards)),
    frac_reward_zero_std: rollouts.filter(({ zeroSignal, sample }) => sample === 0 && zeroSignal).length / groups,
    unscored: rewards.filter(Number.isNaN).length,
    'completions/mean_length': meanOf(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/mean_terminated_length': orZero(meanOf(ended)),
    'completions/min_terminated_length': ended.length > 0 ? Math.min(...ended) : 0,
    'completions/max_terminated_length': ended.length > 0 ? Math.max(...ended) : 0,
    'completions/clipped_ratio': 1 - ended.length / rollouts.length,
  };
  const names = new Set(rollouts.flatMap(({ parts }) => Object.keys(parts)));
  for (const name of names) {
    const values = rollouts.map(({ parts }) => parts[name] ?? Number.NaN);
    metrics[`rewards/${name}/mean`] = meanOf(values);
    metrics[`rewards/${name}/std`] = orZero(deviationOf(values));
  }
  return metrics;
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
