// The tensors of a model, by Hugging Face name and layout (weights [out, in]). One list serves creating, loading and saving.

import type { ModelConfig } from './config.ts';
import { families } from './families.ts';

/** What a tensor is for; decides its initial values. `residual`: a linear whose output is added to the residual stream. */
export type ParameterRole = 'embedding' | 'linear' | 'residual' | 'norm' | 'bias';

export interface ParameterSpec {
  name: string;
  shape: number[];
  role: ParameterRole;
  /** Weight decay applies to matrices, not to norms and biases. */
  decay: boolean;
}

export const embeddingName = 'model.embed_tokens.weight';
export const finalNormName = 'model.norm.weight';
export const headName = 'lm_head.weight';

/** Name of a projection inside a layer, e.g. `model.layers.0.self_attn.q_proj` (without `.weight`). */
export const projectionName = (layer: number, projection: Projection) => `model.layers.${layer}.${projection}`;

export type Projection = (typeof projections)[number];
const attentionProjections = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'] as const;
/** The RMSNorms of a block's input and of the MLP's, and of what attention and MLP give, where a family has those. */
export function blockNormNames(layer: number, { modelType }: Pick<ModelConfig, 'modelType'>) {
  const name = (norm: string) => `model.layers.${layer}.${norm}.weight`;
  const [input, second] = [name('input_layernorm'), name('post_attention_layernorm')];
  if (!families[modelType].outputNorms) return { input, attentionOutput: null, mlp: second, mlpOutput: null };
  return {
    input,
    attentionOutput: second,
    mlp: name('pre_feedforward_layernorm'),
    mlpOutput: name('post_feedforward_layernorm'),
  };
}
/** The RMSNorms of queries and keys, where a family has them. */
export const queryNormName = (layer: number) => `model.layers.${layer}.self_attn.q_norm.weight`;
export const keyNormName = (layer: number) => `model.layers.${layer}.self_attn.k_norm.weight`;
const mlpProjections = ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'] as const;
/** The linear layers of a block, in the order of the computation. */
export const projections = [...attentionProjections, ...mlpProjections] as const;

/** Every tensor of the model, layer by layer. A tied head is not listed: it is the embedding. */
export function parameterSpecs(config: ModelConfig): ParameterSpec[] {
  const { hiddenSize, headDimension, vocabularySize, layerCount, tieWordEmbeddings } = config;
  const norm = (name: string, size = hiddenSize): ParameterSpec => ({
    name,
    shape: [size],
    role: 'norm',
    decay: false,
  });
  const specs: ParameterSpec[] = [
    { name: embeddingName, shape: [vocabularySize, hiddenSize], role: 'embedding', decay: true },
  ];
  for (let layer = 0; layer < layerCount; layer++) {
    const norms = blockNormNames(layer, config);
    specs.push(norm(norms.input));
    for (const projection of attentionProjections) specs.push(...linearSpecs(config, layer, projection));
    if (families[config.modelType].headNorms)
      specs.push(norm(queryNormName(layer), headDimension), norm(keyNormName(layer), headDimension));
    if (norms.attentionOutput) specs.push(norm(norms.attentionOutput));
    specs.push(norm(norms.mlp));
    for (const projection of mlpProjections) specs.push(...linearSpecs(config, layer, projection));
    if (norms.mlpOutput) specs.push(norm(norms.mlpOutput));
  }
  specs.push(norm(finalNormName));
  if (!tieWordEmbeddings)
    specs.push({ name: headName, shape: [vocabularySize, hiddenSize], role: 'linear', decay: true });
  return specs;
}

function linearSpecs(config: ModelConfig, layer: number, projection: Projection): ParameterSpec[] {
  const name = projectionName(layer, projection);
  const [outputs, inputs] = projectionShape(config, projection);
  const role = projection.endsWith('o_proj') || projection.endsWith('down_proj') ? 'residual' : 'linear';
  const weight: ParameterSpec = { name: `${name}.weight`, shape: [outputs, inputs], role, decay: true };
  return hasBias(config, projection)
    ? [weight, { name: `${name}.bias`, shape: [outputs], role: 'bias', decay: false }]
    : [weight];
}

function hasBias({ modelType, attentionBias, mlpBias }: ModelConfig, projection: Projection): boolean {
  if (projection.startsWith('mlp')) return mlpBias;
  return attentionBias && (projection !== 'self_attn.o_proj' || families[modelType].attentionBias === 'config');
}

/** [out, in] of a projection's weight. */
export function projectionShape(config: ModelConfig, projection: Projection): [number, number] {
  const { hiddenSize, intermediateSize, headCount, keyValueHeadCount, headDimension } = config;
  const query = headCount * headDimension;
  const keyValue = keyValueHeadCount * headDimension;
  switch (projection) {
    case 'self_attn.q_proj':
      return [query, hiddenSize];
    case 'self_attn.k_proj':
    case 'self_attn.v_proj':
      return [keyValue, hiddenSize];
    case 'self_attn.o_proj':
      return [hiddenSize, query];
    case 'mlp.gate_proj':
    case 'mlp.up_proj':
      return [intermediateSize, hiddenSize];
    case 'mlp.down_proj':
      return [hiddenSize, intermediateSize];
  }
}
