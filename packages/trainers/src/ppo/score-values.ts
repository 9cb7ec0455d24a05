// Log-probs and values of sampled tokens under the policy that sampled them, one forward for both, without a tape.

import type { LanguageModel } from '@thinkwright/models';
import { tf } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { packSequences } from '../batches/packed-batch.ts';
import { type MaskedCompletion, modelTokens } from '../masks/model-tokens.ts';
import { trajectorySequence } from '../rl/rollout.ts';
import { type Critic, valuesOf } from './critic.ts';

export interface ScoredValues {
  logProbs: Float32Array; // [L]
  values: Float32Array; // [L]
  entropies: Float32Array; // [L]
}

interface Completion extends MaskedCompletion {
  promptIds: Int32Array;
}

export async function scoreValues(
  model: LanguageModel,
  critic: Critic,
  completions: readonly Completion[],
  { temperature, batchSize }: { temperature: number; batchSize: number },
): Promise<ScoredValues[]> {
  const results: ScoredValues[] = [];
  for (let start = 0; start < completions.length; start += batchSize) {
    const chunk = completions.slice(start, start + batchSize);
    const device = uploadBatch(packSequences(chunk.map(trajectorySequence)));
    const scored = tf.tidy(() => {
      const { logProbs, entropy, hidden } = scoreTokens(model, device, { temperature });
      return { logProbs, entropy, values: valuesOf(critic, device, hidden) };
    });
    device.dispose();
    const [logProbs, entropies, values] = (await Promise.all([
      scored.logProbs.data(),
      scored.entropy.data(),
      scored.values.data(),
    ])) as [Float32Array, Float32Array, Float32Array];
    tf.dispose(scored);
    let offset = 0;
    for (const completion of chunk) {
      const end = offset + modelTokens(completion);
      const own = (all: Float32Array) => all.slice(offset, end);
      results.push({ logProbs: own(logProbs), values: own(values), entropies: own(entropies) });
      offset = end;
    }
  }
  return results;
}
