// The completions of a group as the learner's rollouts, before any advantage.

import type { ChatFormat } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { modelPlace, ofModelTokens } from '../masks/model-tokens.ts';
import type { RlOptions } from '../options/rl-options.ts';
import type { Group } from './group.ts';
import type { Rollout } from './rollout.ts';
import { stepEnds } from './step-ends.ts';

/** @param index of the group in its generation. @param step optimizer steps done. */
export function rolloutsOf(
  { samples, greedyReward }: Group,
  index: number,
  step: number,
  { format, model }: { format: ChatFormat; model: LanguageModel },
  { stepRewardCoef, stepSeparator }: RlOptions,
): Rollout[] {
  const decode = (ids: Int32Array) => format.tokenizer.decode(ids, { skipSpecialTokens: false });
  return samples.map(({ trajectory, reward, parts, steps, text, parsed }): Rollout => {
    const { key, sample, promptIds, ids, mask, logProbs, finish, weightVersion } = trajectory;
    const behind = Math.max(0, model.weightVersion - weightVersion); // an engine elsewhere may sample with older weights
    const separator = new RegExp(stepSeparator);
    return {
      key,
      sample,
      group: index,
      promptIds,
      ids,
      ...(mask && { mask }),
      samplerLogProbs: ofModelTokens(logProbs, mask),
      finish,
      reward,
      parts,
      advantage: 0,
      zeroSignal: false,
      sampledAt: step - behind,
      ...(greedyReward !== undefined && { greedyReward }),
      ...(stepRewardCoef > 0 &&
        steps !== undefined && {
          steps,
          stepEnds: stepEnds({ ids, text, thinking: parsed.thinking }, steps.length, separator, decode).map((end) =>
            modelPlace(mask, end),
          ),
        }),
    };
  });
}
