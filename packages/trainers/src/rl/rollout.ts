// One sampled completion on its way from the engine to the learner. Tokens in, tokens out: text is only ever a view of `ids`. Arrays of [M]
// have one value for each token that the model wrote; where a mask says that others were put in, M is less than ids.length.

import type { TrainingSequence } from '../batches/training-sequence.ts';
import type { MaskedCompletion } from '../masks/model-tokens.ts';

export interface Rollout {
  key: string;
  sample: number;
  /** Index of the prompt in its generation. */
  group: number;
  promptIds: Int32Array;
  ids: Int32Array;
  /** 1 where the model wrote the id, 0 where it was put in (results of tools); absent = all 1. */
  mask?: Uint8Array; // [ids.length]
  samplerLogProbs: Float32Array; // [M]
  finish: 'stop' | 'length' | 'abort';
  /** NaN: could not be scored. */
  reward: number;
  parts: Record<string, number>;
  advantage: number;
  /** Its group agrees: nothing to learn from. */
  zeroSignal: boolean;
  oldLogProbs?: Float32Array; // [M]
  referenceLogProbs?: Float32Array; // [M]
  /** rho of each token where the sampler's log-probs are corrected for. */
  correction?: Float32Array; // [M]
  /** Optimizer steps that its weights had; only where age matters. */
  sampledAt?: number;
  /** It comes from the replay buffer. */
  replayed?: boolean;
  /** Reward of the prompt's greedy completion (ReMax). */
  greedyReward?: number;
  /** Rewards of the reasoning steps, and the last token of each. */
  steps?: number[];
  stepEnds?: Int32Array;
  /** Advantage of each token, where it is not the same for all. */
  tokenAdvantages?: Float32Array; // [M]
}

/** Prompt and completion, trained on what the model wrote of the completion. */
export function trajectorySequence({
  promptIds,
  ids,
  mask: written,
}: MaskedCompletion & { promptIds: Int32Array }): TrainingSequence {
  const all = new Int32Array(promptIds.length + ids.length);
  all.set(promptIds);
  all.set(ids, promptIds.length);
  const mask = new Uint8Array(all.length).fill(1, promptIds.length);
  if (written !== undefined) mask.set(written, promptIds.length);
  return { ids: all, mask };
}

/** As JSON, for checkpoints in the middle of a generation. float32 values survive the trip through decimal text exactly. */
export function rolloutToJson(rollout: Rollout): Record<string, unknown> {
  const plain = (values: ArrayLike<number> | undefined) => (values === undefined ? undefined : Array.from(values));
  return {
    ...rollout,
    reward: Number.isNaN(rollout.reward) ? null : rollout.reward,
    greedyReward: Number.isNaN(rollout.greedyReward) ? null : rollout.greedyReward,
    promptIds: plain(rollout.promptIds),
    ids: plain(rollout.ids),
    mask: plain(rollout.mask),
    samplerLogProbs: plain(rollout.samplerLogProbs),
    oldLogProbs: plain(rollout.oldLogProbs),
    referenceLogProbs: plain(rollout.referenceLogProbs),
    correction: plain(rollout.correction),
    stepEnds: plain(rollout.stepEnds),
    tokenAdvantages: plain(rollout.tokenAdvantages),
  };
}

export function rolloutFromJson(json: Record<string, unknown>): Rollout {
  const floats = (values: unknown) => (values === undefined ? undefined : Float32Array.from(values as number[]));
  return {
    ...(json as unknown as Rollout),
    reward: (json.reward as number | null) ?? Number.NaN,
    ...(json.greedyReward === null && { greedyReward: Number.NaN }),
    ...(json.stepEnds !== undefined && { stepEnds: Int32Array.from(json.stepEnds as number[]) }),
    promptIds: Int32Array.from(json.promptIds as number[]),
    ids: Int32Array.from(json.ids as number[]),
    ...(json.mask !== undefined && { mask: Uint8Array.from(json.mask as number[]) }),
    samplerLogProbs: floats(json.samplerLogProbs)!,
    oldLogProbs: floats(json.oldLogProbs),
    referenceLogProbs: floats(json.referenceLogProbs),
    correction: floats(json.correction),
    tokenAdvantages: floats(json.tokenAdvantages),
  };
}
