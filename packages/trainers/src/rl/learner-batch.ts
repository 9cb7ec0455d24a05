// The rollouts of one optimizer window as micro-batches with constants for each loss token.

import { tf } from '@thinkwright/tensors';
import { windowNormaliser } from '../aggregation/aggregation.ts';
import { type PackedBatch, packSequences } from '../batches/packed-batch.ts';
import { modelTokens } from '../masks/model-tokens.ts';
import { aggregationOf, type LossType } from '../policy-losses/loss-types.ts';
import { type Rollout, trajectorySequence } from './rollout.ts';

export interface LearnerBatch {
  rollouts: Rollout[];
  packed: PackedBatch;
  /** [N] each, N loss tokens of the micro-batch in order. */
  advantages: Float32Array;
  weights: Float32Array;
}

export interface LearnerWindowOptions {
  lossType: LossType;
  maxCompletionLength: number;
  maskTruncatedCompletions: boolean;
  dropZeroSignalGroups: boolean;
  perDeviceTrainBatchSize: number;
}

/** Micro-batches of the rollouts that have something to teach; none when all of them agree. */
export function learnerWindow(rollouts: readonly Rollout[], options: LearnerWindowOptions): LearnerBatch[] {
  const counted = options.dropZeroSignalGroups ? rollouts.filter(({ zeroSignal }) => !zeroSignal) : rollouts;
  const lossTokens = (rollout: Rollout) =>
    options.maskTruncatedCompletions && rollout.finish === 'length' ? 0 : modelTokens(rollout);
  const normaliser = windowNormaliser(
    aggregationOf(options.lossType),
    counted.map(lossTokens),
    options.maxCompletionLength,
  );
  const live = counted.filter((rollout) => lossTokens(rollout) > 0);
  const batches: LearnerBatch[] = [];
  for (let start = 0; start < live.length; start += options.perDeviceTrainBatchSize) {
    const chunk = live.slice(start, start + options.perDeviceTrainBatchSize);
    const packed = packSequences(chunk.map(trajectorySequence));
    const weights = chunk.map((rollout) => normaliser.weight(modelTokens(rollout)));
    batches.push({
      rollouts: chunk,
      packed,
      advantages: advantagesOf(chunk),
      weights: Float32Array.from(packed.sequenceOf, (sequence) => weights[sequence]!),
    });
  }
  return batches;
}

function advantagesOf(rollouts: readonly Rollout[]): Float32Array {
  const of = (rollout: Rollout) =>
    rollout.tokenAdvantages ?? new Float32Array(modelTokens(rollout)).fill(rollout.advantage);
  return concatenate(rollouts, of)!;
}

/** One value per loss token, from one array per rollout. */
export function concatenate(
  rollouts: readonly Rollout[],
  pick: (rollout: Rollout) => Float32Array | undefined,
): Float32Array | undefined {
  const parts = rollouts.map(pick);
  if (parts.some((part) => part === undefined)) return undefined;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part!.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part!, offset);
    offset += part!.length;
  }
  return all;
}

export const toTensor = (values: Float32Array | undefined): tf.Tensor1D | undefined =>
  values === undefined ? undefined : tf.tensor1d(values);
