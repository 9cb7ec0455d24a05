// The families of models that are one block with small differences, by the model_type of config.json. What a family's class in
// transformers fixes or takes as its default, where config.json is silent, is said here.

export interface Family {
  /** Begins the class names of transformers: `LlamaForCausalLM`. */
  className: string;
  /** Queries and keys are normalised head by head before the rotation (q_norm, k_norm). */
  headNorms: boolean;
  /** Biases of query, key and value; `config`: as attention_bias says, and then the output has one as well. */
  attentionBias: 'config' | 'queryKeyValue' | 'none';
  /** Whether the MLP can have biases (mlp_bias). */
  mlpBias: boolean;
  /**
   * Layers that see a sliding window where layer_types does not say: none ever, all, those from max_window_layers on, or those without
   * rotary positions (of which only this family has some).
   */
  windows: 'none' | 'all' | 'late' | 'withoutRope';
  /** head_dim, where it is not hidden_size / num_attention_heads. */
  headDimension?: number;
  maxPositions: number;
  ropeTheta: number;
  tieWordEmbeddings: boolean;
}

export type ModelType = 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'smollm3';

const llama: Family = {
  className: 'Llama',
  headNorms: false,
  attentionBias: 'config',
  mlpBias: true,
  windows: 'none',
  maxPositions: 2048,
  ropeTheta: 10_000,
  tieWordEmbeddings: false,
};

export const families: Readonly<Record<ModelType, Family>> = {
  llama,
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
