// From trajectories to rewards: decode, parse, score. A completion that cannot be scored is NaN with a reason, never 0.

import type { ChatFormat } from '@thinkwright/chat';
import {
  type ParsedCompletion,
  parseCompletion,
  type RewardContext,
  type RewardFunction,
  scoreBatch,
} from '@thinkwright/rewards';
import type { Trajectory } from '@thinkwright/rollouts';
import { modelTokens } from '../masks/model-tokens.ts';
import type { TrainerEvent } from '../trainer.ts';
import type { Prompt } from './prompt-source.ts';

export interface ScoredTrajectory {
  trajectory: Trajectory;
  group: number;
  text: string;
  parsed: ParsedCompletion;
  /** NaN when unscored. */
  reward: number;
  parts: Record<string, number>;
  /** Rewards of its reasoning steps, where the reward gives them. */
  steps?: number[];
  unscored?: string;
}

export interface ScoredTrajectories {
  samples: ScoredTrajectory[];
  /** How many completions were not scored, by cause. */
  failures: Record<string, number>;
}

/** @param groups trajectories of each prompt, in order. */
export async function scoreTrajectories(
  groups: readonly Trajectory[][],
  prompts: readonly Prompt[],
  format: ChatFormat,
  reward: RewardFunction,
  context: { step: number; maxTokens: number; keyPrefix: string },
): Promise<ScoredTrajectories> {
  const stops = format.stopIds.map((id) => format.tokenizer.decode([id], { skipSpecialTokens: false }));
  const samples = groups.flatMap((trajectories, group) =>
    trajectories.map((trajectory) => {
      const text = format.tokenizer.decode(trajectory.ids, { skipSpecialTokens: false });
      const { prefilled } = prompts[group]!;
      const truncated = trajectory.finish !== 'stop';
      const parsed = parseCompletion(text, {
        marks: format.marks,
        prefilled: prefilled.includes(format.marks.open),
        truncated,
        stops,
      });
      return { trajectory, group, text, parsed };
    }),
  );
  const { signal } = new AbortController();
  const contexts = samples.map(({ trajectory, group, parsed }): RewardContext => {
    const { messages, row, mode } = prompts[group]!;
    return {
      prompt: messages,
      completion: parsed,
      row,
      groupId: `${context.keyPrefix}${group}`,
      mode,
      tokens: modelTokens(trajectory),
      maxTokens: context.maxTokens,
      truncated: parsed.truncated,
      step: context.step,
      ids: trajectory.ids,
      signal,
    };
  });
  const isWritten = samples.map(({ trajectory }) => trajectory.mask === undefined || modelTokens(trajectory) > 0);
  const { outcomes } = await scoreBatch(
    reward,
    contexts.filter((_, index) => isWritten[index]),
  );
  const next = outcomes.values();
  const failures: Record<string, number> = {};
  const scored = samples.map((sample, index): ScoredTrajectory => {
    const outcome = isWritten[index] ? next.next().value! : NOT_WRITTEN;
    if (outcome.status === 'scored') {
      const { value, parts, steps } = outcome;
      return { ...sample, reward: value, parts, ...(steps && { steps }) };
    }
    const unscored = outcome.status === 'skipped' ? `skipped: ${outcome.reason}` : `error: ${outcome.cause}`;
    failures[unscored] = (failures[unscored] ?? 0) + 1;
    return { ...sample, reward: Number.NaN, parts: {}, unscored };
  });
  return { samples: scored, failures };
}

/** Where every token was put in, nothing of the policy can be judged. */
const NOT_WRITTEN = { status: 'skipped', reason: 'the mask says that the model wrote no token of it' } as const;

/** Says how many completions had no score, and why. */
export function unscoredWarning(failures: Record<string, number>, step: number): TrainerEvent {
  const causes = Object.entries(failures).map(([cause, count]) => `${count} x ${cause}`);
  const message = `Completions without a score were left out of the baseline: ${causes.join('; ')}.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_UNSCORED', message };
}
