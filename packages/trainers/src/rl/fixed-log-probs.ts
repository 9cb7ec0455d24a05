// Log-probs of the policies that stay fixed while a generation is in use: the one that sampled, and the reference.

import type { LanguageModel } from '@thinkwright/models';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { currentDevice } from '@thinkwright/tensors';
import { rolloutCorrection } from '../corrections/rollout-correction.ts';
import type { RlOptions } from '../options/rl-options.ts';
import { logProbsOfRollouts } from './log-probs-of-rollouts.ts';
import type { ReferencePolicy } from './reference-policy.ts';
import type { Rollout } from './rollout.ts';

export interface FixedPolicies {
  model: LanguageModel;
  engine: RolloutEngine;
  reference?: ReferencePolicy;
}

/**
 * Fills `oldLogProbs` (and `correction`) of rollouts that the current weights sampled.
 * @param needed false: the weights do not change before the rollouts are used, so the ratio is 1 by definition and nothing is computed.
 */
export async function fillOldLogProbs(
  rollouts: readonly Rollout[],
  { model, engine }: FixedPolicies,
  options: RlOptions,
  needed: boolean,
): Promise<void> {
  if (await samplerIsExact(engine, options)) {
    for (const rollout of rollouts) rollout.oldLogProbs = rollout.samplerLogProbs;
    return;
  }
  if (!needed && !options.importanceSamplingCorrection) return;
  const old = await logProbsOfRollouts(model, rollouts, scoringOf(options));
  for (const [i, rollout] of rollouts.entries()) {
    rollout.oldLogProbs = old[i]!;
    if (options.importanceSamplingCorrection)
      rollout.correction = Float32Array.from(rolloutCorrection(old[i]!, rollout.samplerLogProbs, options));
  }
}

/** Fills `referenceLogProbs` with those of the reference as it is now; nothing without one. */
export async function fillReferenceLogProbs(
  rollouts: readonly Rollout[],
  { reference }: FixedPolicies,
  options: RlOptions,
): Promise<void> {
  if (reference === undefined) return;
  const scoring = { ...scoringOf(options), adapterOff: reference.adapterOff };
  const fixed = await logProbsOfRollouts(reference.model, rollouts, scoring);
  for (const [i, rollout] of rollouts.entries()) rollout.referenceLogProbs = fixed[i]!;
}

const scoringOf = ({ temperature, perDeviceTrainBatchSize }: RlOptions) => ({
  temperature,
  batchSize: perDeviceTrainBatchSize,
});

/** Whether the engine's log-probs may stand for the trainer's own. */
async function samplerIsExact(engine: RolloutEngine, options: RlOptions): Promise<boolean> {
  const { oldLogProbs, topK, topP, minP, repetitionPenalty, generationKwargs } = options;
  if (oldLogProbs !== 'auto') return oldLogProbs === 'sampler';
  const unfiltered = topK === 0 && topP === 1 && minP === null;
  const unprocessed = unfiltered && repetitionPenalty === 1 && Object.keys(generationKwargs).length === 0;
  return unprocessed && currentDevice().name === 'native' && (await engine.info()).logProbs === 'processed';
}
