// One optimizer window of supervised learning: forward and backward of every micro-batch, one update, metrics.

import type { LanguageModel } from '@thinkwright/models';
import { hashKey, linear, type RandomKey, tf } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { type PackedBatch, packSequences } from '../batches/packed-batch.ts';
import { readKept } from '../batches/read-kept.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { neftuneNoise } from './neftune.ts';
import { dynamicFineTuning, negativeLogLikelihood } from './sft-loss.ts';

export interface LearnSequencesOptions {
  /** Steps done: keys the dropout masks. */
  step: number;
  seed: number;
  gradientCheckpointing: boolean;
  tokenAccuracy?: boolean;
  lossType?: 'nll' | 'dft';
  neftuneNoiseAlpha?: number | null;
}

export interface LearnSequencesResult {
  metrics: Record<string, number>;
  tokens: number;
}

/**
 * @param microBatches sequences of each micro-batch.
 * @throws TrainerError NOTHING_SUPERVISED when every mask of the window is 0.
 */
export async function learnSequences(
  model: LanguageModel,
  window: OptimizerWindow,
  microBatches: readonly (readonly TrainingSequence[])[],
  learningRate: number,
  options: LearnSequencesOptions,
): Promise<LearnSequencesResult> {
  const {
    step,
    seed,
    gradientCheckpointing,
    tokenAccuracy = false,
    lossType = 'nll',
    neftuneNoiseAlpha = null,
  } = options;
  const batches = microBatches.map(packSequences);
  const windowTokens = batches.reduce((sum, batch) => sum + batch.targets.length, 0);
  if (windowTokens === 0) throw nothingSupervised(step);
  const kept: KeptTensors[] = [];
  for (const [micro, batch] of batches.entries()) {
    if (batch.targets.length === 0) continue;
    const dropoutKey = { seed, stream: hashKey(`dropout ${step} ${micro}`) };
    const device = uploadBatch(batch);
    const noiseKey = { seed, stream: hashKey(`neftune ${step} ${micro}`) };
    const embeddingNoise = neftuneNoiseAlpha === null ? undefined : noiseOf(model, batch, neftuneNoiseAlpha, noiseKey);
    kept.push(
      window.add(() => {
        const { logProbs, entropy, hidden } = scoreTokens(model, device, {
          gradientCheckpointing,
          dropoutKey,
          embeddingNoise,
        });
        const keep: KeptTensors = { entropy };
        if (tokenAccuracy) keep.correct = correctTokens(hidden, model.outputWeight(), device.targets);
        const lossOf = lossType === 'dft' ? dynamicFineTuning : negativeLogLikelihood;
        return { loss: lossOf(logProbs, windowTokens), keep };
      }),
    );
    device.dispose();
    embeddingNoise?.dispose();
  }
  const [{ loss, gradNorm }, values] = await Promise.all([window.close(learningRate), readKept(kept)]);
  const tokens = microBatches.flat().reduce((sum, { ids }) => sum + ids.length, 0);
  return {
    metrics: { loss, grad_norm: gradNorm, learning_rate: learningRate, ...meanMetrics(values, windowTokens) },
    tokens,
  };
}

function noiseOf(model: LanguageModel, { lengths, ids }: PackedBatch, alpha: number, key: RandomKey): tf.Tensor2D {
  const { hiddenSize } = model.config;
  return tf.tensor2d(neftuneNoise(lengths, hiddenSize, alpha, key), [ids.length, hiddenSize]);
}

type KeptTensors = Record<string, tf.Tensor>; // entropy [N], and with tokenAccuracy correct []

/** Targets that are the likeliest token. */
function correctTokens(hidden: tf.Tensor2D, outputWeight: tf.Tensor2D, targets: tf.Tensor1D): tf.Tensor {
  return tf.sum(tf.cast(tf.equal(tf.argMax(linear(hidden, outputWeight), 1), targets), 'float32'));
}

function meanMetrics(values: Record<string, Float32Array>[], windowTokens: number): Record<string, number> {
  let entropy = 0;
  let correct = 0;
  for (const micro of values) {
    for (const value of micro.entropy!) entropy += value;
    correct += micro.correct?.[0] ?? 0;
  }
  const means: Record<string, number> = { entropy: entropy / windowTokens };
  if (values[0]?.correct !== undefined) means.mean_token_accuracy = correct / windowTokens;
  return means;
}

function nothingSupervised(step: number): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_NOTHING_SUPERVISED',
    `Step ${step + 1}: not one token of the batch is trained, every mask is 0. Rows of messages need an assistant turn; ` +
      'pairs need a completion; set completionOnlyLoss or assistantOnlyLoss to false to train on everything.',
  );
}
