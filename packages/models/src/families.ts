// The families of models that are one block with small differences, by the model_type of config.json. What a family's class in
// transformers fixes or takes as its default, where config.json is silent, is said here.

export interface Family {
  /** Begins the class names of transformers: `LlamaForCausalLM`. */
  className: string;
  /** Queries and keys are normalised head by head before the rotation (q_norm, k_norm). */
  headNorms: boolean;
  /** Biases of query, key and value; `config`: as attention_bias says, and then the output has one as well. */
  attentionBias: 'config' | 'queryKeyValue';
  /** Whether the MLP can have biases (mlp_bias). */
  mlpBias: boolean;
  /** head_dim, where it is not hidden_size / num_attention_heads. */
  headDimension?: number;
  maxPositions: number;
}

export type ModelType = 'llama' | 'qwen2' | 'qwen3';

export const families: Readonly<Record<ModelType, Family>> = {
  llama: { className: 'Llama', headNorms: false, attentionBias: 'config', mlpBias: true, maxPositions: 2048 },
  qwen2: {
    className: 'Qwen2',
    headNorms: false,
    attentionBias: 'queryKeyValue',
    mlpBias: false,
    maxPositions: 32_768,
  },
  qwen3: {
    className: 'Qwen3',
    headNorms: true,
    attentionBias: 'config',
    mlpBias: false,
    headDimension: 128,
    maxPositions: 32_768,
  },
};

export const isModelType = (name: unknown): name is ModelType =>
  typeof name === 'string' && Object.hasOwn(families, name);
