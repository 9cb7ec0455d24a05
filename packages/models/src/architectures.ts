// Which class runs a model_type. A family that differs in small things has a line in families.ts, another architecture its own class.

import type { tf } from '@thinkwright/tensors';
import type { ModelConfig } from './config.ts';
import type { LanguageModel } from './language-model.ts';
import { Llama } from './llama.ts';

export interface Architecture {
  /** @param weights one variable for each of `parameterSpecs(config)`; the model owns them */
  create(name: string, config: ModelConfig, weights: Map<string, tf.Variable>): LanguageModel;
}

const decoder: Architecture = { create: (name, config, weights) => new Llama(name, config, weights) };

const architectures: Record<ModelConfig['modelType'], Architecture> = {
  gemma3_text: decoder,
  llama: decoder,
  mistral: decoder,
  qwen2: decoder,
  qwen3: decoder,
  smollm3: decoder,
};

export function architectureOf(modelType: ModelConfig['modelType']): Architecture {
  return architectures[modelType];
}
