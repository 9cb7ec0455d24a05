// KTO's reference point needs completions under prompts they do not belong to: each completion of the optimizer window under the prompt of
// the next one. Over the whole window, so that cutting it into micro-batches changes nothing; TRL looks at one micro-batch.

import type { LanguageModel } from '@thinkwright/models';
import { packSequences } from '../batches/packed-batch.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import { scoreBatch } from '../rl/log-probs-of-rollouts.ts';
import type { ReferencePolicy } from '../rl/reference-policy.ts';

/** Log-ratio of policy and reference of each mismatched completion. At least two sequences. */
export async function mismatchedRatios(
  model: LanguageModel,
  reference: ReferencePolicy,
  sequences: readonly TrainingSequence[],
  batchSize: number,
): Promise<Float32Array> {
  const spliced = sequences.map((completion, i) => splice(sequences[(i + 1) % sequences.length]!, completion));
  const ratios = new Float32Array(sequences.length);
  for (let start = 0; start < spliced.length; start += batchSize) {
    const packed = packSequences(spliced.slice(start, start + batchSize));
    const policy = await scoreBatch(model, packed, { temperature: 1 });
    const frozen = await scoreBatch(reference.model, packed, { temperature: 1, ...reference });
    for (const [token, owner] of packed.sequenceOf.entries())
      ratios[start + owner]! += policy.logProbs[token]! - frozen.logProbs[token]!;
  }
  return ratios;
}

/** The prompt of one sequence with the completion of another. */
function splice(prompt: TrainingSequence, completion: TrainingSequence): TrainingSequence {
  const promptIds = prompt.ids.subarray(0, prompt.mask.indexOf(1));
  const start = completion.mask.indexOf(1);
  const ids = new Int32Array(promptIds.length + completion.ids.length - start);
  ids.set(promptIds);
  ids.set(completion.ids.subarray(start), promptIds.length);
  const mask = new Uint8Array(ids.length);
  mask.set(completion.mask.subarray(start), promptIds.length);
  return { ids, mask };
}
