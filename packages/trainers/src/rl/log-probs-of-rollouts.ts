// Log-probs of sampled tokens under a frozen policy (the one that sampled, or the reference), in batches, without a tape.

import type { LanguageModel } from '@thinkwright/models';
import { tf } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { type PackedBatch, packSequences } from '../batches/packed-batch.ts';
import { modelTokens } from '../masks/model-tokens.ts';
import { type Rollout, trajectorySequence } from './rollout.ts';

interface FrozenScoring {
  temperature: number;
  adapterOff?: boolean;
}

/** The log-probs of the model's tokens of each rollout. */
export async function logProbsOfRollouts(
  model: LanguageModel,
  rollouts: readonly Rollout[],
  { batchSize, ...scoring }: FrozenScoring & { batchSize: number },
): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  for (let start = 0; start < rollouts.length; start += batchSize) {
    const chunk = rollouts.slice(start, start + batchSize);
    const { logProbs } = await scoreBatch(model, packSequences(chunk.map(trajectorySequence)), scoring);
    let offset = 0;
    for (const rollout of chunk) {
      const end = offset + modelTokens(rollout);
      results.push(logProbs.slice(offset, end));
      offset = end;
    }
  }
  return results;
}

/** Log-prob and entropy of each target of a packed batch, [N]. */
export async function scoreBatch(
  model: LanguageModel,
  packed: PackedBatch,
  { temperature, adapterOff = false }: FrozenScoring,
): Promise<{ logProbs: Float32Array; entropies: Float32Array }> {
  if (packed.targets.length === 0) return { logProbs: new Float32Array(0), entropies: new Float32Array(0) };
  const device = uploadBatch(packed);
  const score = () =>
    tf.tidy(() => {
      const { logProbs, entropy } = scoreTokens(model, device, { temperature });
      return { logProbs, entropy };
    });
  const scored = adapterOff ? model.withoutAdapter(score) : score();
  device.dispose();
  const [logProbs, entropies] = await Promise.all([scored.logProbs.data(), scored.entropy.data()]);
  tf.dispose(scored);
  return { logProbs: logProbs as Float32Array, entropies: entropies as Float32Array };
}
