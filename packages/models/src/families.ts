// The families of models that are one block with small differences, by the model_type of config.json. What a family's class in
// transformers fixes or takes as its default, where config.json is silent, is said here.

export interface Family {
  /** Begins the class names of transformers: `LlamaForCausalLM`. */
  className: string;
  /** The same for classifiers, where it is another. */
  classifierName?: string;
  /** Queries and keys are normalised head by head before the rotation (q_norm, k_norm). */
  headNorms: boolean;
  /** Biases of query, key and value; `config`: as attention_bias says, and then the output has one as well. */
  attentionBias: 'config' | 'queryKeyValue' | 'none';
  /** Whether the MLP can have biases (mlp_bias). */
  mlpBias: boolean;
  /** What the gate of the MLP goes through, by transformers' name. */
  activation: 'silu' | 'gelu_pytorch_tanh';
  /** What attention and MLP give is normalised as well, before it is added to the residual stream. */
  outputNorms: boolean;
  /** Norms are stored less 1: a row is scaled by 1 + weight. */
  centredNorms: boolean;
  /** Embeddings are multiplied by √C. */
  scaledEmbedding: boolean;
  /**
   * Layers that see a sliding window where layer_types does not say: none ever, all, those from max_window_layers on, those without
   * rotary positions (of which only this family has some), or all but every sixth (sliding_window_pattern).
   */
  windows: 'none' | 'all' | 'late' | 'withoutRope' | 'pattern';
  /** head_dim, where it is not hidden_size / num_attention_heads. */
  headDimension?: number;
  maxPositions: number;
  ropeTheta: number;
  /** The base of layers with a window, where that is another. */
  localRopeTheta?: number;
  /** query_pre_attn_scalar, where the family has one. */
  queryPreAttentionScalar?: number;
  tieWordEmbeddings: boolean;
}

export type ModelType = 'gemma3_text' | 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'smollm3';

const llama: Family = {
  className: 'Llama',
  headNorms: false,
  attentionBias: 'config',
  mlpBias: true,
  activation: 'silu',
  outputNorms: false,
  centredNorms: false,
  scaledEmbedding: false,
  windows: 'none',
  maxPositions: 2048,
  ropeTheta: 10_000,
  tieWordEmbeddings: false,
};

export const families: Readonly<Record<ModelType, Family>> = {
  llama,
  gemma3_text: {
    ...llama,
    className: 'Gemma3',
    classifierName: 'Gemma3Text',
    headNorms: true,
    mlpBias: false,
    activation: 'gelu_pytorch_tanh',
    outputNorms: true,
    centredNorms: true,
    scaledEmbedding: true,
    windows: 'pattern',
    headDimension: 256,
    maxPositions: 131_072,
    ropeTheta: 1_000_000,
    localRopeTheta: 10_000,
    queryPreAttentionScalar: 256,
    tieWordEmbeddings: true,
  },
  mistral: {
    ...llama,
    className: 'Mistral',
    attentionBias: 'none',
    mlpBias: false,
    windows: 'all',
    maxPositions: 131_072,
  },
  qwen2: {
    ...llama,
    className: 'Qwen2',
    attentionBias: 'queryKeyValue',
    mlpBias: false,
    windows: 'late',
    maxPositions: 32_768,
  },
  qwen3: {
    ...llama,
    className: 'Qwen3',
    headNorms: true,
    mlpBias: false,
    windows: 'late',
    headDimension: 128,
    maxPositions: 32_768,
  },
  smollm3: {
    ...llama,
    className: 'SmolLM3',
    windows: 'withoutRope',
    maxPositions: 32_768,
    ropeTheta: 2_000_000,
    tieWordEmbeddings: true,
  },
};

export const isModelType = (name: unknown): name is ModelType =>
  typeof name === 'string' && Object.hasOwn(families, name);
