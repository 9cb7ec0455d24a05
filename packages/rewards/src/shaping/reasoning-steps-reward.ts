// Visible steps in the thinking: min(1, steps / wanted). open-r1 counted markers anywhere (its `^` held at the start of the text
// only), so `First,Second,Next,` alone earned everything. Here a step is a marked line of the thinking with words of its own;
// repeats (in whatever order of words) and bare markers count nothing. Shallow all the same: gate it by accuracy.
import type { RewardFunction } from '../types.ts';
import { checkWhole } from './options.ts';

export interface ReasoningStepsRewardOptions {
  /** Steps that earn the whole reward; default 3. */
  wanted?: number;
  /** Shortest step in words (or digits groups), its marker not counted; default 3. */
  words?: number;
}

const MARKER = /^[ \t]*(?:step \d+[:.]|\d+[.)]|[-*•]|(?:first|second|third|next|then|finally)(?:ly)?,)[ \t]*/i;

/** From 0 to 1. */
export function reasoningStepsReward(options: ReasoningStepsRewardOptions = {}): RewardFunction {
  const wanted = checkWhole('reasoningStepsReward: wanted', options.wanted ?? 3, 1);
  const shortest = checkWhole('reasoningStepsReward: words', options.words ?? 3, 1);
  return function reasoningSteps(batch) {
    return batch.map(({ completion }) => {
      const steps = new Set<string>();
      for (const line of completion.thinking.split('\n')) {
        const marker = MARKER.exec(line);
        if (!marker) continue;
        const said =
          line
            .slice(marker[0].length)
            .toLowerCase()
            .match(/[\p{L}\p{N}]+/gu) ?? [];
        const different = new Set(said);
        if (different.size >= shortest) steps.add([...different].sort().join(' '));
      }
      return Math.min(1, steps.size / wanted);
    });
  };
}
