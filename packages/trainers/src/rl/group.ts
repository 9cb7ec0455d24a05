// The completions of one prompt, and whether they teach anything: rewards that differ (or parts, or steps, where those count).

import type { Prompt } from './prompt-source.ts';
import type { ScoredTrajectory } from './score-rollouts.ts';

export interface Group {
  prompt: Prompt;
  /** G of them. */
  samples: ScoredTrajectory[];
  /** Reward of the prompt's greedy completion, where that is the baseline (ReMax). */
  greedyReward?: number;
}

/** What the signal depends on. */
interface ScoredGroup {
  samples: readonly Pick<ScoredTrajectory, 'reward' | 'parts' | 'steps'>[];
  greedyReward?: number;
}

export interface SignalOptions {
  multiObjectiveAggregation: 'sum_then_normalize' | 'normalize_then_sum';
  stepRewardCoef: number;
}

/** 'equal': there is nothing to prefer; 'unscored': fewer than two completions (or no baseline) have a reward. */
export type GroupSignal = 'live' | 'equal' | 'unscored';

const EQUAL = 1e-8; // as in groupAdvantages

export function groupSignal({ samples, greedyReward }: ScoredGroup, options: SignalOptions): GroupSignal {
  const scored = samples.filter(({ reward }) => !Number.isNaN(reward));
  if (Number.isNaN(greedyReward) || scored.length + (greedyReward === undefined ? 0 : 1) < 2) return 'unscored';
  const streams = [[...scored.map(({ reward }) => reward), ...(greedyReward === undefined ? [] : [greedyReward])]];
  if (options.multiObjectiveAggregation === 'normalize_then_sum') {
    const names = new Set(scored.flatMap(({ parts }) => Object.keys(parts)));
    for (const name of names) streams.push(scored.flatMap(({ parts }) => parts[name] ?? []));
  }
  if (options.stepRewardCoef > 0) streams.push(scored.flatMap(({ steps = [] }) => steps));
  return streams.some((values) => Math.max(...values) - Math.min(...values) > EQUAL) ? 'live' : 'equal';
}
