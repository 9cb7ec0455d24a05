// A training sequence as JSON, for checkpoints that hold sampled data.

import type { TrainingSequence } from './training-sequence.ts';

export interface SavedSequence {
  ids: number[];
  mask: number[];
}

export const sequenceToJson = ({ ids, mask }: TrainingSequence): SavedSequence => ({
  ids: Array.from(ids),
  mask: Array.from(mask),
});

export const sequenceFromJson = ({ ids, mask }: SavedSequence): TrainingSequence => ({
  ids: Int32Array.from(ids),
  mask: Uint8Array.from(mask),
});
