import { describe, expect, it } from 'vitest';
import { parseModelConfig, toHuggingFaceConfig } from './config.ts';

/** The config.json of HuggingFaceTB/SmolLM2-135M-Instruct, without fields that say nothing about the shape. */
const smollm2 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 576,
  intermediate_size: 1536,
  max_position_embeddings: 8192,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pad_token_id: 2,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  vocab_size: 49152,
};

const llama3Scaling = {
  rope_type: 'llama3',
  factor: 32,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

describe('parseModelConfig', () => {
  it('reads SmolLM2', () => {
    expect(parseModelConfig(smollm2)).toEqual({
      modelType: 'llama',
      vocabularySize: 49152,
      hiddenSize: 576,
      intermediateSize: 1536,
      layerCount: 30,
      headCount: 9,
      keyValueHeadCount: 3,
      headDimension: 64,
      maxPositions: 8192,
      rmsNormEpsilon: 1e-5,
      ropeTheta: 100000,
      tieWordEmbeddings: true,
      attentionBias: false,
      mlpBias: false,
      bosTokenId: 1,
      eosTokenIds: [2],
      padTokenId: 2,
    });
  });

  it('reads both spellings of rotary scaling, several end ids, and absent fields as transformers would', () => {
    const four = parseModelConfig({
      ...smollm2,
      rope_scaling: llama3Scaling,
      eos_token_id: [2, 5],
      num_key_value_heads: undefined,
    });
    const five = parseModelConfig({
      ...smollm2,
      rope_theta: undefined,
      rope_parameters: { ...llama3Scaling, rope_theta: 100000 },
    });
    expect(four.ropeScaling).toEqual(five.ropeScaling);
    expect(four.ropeTheta).toBe(five.ropeTheta);
    expect(four.ropeScaling).toMatchObject({ type: 'llama3', factor: 32, originalMaxPositions: 8192 });
    expect(four.eosTokenIds).toEqual([2, 5]);
    expect(four.keyValueHeadCount).toBe(9);
  });

  it('reads what it writes', () => {
    for (const rope_scaling of [null, llama3Scaling, { type: 'linear', factor: 4 }]) {
      const config = parseModelConfig({ ...smollm2, rope_scaling, eos_token_id: [2, 3], pad_token_id: null });
      expect(parseModelConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config))))).toEqual(config);
    }
  });

  /** Of Qwen/Qwen2.5-0.5B-Instruct and Qwen/Qwen3-0.6B, what differs from the above in kind. */
  const qwen2 = { model_type: 'qwen2', use_sliding_window: false, sliding_window: 32768, max_window_layers: 21 };
  const qwen3 = { model_type: 'qwen3', head_dim: 128, attention_bias: false, use_sliding_window: false };
  const without = { attention_bias: undefined, mlp_bias: undefined, max_position_embeddings: undefined };

  it('reads Qwen2 with its biases and Qwen3 with its own head size, and writes them', () => {
    const two = parseModelConfig({ ...smollm2, ...without, ...qwen2 });
    expect(two).toMatchObject({ modelType: 'qwen2', attentionBias: true, mlpBias: false, headDimension: 64 });
    const three = parseModelConfig({ ...smollm2, ...without, ...qwen3 });
    expect(three).toMatchObject({ modelType: 'qwen3', attentionBias: false, headDimension: 128, maxPositions: 32768 });
    expect(parseModelConfig({ ...smollm2, ...qwen3, head_dim: undefined }).headDimension).toBe(128);
    expect(toHuggingFaceConfig(two)).toMatchObject({ architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' });
    expect(toHuggingFaceConfig(three)).toMatchObject({ architectures: ['Qwen3ForCausalLM'], attention_bias: false });
    for (const config of [two, three])
      expect(parseModelConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config))))).toEqual(config);
  });

  const [full, sliding] = ['full_attention', 'sliding_attention'];
  const few = { ...smollm2, ...without, num_hidden_layers: 4 };
  const mistral = { model_type: 'mistral', sliding_window: 64 };
  const smollm3 = { model_type: 'smollm3', rope_theta: undefined, tie_word_embeddings: undefined };
  const gemma3 = {
    model_type: 'gemma3_text',
    hidden_act: undefined,
    hidden_activation: 'gelu_pytorch_tanh',
    sliding_window: 64,
  };
  const late = { use_sliding_window: true, sliding_window: 64, max_window_layers: 2 };
  const window = (...layers: number[]) => ({ size: 64, layers });

  it.each([
    ['every layer of a Mistral', mistral, { slidingWindow: window(0, 1, 2, 3) }],
    ['of 4,096 where a Mistral names none', { model_type: 'mistral' }, { slidingWindow: { size: 4096 } }],
    ['no layer where it is null', { ...mistral, sliding_window: null }, { slidingWindow: undefined }],
    ['the late layers of a Qwen2', { ...qwen2, ...late }, { slidingWindow: window(2, 3) }],
    ['all from layer 0', { ...qwen2, ...late, max_window_layers: 0 }, { slidingWindow: window(0, 1, 2, 3) }],
    ['none beyond the last', { ...qwen2, ...late, max_window_layers: 4 }, { slidingWindow: undefined }],
    [
      'the layers that a Qwen3 lists',
      { ...qwen3, ...late, layer_types: [sliding, full, sliding, full] },
      { slidingWindow: window(0, 2) },
    ],
    [
      'no layer of SmolLM3, every fourth without rotary positions',
      smollm3,
      { layersWithoutRope: [3], slidingWindow: undefined, ropeTheta: 2e6, tieWordEmbeddings: true },
    ],
    [
      'the layers of a SmolLM3 without them',
      { ...smollm3, ...late, no_rope_layers: [1, 0, 0, 1] },
      { layersWithoutRope: [1, 2], slidingWindow: window(1, 2) },
    ],
    [
      'all but every sixth layer of a Gemma 3',
      { ...gemma3, num_hidden_layers: 7 },
      { slidingWindow: window(0, 1, 2, 3, 4, 6) },
    ],
    ['all but every second', { ...gemma3, sliding_window_pattern: 2 }, { slidingWindow: window(0, 2) }],
    ['none of a SmolLM3 that names no window', { ...smollm3, use_sliding_window: true }, { slidingWindow: undefined }],
  ])('gives a window to %s', (_what, changes, expected) => {
    const config = parseModelConfig({ ...few, ...changes });
    expect({ slidingWindow: config.slidingWindow, ...config }).toMatchObject(expected);
    expect(parseModelConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config))))).toEqual(config);
  });

  it('reads Gemma 3 with two rotary bases and its scale of attention, where the file is silent as transformers has them', () => {
    const silent = { rope_theta: undefined, tie_word_embeddings: undefined, max_position_embeddings: undefined };
    const expected = {
      headDimension: 256,
      maxPositions: 131_072,
      ropeTheta: 1_000_000,
      localRopeTheta: 10_000,
      queryPreAttentionScalar: 256,
      tieWordEmbeddings: true,
    };
    expect(parseModelConfig({ ...few, ...gemma3, ...silent })).toMatchObject(expected);
    const said = {
      rope_local_base_freq: 500,
      query_pre_attn_scalar: 64,
      rope_scaling: { rope_type: 'linear', factor: 8 },
    };
    const config = parseModelConfig({ ...few, ...gemma3, ...said });
    expect(config).toMatchObject({
      localRopeTheta: 500,
      queryPreAttentionScalar: 64,
      ropeTheta: 100_000,
      ropeScaling: { factor: 8 },
    });
    expect(toHuggingFaceConfig(config)).toMatchObject({ architectures: ['Gemma3ForCausalLM'], ...said });
  });

  it.each([
    ['TW_MODELS_UNSUPPORTED_ARCHITECTURE', { model_type: 'mamba' }],
    ['TW_MODELS_BAD_CONFIG', { ...gemma3, hidden_activation: 'gelu' }],
    ['TW_MODELS_BAD_CONFIG', { ...gemma3, final_logit_softcapping: 30 }],
    ['TW_MODELS_BAD_CONFIG', { ...gemma3, use_bidirectional_attention: true }],
    ['TW_MODELS_BAD_CONFIG', { ...gemma3, sliding_window: null }],
    [
      'TW_MODELS_UNSUPPORTED_ROPE',
      { ...gemma3, rope_parameters: { sliding_attention: { rope_type: 'linear', factor: 2 } } },
    ],
    ['TW_MODELS_UNSUPPORTED_ROPE', { rope_parameters: { full_attention: { rope_type: 'default' } } }],
    ['TW_MODELS_UNSUPPORTED_ARCHITECTURE', { use_sliding_window: true, sliding_window: 64 }],
    ['TW_MODELS_UNSUPPORTED_ARCHITECTURE', { layer_types: Array(30).fill(sliding) }],
    ['TW_MODELS_UNSUPPORTED_ARCHITECTURE', { ...qwen3, layer_types: Array(30).fill('linear_attention') }],
    ['TW_MODELS_BAD_CONFIG', { ...qwen3, layer_types: Array(30).fill(sliding) }],
    ['TW_MODELS_BAD_CONFIG', { ...qwen3, layer_types: [full] }],
    ['TW_MODELS_BAD_CONFIG', { ...qwen3, layer_types: full }],
    ['TW_MODELS_BAD_CONFIG', { ...qwen2, ...late, sliding_window: 0 }],
    ['TW_MODELS_BAD_CONFIG', { ...qwen2, ...late, max_window_layers: -1 }],
    ['TW_MODELS_BAD_CONFIG', { ...mistral, layer_types: Array(30).fill(full) }],
    ['TW_MODELS_BAD_CONFIG', { ...smollm3, no_rope_layers: Array(30).fill(2) }],
    ['TW_MODELS_BAD_CONFIG', { ...smollm3, no_rope_layer_interval: 0 }],
    ['TW_MODELS_UNSUPPORTED_ARCHITECTURE', { model_type: undefined }],
    ['TW_MODELS_UNSUPPORTED_ROPE', { rope_scaling: { rope_type: 'yarn', factor: 4 } }],
    ['TW_MODELS_BAD_CONFIG', { hidden_size: 0 }],
    ['TW_MODELS_BAD_CONFIG', { hidden_size: '576' }],
    ['TW_MODELS_BAD_CONFIG', { hidden_size: 2 ** 63 }],
    ['TW_MODELS_BAD_CONFIG', { num_attention_heads: 7 }],
    ['TW_MODELS_BAD_CONFIG', { num_key_value_heads: 2 }],
    ['TW_MODELS_BAD_CONFIG', { head_dim: 63 }],
    ['TW_MODELS_BAD_CONFIG', { hidden_act: 'gelu' }],
    ['TW_MODELS_BAD_CONFIG', { tie_word_embeddings: 'yes' }],
    ['TW_MODELS_BAD_CONFIG', { eos_token_id: 'two' }],
    ['TW_MODELS_BAD_CONFIG', { rope_scaling: [1] }],
    ['TW_MODELS_BAD_CONFIG', { rope_scaling: { rope_type: 'linear' } }],
  ])('refuses with %s: %o', (code, changes) => {
    expect(() => parseModelConfig({ ...smollm2, ...changes })).toThrowError(expect.objectContaining({ code }));
  });
});
