// Which tokens of a completion the model wrote, and which were put in (results of tools): those are context, read and never learnt.
// Everything that belongs to a token of a rollout - log-probs, values, advantages - is kept for the model's tokens alone, so that no sum,
// mean, ratio or length downstream can count another. TRL: `tool_mask`, `env_mask`.

import type { Trajectory } from '@thinkwright/rollouts';
import { TrainerError } from '../errors.ts';

/** `mask[i]`: 1 where the model wrote `ids[i]`, 0 where it was put in. Without a mask the model wrote all of it. */
export interface MaskedCompletion {
  ids: Int32Array;
  mask?: Uint8Array;
}

/** How many tokens of the completion the model wrote: its length, wherever a length counts. */
export function modelTokens({ ids, mask }: MaskedCompletion): number {
  return mask === undefined ? ids.length : mask.reduce((sum, written) => sum + written, 0);
}

/** Of one value for each token, those of the model's tokens; the same array where there is no mask. */
export function ofModelTokens(values: Float32Array, mask: Uint8Array | undefined): Float32Array {
  return mask === undefined ? values : values.filter((_, i) => mask[i] === 1);
}

/** Place among the model's tokens of `ids[place]`, or of the last one before it; -1 when there is none. */
export function modelPlace(mask: Uint8Array | undefined, place: number): number {
  if (mask === undefined) return place;
  return mask.subarray(0, place + 1).reduce((sum, written) => sum + written, 0) - 1;
}

/** @throws TrainerError SHAPE for a mask of another length than the ids, or with anything but 0 and 1. */
export function checkMasks(trajectories: readonly Pick<Trajectory, 'key' | 'sample' | 'ids' | 'mask'>[]): void {
  for (const { key, sample, ids, mask } of trajectories) {
    if (mask === undefined) continue;
    const where = `The mask of sample ${sample} of '${key}'`;
    if (mask.length !== ids.length) {
      throw new TrainerError(
        'TW_TRAINERS_SHAPE',
        `${where} has ${mask.length} entries for ${ids.length} ids. Give one for each id: 1 where the model wrote it, 0 where a tool did.`,
      );
    }
    const wrong = mask.findIndex((written) => written > 1);
    if (wrong !== -1) {
      throw new TrainerError(
        'TW_TRAINERS_SHAPE',
        `${where} holds ${mask[wrong]} at ${wrong}. Use 1 where the model wrote the id, 0 where a tool did.`,
      );
    }
  }
}
