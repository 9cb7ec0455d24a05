// One pre-norm transformer block, as in Llama (Touvron et al. 2023): grouped-query attention with rotary positions, then a
// gated MLP, each added to the residual stream. Queries and keys may be normalised head by head (Qwen3). Training, scoring and
// decoding differ only in the `attend` they pass.

import type { HeadNorms, tf } from '@thinkwright/tensors';
import type { ModelConfig } from './config.ts';
import { type ActiveAdapter, type LinearLayer, project, projectGated } from './projection.ts';

export interface BlockWeights {
  inputNorm: tf.Tensor1D; // [C]
  query: LinearLayer; // [H D, C]
  key: LinearLayer; // [K D, C]
  value: LinearLayer; // [K D, C]
  queryNorm: tf.Tensor1D | null; // [D]
  keyNorm: tf.Tensor1D | null; // [D]
  output: LinearLayer; // [C, H D]
  mlpNorm: tf.Tensor1D; // [C]
  gate: LinearLayer; // [F, C]
  up: LinearLayer; // [F, C]
  down: LinearLayer; // [C, F]
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
  const { headCount, rmsNormEpsilon: epsilon } = config;
  const qkv = project(x, [weights.query, weights.key, weights.value], {
    adapter,
    norm: { weight: weights.inputNorm, epsilon },
  }); // [T, (H + 2K) D]
  const { queryNorm, keyNorm } = weights;
  const norms =
    queryNorm && keyNorm ? { query: queryNorm, key: keyNorm, queryHeadCount: headCount, epsilon } : undefined;
  const middle = project(attend(rotate(qkv, layer, norms), layer), [weights.output], { adapter, residual: x }); // [T, C]
  const gated = projectGated(middle, weights.gate, weights.up, { adapter, norm: { weight: weights.mlpNorm, epsilon } }); // [T, F]
  return project(gated, [weights.down], { adapter, residual: middle });
}
