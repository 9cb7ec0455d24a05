// How rewards become advantages, by name. All are relative to other rewards, so none needs a value model.
//   group (GRPO, Dr. GRPO by scaleRewards), leave_one_out (RLOO), reinforce_plus_plus, reinforce_plus_plus_baseline, remax, max_rl,
//   pass_at_k

import { type GroupAdvantages, groupAdvantages, type RewardScale } from './group-advantages.ts';
import { leaveOneOutAdvantages } from './leave-one-out.ts';
import { maxRlAdvantages } from './max-rl.ts';
import { passAtKAdvantages } from './pass-at-k.ts';
import { reinforcePlusPlus, reinforcePlusPlusBaseline } from './reinforce-plus-plus.ts';
import { remaxAdvantages } from './remax.ts';

export const ADVANTAGE_ESTIMATORS = [
  'group',
  'leave_one_out',
  'reinforce_plus_plus',
  'reinforce_plus_plus_baseline',
  'remax',
  'max_rl',
  'pass_at_k',
] as const;
export type AdvantageEstimator = (typeof ADVANTAGE_ESTIMATORS)[number];

export interface AdvantageOptions {
  advantageEstimator: AdvantageEstimator;
  scaleRewards: RewardScale;
  /** k of pass_at_k. */
  passAtK: number;
  /** [N / G] reward of each prompt's greedy completion, for remax. */
  greedyRewards?: readonly number[];
}

type Estimate = Pick<GroupAdvantages, 'advantages' | 'zeroSignal'>;

/** @param rewards [N], groups side by side; NaN = unscorable: it leaves every baseline and gets 0. */
export function estimateAdvantages(rewards: Float64Array, groupSize: number, options: AdvantageOptions): Estimate {
  const grouped = groupAdvantages(rewards, groupSize, options.scaleRewards);
  switch (options.advantageEstimator) {
    case 'leave_one_out':
      return { ...grouped, advantages: leaveOneOutAdvantages(rewards, groupSize).advantages };
    case 'reinforce_plus_plus': // a group that agrees still differs from the batch
      return withSignalOf(reinforcePlusPlus(rewards), groupSize);
    case 'reinforce_plus_plus_baseline':
      return withSignalOf(reinforcePlusPlusBaseline(rewards, groupSize), groupSize);
    case 'remax':
      return withSignalOf(remaxAdvantages(rewards, options.greedyRewards ?? [], groupSize), groupSize);
    case 'max_rl':
      return { ...grouped, advantages: maxRlAdvantages(rewards, groupSize) };
    case 'pass_at_k':
      return withSignalOf(passAtKAdvantages(rewards, groupSize, options.passAtK), groupSize);
    default:
      return grouped;
  }
}

function withSignalOf(advantages: Float64Array, groupSize: number): Estimate {
  const zeroSignal = Array.from({ length: advantages.length / groupSize }, (_, group) =>
    advantages.subarray(group * groupSize, (group + 1) * groupSize).every((value) => value === 0),
  );
  return { advantages, zeroSignal };
}
