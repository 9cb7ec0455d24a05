// A packed batch on the device, and the log-probs of its targets. Everything that trains or scores goes through here, so sampler,
// trainer and reference see the same arithmetic.

import type { LanguageModel } from '@thinkwright/models';
import {
  createLayout,
  gatherRows,
  linear,
  type RandomKey,
  type SequenceLayout,
  tf,
  tokenLogProbs,
} from '@thinkwright/tensors';
import type { PackedBatch } from './packed-batch.ts';

export interface DeviceBatch {
  ids: tf.Tensor1D; // int32 [T]
  layout: SequenceLayout;
  rows: tf.Tensor1D; // int32 [N]
  targets: tf.Tensor1D; // int32 [N]
  dispose(): void;
}

export function uploadBatch(batch: PackedBatch): DeviceBatch {
  const ids = tf.tensor1d(batch.ids, 'int32');
  const rows = tf.tensor1d(batch.rows, 'int32');
  const targets = tf.tensor1d(batch.targets, 'int32');
  const layout = createLayout(batch.lengths);
  return {
    ids,
    layout,
    rows,
    targets,
    dispose() {
      tf.dispose([ids, rows, targets]);
      layout.dispose();
    },
  };
}

export interface ScoreTokensOptions {
  /** Divides the logits; 1 for SFT, the sampling temperature in RL. */
  temperature?: number;
  /** Recompute activations in the backward pass. */
  gradientCheckpointing?: boolean;
  /** LoRA dropout with masks fixed by this key; none when left out. */
  dropoutKey?: RandomKey;
  /** [T, C], added to the embeddings. */
  embeddingNoise?: tf.Tensor2D;
}

export interface ScoredTokens {
  logProbs: tf.Tensor1D; // [N]
  entropy: tf.Tensor1D; // [N], no gradient
  hidden: tf.Tensor2D; // [N, C] what they were computed from
}

/** Log-prob and entropy of each target. */
export function scoreTokens(
  model: LanguageModel,
  batch: DeviceBatch,
  { temperature = 1, ...options }: ScoreTokensOptions = {},
): ScoredTokens {
  const hidden = hiddenOfTargets(model, batch, options);
  return { ...tokenLogProbs(hidden, model.outputWeight(), batch.targets, { temperature }), hidden };
}

/** [N, C] hidden states from which each target is predicted. */
export function hiddenOfTargets(
  model: LanguageModel,
  batch: DeviceBatch,
  { gradientCheckpointing = false, dropoutKey, embeddingNoise }: ScoreTokensOptions = {},
): tf.Tensor2D {
  const options = { checkpointActivations: gradientCheckpointing, dropoutKey, embeddingNoise };
  return gatherRows(model.hidden(batch.ids, batch.layout, options), batch.rows);
}

/** The likeliest next id at each target row, int32 [N]. Makes logits [N, V]: for metrics, not for training. */
export function greedyTokens(model: LanguageModel, batch: DeviceBatch): tf.Tensor1D {
  return tf.tidy(() => {
    const hidden = gatherRows(model.hidden(batch.ids, batch.layout), batch.rows);
    return tf.argMax(linear(hidden, model.outputWeight()), 1) as tf.Tensor1D;
  });
}
