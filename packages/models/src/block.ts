// One pre-norm transformer block, as in Llama (Touvron et al. 2023): grouped-query attention with rotary positions, then a
// gated MLP, each added to the residual stream. Queries and keys may be normalised head by head (Qwen3), and what attention and MLP
// give once more (Gemma 3). Training, scoring and decoding differ only in the `attend` they pass.

import { addBlocks, type HeadNorms, rmsNorm, tf } from '@thinkwright/tensors';
import type { ModelConfig } from './config.ts';
import { families } from './families.ts';
import { type ActiveAdapter, type LinearLayer, project, projectGated } from './projection.ts';

export interface BlockWeights {
  inputNorm: tf.Tensor1D; // [C]
  query: LinearLayer; // [H D, C]
  key: LinearLayer; // [K D, C]
  value: LinearLayer; // [K D, C]
  queryNorm: tf.Tensor1D | null; // [D]
  keyNorm: tf.Tensor1D | null; // [D]
  output: LinearLayer; // [C, H D]
  attentionOutputNorm: tf.Tensor1D | null; // [C]
  mlpNorm: tf.Tensor1D; // [C]
  gate: LinearLayer; // [F, C]
  up: LinearLayer; // [F, C]
  down: LinearLayer; // [C, F]
  mlpOutputNorm: tf.Tensor1D | null; // [C]
}

export interface BlockContext {
  config: ModelConfig;
  /** Turns queries and keys by their positions, normalised before if there are norms: [T, (H + 2K) D] → the same. */
  rotate: (qkv: tf.Tensor2D, layer: number, norms: HeadNorms | undefined) => tf.Tensor2D;
  /** Rotated queries and keys, and values, [T, (H + 2K) D] → [T, H D]. */
  attend: (qkv: tf.Tensor2D, layer: number) => tf.Tensor2D;
  adapter: ActiveAdapter | undefined;
}

/** x [T, C] → [T, C]. */
export function decoderBlock(x: tf.Tensor2D, layer: number, weights: BlockWeights, context: BlockContext): tf.Tensor2D {
  const { config, rotate, attend, adapter } = context;
  const { headCount: queryHeadCount, rmsNormEpsilon: epsilon } = config;
  const { activation } = families[config.modelType];
  const normBy = (weight: tf.Tensor1D) => ({ weight: gain(weight, config), epsilon });
  const qkv = project(x, [weights.query, weights.key, weights.value], { adapter, norm: normBy(weights.inputNorm) }); // [T, (H + 2K) D]
  const { queryNorm, keyNorm } = weights;
  const norms =
    queryNorm && keyNorm
      ? { query: gain(queryNorm, config), key: gain(keyNorm, config), queryHeadCount, epsilon }
      : undefined;
  const attended = attend(rotate(qkv, layer, norms), layer); // [T, H D]
  const middle = addProjected(x, attended, weights.output, weights.attentionOutputNorm, context); // [T, C]
  const gated = projectGated(middle, weights.gate, weights.up, { adapter, activation, norm: normBy(weights.mlpNorm) }); // [T, F]
  return addProjected(middle, gated, weights.down, weights.mlpOutputNorm, context);
}

/** What a row is scaled by after its normalisation. */
export function gain(weight: tf.Tensor1D, { modelType }: ModelConfig): tf.Tensor1D {
  return families[modelType].centredNorms ? tf.add(weight, 1) : weight;
}

/** stream [T, C] + norm(layer(x)) */
function addProjected(
  stream: tf.Tensor2D,
  x: tf.Tensor2D,
  layer: LinearLayer,
  outputNorm: tf.Tensor1D | null,
  { config, adapter }: BlockContext,
): tf.Tensor2D {
  if (!outputNorm) return project(x, [layer], { adapter, residual: stream });
  const added = rmsNorm(project(x, [layer], { adapter }), gain(outputNorm, config), { epsilon: config.rmsNormEpsilon });
  return addBlocks(stream, [{ values: added, column: 0 }]); // tf.add would keep both for the backward pass
}
