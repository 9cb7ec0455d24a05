// Loss, entropy and token accuracy of held-out rows under the weights as they stand: means over the tokens of all rows, whatever the
// batches. TRL's eval_ metrics.

import type { Dataset } from '@thinkwright/datasets';
import type { LanguageModel } from '@thinkwright/models';
import { linear, tf } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { packSequences } from '../batches/packed-batch.ts';
import { readKept } from '../batches/read-kept.ts';
import { TrainerError } from '../errors.ts';
import type { SftRow } from './row-to-sequence.ts';
import { SequenceSource, type SequenceSourceOptions } from './sequence-source.ts';

export interface EvaluateSequencesOptions extends SequenceSourceOptions {
  perDeviceEvalBatchSize: number;
}

/** @throws TrainerError NOTHING_SUPERVISED when no row of the dataset trains a token. */
export async function evaluateSequences(
  model: LanguageModel,
  dataset: Dataset<SftRow>,
  { perDeviceEvalBatchSize, ...given }: EvaluateSequencesOptions,
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  const source = new SequenceSource(dataset.stream({ shuffle: false, epochs: 1 }), { ...given, packing: false });
  const sums = { tokens: 0, logProbs: 0, entropy: 0, correct: 0 };
  for (;;) {
    signal?.throwIfAborted();
    const rows = await source.take(perDeviceEvalBatchSize);
    if (rows.length === 0) break;
    const batch = packSequences(rows.flat());
    if (batch.targets.length === 0) continue;
    const device = uploadBatch(batch);
    const kept = tf.tidy(() => {
      const { logProbs, entropy, hidden } = scoreTokens(model, device);
      const likeliest = tf.argMax(linear(hidden, model.outputWeight()), 1);
      const correct = tf.sum(tf.cast(tf.equal(likeliest, device.targets), 'float32'));
      return { logProbs: tf.sum(logProbs), entropy: tf.sum(entropy), correct };
    });
    device.dispose();
    const [values] = await readKept([kept]);
    sums.tokens += batch.targets.length;
    sums.logProbs += values!.logProbs[0]!;
    sums.entropy += values!.entropy[0]!;
    sums.correct += values!.correct[0]!;
  }
  if (sums.tokens === 0) throw nothingEvaluated();
  return {
    eval_loss: -sums.logProbs / sums.tokens,
    eval_entropy: sums.entropy / sums.tokens,
    eval_mean_token_accuracy: sums.correct / sums.tokens,
    eval_num_tokens: sums.tokens,
  };
}

/** Reads rows until one trains a token, so that a dataset without any is found before the first step. @throws as above. */
export async function requireEvaluable(dataset: Dataset<SftRow>, options: SequenceSourceOptions): Promise<void> {
  const source = new SequenceSource(dataset.stream({ shuffle: false, epochs: 1 }), { ...options, packing: false });
  for (;;) {
    const rows = await source.take(1);
    if (rows.length === 0) throw nothingEvaluated();
    if (packSequences(rows.flat()).targets.length > 0) return;
  }
}

function nothingEvaluated(): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_NOTHING_SUPERVISED',
    'evalDataset: no row has a token that is evaluated, within maxLength. Check its split, its masks and maxLength.',
  );
}
