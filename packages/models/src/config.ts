// A model's shape, read from and written to Hugging Face's config.json in both spellings (transformers 4: rope_theta and
// rope_scaling; transformers 5: rope_parameters). What the code cannot honour is refused, never ignored.

import { ModelError } from './errors.ts';
import { families, isModelType, type ModelType } from './families.ts';

/** How positions beyond the trained context are squeezed. `yarn`, `longrope` and `dynamic` are not implemented. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | {
      type: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalMaxPositions: number;
    };

export interface ModelConfig {
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
  ropeTheta: number;
  ropeScaling?: RopeScaling;
  tieWordEmbeddings: boolean;
  /** Of query, key and value, and of the output where the family has one. */
  attentionBias: boolean;
  mlpBias: boolean;
  bosTokenId?: number;
  eosTokenIds: number[];
  padTokenId?: number;
}

type Json = Record<string, unknown>;

/**
 * Reads the content of a config.json.
 * @throws ModelError `TW_MODELS_UNSUPPORTED_ARCHITECTURE`, `TW_MODELS_UNSUPPORTED_ROPE` or `TW_MODELS_BAD_CONFIG`
 */
export function parseModelConfig(json: Json): ModelConfig {
  const modelType = json.model_type;
  if (!isModelType(modelType))
    throw new ModelError(
      'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
      `config.json has model_type ${JSON.stringify(modelType)}; supported: "llama" (Llama, SmolLM2, TinyLlama and others of that shape), "qwen2" (Qwen2, Qwen2.5) and "qwen3".`,
    );
  refuseSlidingWindows(json);
  const family = families[modelType];
  const activation = json.hidden_act ?? 'silu';
  if (activation !== 'silu')
    throw badConfig(`hidden_act is ${JSON.stringify(activation)}, but only "silu" is implemented`);
  const hiddenSize = count(json, 'hidden_size');
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
    layerCount: count(json, 'num_hidden_layers'),
    headCount,
    keyValueHeadCount,
    headDimension,
    maxPositions: count(json, 'max_position_embeddings', family.maxPositions),
    rmsNormEpsilon: positive(json, 'rms_norm_eps', 1e-6),
    ...parseRope(json),
    tieWordEmbeddings: flag(json, 'tie_word_embeddings', false),
    attentionBias: family.attentionBias === 'queryKeyValue' || flag(json, 'attention_bias', false),
    mlpBias: family.mlpBias && flag(json, 'mlp_bias', false),
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
    hidden_act: 'silu',
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_theta: config.ropeTheta,
    rope_scaling: ropeScalingToJson(config.ropeScaling),
    tie_word_embeddings: config.tieWordEmbeddings,
    ...(family.attentionBias === 'config' && { attention_bias: config.attentionBias }),
    attention_dropout: 0,
    ...(family.mlpBias && { mlp_bias: config.mlpBias }),
    bos_token_id: config.bosTokenId ?? null,
    eos_token_id: config.eosTokenIds.length > 1 ? config.eosTokenIds : (config.eosTokenIds[0] ?? null),
    pad_token_id: config.padTokenId ?? null,
    initializer_range: 0.02,
    use_cache: true,
    torch_dtype: 'float32',
  };
}

/** Qwen's configs name a window that is not in use; one in use would change what a token sees. */
function refuseSlidingWindows(json: Json): void {
  const { layer_types: types, use_sliding_window: used, sliding_window: window } = json;
  const isWindowed = Array.isArray(types)
    ? types.some((type) => type !== 'full_attention')
    : used === true && typeof window === 'number';
  if (isWindowed)
    throw new ModelError(
      'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
      'config.json asks for attention in a sliding window (use_sliding_window, layer_types); only full attention is implemented.',
    );
}

function parseRope(json: Json): Pick<ModelConfig, 'ropeTheta' | 'ropeScaling'> {
  const parameters = object(json, 'rope_parameters');
  const scaling = parameters ?? object(json, 'rope_scaling');
  const ropeTheta = positive(parameters?.rope_theta === undefined ? json : parameters, 'rope_theta', 10_000);
  const type = scaling?.rope_type ?? scaling?.type ?? 'default';
  if (!scaling || type === 'default') return { ropeTheta };
  if (type === 'linear') return { ropeTheta, ropeScaling: { type, factor: positive(scaling, 'factor') } };
  if (type === 'llama3')
    return {
      ropeTheta,
      ropeScaling: {
        type,
        factor: positive(scaling, 'factor'),
        lowFrequencyFactor: positive(scaling, 'low_freq_factor'),
        highFrequencyFactor: positive(scaling, 'high_freq_factor'),
        originalMaxPositions: count(scaling, 'original_max_position_embeddings'),
      },
    };
  throw new ModelError(
    'TW_MODELS_UNSUPPORTED_ROPE',
    `config.json asks for rope type ${JSON.stringify(type)}; implemented: default, linear, llama3. ` +
      'If you only need the original context length, remove rope_scaling from config.json.',
  );
}

function ropeScalingToJson(scaling: RopeScaling | undefined): Json | null {
  if (!scaling) return null;
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalMaxPositions,
  };
}

const badConfig = (what: string) => new ModelError('TW_MODELS_BAD_CONFIG', `config.json: ${what}.`);

function positive(json: Json, key: string, fallback?: number): number {
  const value = json[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    throw badConfig(`${key} is ${JSON.stringify(json[key])}; expected a positive number`);
  return value;
}

function count(json: Json, key: string, fallback?: number): number {
  const value = positive(json, key, fallback);
  if (!Number.isInteger(value) || value > 2 ** 31 - 1)
    throw badConfig(`${key} is ${value}; expected a whole number below 2^31`);
  return value;
}

function flag(json: Json, key: string, fallback: boolean): boolean {
  const value = json[key] ?? fallback;
  if (typeof value !== 'boolean') throw badConfig(`${key} is ${JSON.stringify(value)}; expected true or false`);
  return value;
}

function object(json: Json, key: string): Json | undefined {
  const value = json[key] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw badConfig(`${key} is not an object`);
  return value as Json;
}

function tokenIds(json: Json, key: string): number[] {
  const value = json[key] ?? [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  for (const id of ids)
    if (!Number.isInteger(id)) throw badConfig(`${key} is ${JSON.stringify(value)}; expected token ids`);
  return (ids as number[]).filter((id) => id >= 0);
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
