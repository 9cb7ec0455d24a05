// An outcome reward model (Cobbe et al., arXiv 2110.14168): one score for the whole completion, from any model behind a function.
// Scores have no agreed scale: `squash` maps logits to 0..1. A cut off completion has no outcome and earns the lowest score of its
// group, at most 0: where logits are negative, a plain 0 would make running into the limit pay.
import { checkChoice } from '../shaping/options.ts';
import type { RewardContext, RewardFunction, Score } from '../types.ts';

export interface OutcomeModelOptions {
  /** One score for each context, in order. */
  score: (batch: RewardContext[]) => Promise<number[]> | number[];
  /** `sigmoid` for logits; default `none`. */
  squash?: 'none' | 'sigmoid';
  /** Value of truncated completions; default `lowest`, that of the group and at most 0. `score`: judged like others. */
  truncated?: number | 'lowest' | 'score';
}

export function outcomeModelReward({
  score,
  squash = 'none',
  truncated = 'lowest',
}: OutcomeModelOptions): RewardFunction {
  checkChoice('outcomeModelReward: squash', squash, ['none', 'sigmoid']);
  return async function outcomeModel(batch) {
    const judged = batch.filter((context) => truncated === 'score' || !context.truncated);
    const values = judged.length > 0 ? await score(judged) : [];
    if (!Array.isArray(values) || values.length !== judged.length) return values as Score[]; // refused by scoreBatch, with its count
    const squashed = squash === 'sigmoid' ? values.map((value) => 1 / (1 + Math.exp(-value))) : values;
    const scores = new Map(judged.map((context, index) => [context, squashed[index]!]));
    const lowestOf = (groupId: string) =>
      judged.reduce((low, context) => (context.groupId === groupId ? Math.min(low, scores.get(context)!) : low), 0);
    return batch.map((context) => {
      const value = scores.get(context);
      if (value !== undefined) return value;
      return typeof truncated === 'number' ? truncated : lowestOf(context.groupId);
    });
  };
}
