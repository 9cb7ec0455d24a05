// A model's shape, read from and written to Hugging Face's config.json in both spellings of transformers, 4 and 5. What the code cannot
// honour is refused, never ignored.

import { ModelError } from './errors.ts';
import { type Family, families, isModelType, type ModelType } from './families.ts';
import { badConfig, count, flag, type Json, optional, positive, tokenIds } from './json-fields.ts';
import { type LayerConfig, layersToJson, parseLayers } from './layer-config.ts';
import { parseRope, type RopeConfig, ropeToJson } from './rope-config.ts';

export interface ModelConfig extends LayerConfig, RopeConfig {
  modelType: ModelType;
  vocabularySize: number;
  hiddenSize: number;
  intermediateSize: number;
  layerCount: number;
  headCount: number;
  keyValueHeadCount: number;
  headDimension: number;
  maxPositions: number;
  rmsNormEpsilon: number;
  tieWordEmbeddings: boolean;
  /** Of query, key and value, and of the output where the family has one. */
  attentionBias: boolean;
  mlpBias: boolean;
  /** Dot products of queries and keys are divided by the root of this. Absent: of headDimension. */
  queryPreAttentionScalar?: number;
  bosTokenId?: number;
  eosTokenIds: number[];
  padTokenId?: number;
}

/**
 * Reads the content of a config.json.
 * @throws ModelError `TW_MODELS_UNSUPPORTED_ARCHITECTURE`, `TW_MODELS_UNSUPPORTED_ROPE` or `TW_MODELS_BAD_CONFIG`
 */
export function parseModelConfig(json: Json): ModelConfig {
  const modelType = json.model_type;
  if (!isModelType(modelType))
    throw new ModelError(
      'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
      `config.json has model_type ${JSON.stringify(modelType)}; supported: ${Object.keys(families).join(', ')} ("llama" has SmolLM2 and TinyLlama too, "qwen2" Qwen2.5).`,
    );
  const family = families[modelType];
  refuseUnimplemented(json, family);
  const hiddenSize = count(json, 'hidden_size');
  const layerCount = count(json, 'num_hidden_layers');
  const headCount = count(json, 'num_attention_heads');
  const keyValueHeadCount = count(json, 'num_key_value_heads', headCount);
  const headDimension = count(json, 'head_dim', family.headDimension ?? hiddenSize / headCount);
  if (headCount % keyValueHeadCount !== 0)
    throw badConfig(
      `num_attention_heads (${headCount}) is not a multiple of num_key_value_heads (${keyValueHeadCount})`,
    );
  if (headDimension % 2 !== 0)
    throw badConfig(`head_dim is ${headDimension}, but rotary embedding needs an even number`);
  return {
    modelType,
    vocabularySize: count(json, 'vocab_size'),
    hiddenSize,
    intermediateSize: count(json, 'intermediate_size'),
    layerCount,
    headCount,
    keyValueHeadCount,
    headDimension,
    maxPositions: count(json, 'max_position_embeddings', family.maxPositions),
    rmsNormEpsilon: positive(json, 'rms_norm_eps', 1e-6),
    ...parseRope(json, family),
    ...parseLayers(json, family, layerCount),
    tieWordEmbeddings: flag(json, 'tie_word_embeddings', family.tieWordEmbeddings),
    attentionBias:
      family.attentionBias === 'config'
        ? flag(json, 'attention_bias', false)
        : family.attentionBias === 'queryKeyValue',
    mlpBias: family.mlpBias && flag(json, 'mlp_bias', false),
    ...(family.queryPreAttentionScalar !== undefined && {
      queryPreAttentionScalar: positive(json, 'query_pre_attn_scalar', family.queryPreAttentionScalar),
    }),
    ...optional('bosTokenId', tokenIds(json, 'bos_token_id')[0]),
    eosTokenIds: tokenIds(json, 'eos_token_id'),
    ...optional('padTokenId', tokenIds(json, 'pad_token_id')[0]),
  };
}

/** The content of a config.json that transformers 4 and 5 both read (version 4's spelling). */
export function toHuggingFaceConfig(config: ModelConfig): Json {
  const family = families[config.modelType];
  return {
    architectures: [`${family.className}ForCausalLM`],
    model_type: config.modelType,
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.keyValueHeadCount,
    head_dim: config.headDimension,
    [activationKey(family)]: family.activation,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEpsilon,
    ...ropeToJson(config),
    ...layersToJson(config, family, config.layerCount),
    tie_word_embeddings: config.tieWordEmbeddings,
    ...(family.attentionBias === 'config' && { attention_bias: config.attentionBias }),
    attention_dropout: 0,
    ...(family.mlpBias && { mlp_bias: config.mlpBias }),
    ...(family.queryPreAttentionScalar !== undefined && {
      query_pre_attn_scalar: config.queryPreAttentionScalar ?? config.headDimension,
    }),
    bos_token_id: config.bosTokenId ?? null,
    eos_token_id: config.eosTokenIds.length > 1 ? config.eosTokenIds : (config.eosTokenIds[0] ?? null),
    pad_token_id: config.padTokenId ?? null,
    initializer_range: 0.02,
    use_cache: true,
    torch_dtype: 'float32',
  };
}

const activationKey = ({ activation }: Family) => (activation === 'silu' ? 'hidden_act' : 'hidden_activation');

function refuseUnimplemented(json: Json, family: Family): void {
  const key = activationKey(family);
  const activation = json[key] ?? family.activation;
  if (activation !== family.activation)
    throw badConfig(`${key} is ${JSON.stringify(activation)}, but only "${family.activation}" is implemented`);
  for (const each of ['attn_logit_softcapping', 'final_logit_softcapping', 'use_bidirectional_attention'])
    if (json[each]) throw badConfig(`${each} is ${JSON.stringify(json[each])}, which is not implemented`);
}
