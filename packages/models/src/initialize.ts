// A model from scratch. Values depend on the seed and the tensor's name alone, so they are the same on every device.

import { hashKey, normalValues, tf } from '@thinkwright/tensors';
import { architectureOf } from './architectures.ts';
import type { ModelConfig } from './config.ts';
import { families } from './families.ts';
import type { LanguageModel } from './language-model.ts';
import { checkModelOptions, type ModelOptions } from './loading/check-options.ts';
import { storeTensor } from './loading/storage.ts';
import { type ParameterSpec, parameterSpecs } from './parameter-specs.ts';

export interface Initialization {
  /** Standard deviation of the embedding. Default 0.02. Small models that must learn tables want 0.1. */
  embeddingStd?: number;
}

/**
 * Random weights: embedding N(0, embeddingStd²); linears N(0, 1/fan-in), those that write to the residual stream further
 * divided by √(2 layers) (GPT-2); norms 1 (0 where they are stored less 1), biases 0.
 */
export function createModel(
  config: ModelConfig,
  { seed, initialization = {} }: { seed: number; initialization?: Initialization },
): LanguageModel {
  const weights = new Map(
    parameterSpecs(config).map((spec): [string, tf.Variable] => {
      const values = initialValues(spec, config, seed, initialization.embeddingStd ?? 0.02);
      return [spec.name, tf.tidy(() => tf.variable(storeTensor(tf.tensor(values, spec.shape), spec, {})))];
    }),
  );
  return architectureOf(config.modelType).create('scratch', config, weights);
}

/**
 * A model whose weights are all zero and were never written by this process: for plans, and for tests of shapes. It is kept and computed as
 * `loadModel` would from a file of float32 values (`native` is that too).
 * @throws ModelError TW_MODELS_BAD_STORAGE or TW_MODELS_BAD_NUMERICS
 */
export function emptyModel(config: ModelConfig, options: ModelOptions = {}): LanguageModel {
  checkModelOptions(options);
  const weights = new Map(
    parameterSpecs(config).map((spec): [string, tf.Variable] => [
      spec.name,
      tf.tidy(() => tf.variable(storeTensor(tf.zeros(spec.shape), spec, options))),
    ]),
  );
  const model = architectureOf(config.modelType).create('empty', config, weights);
  model.keyValueCache = options.keyValueCache ?? 'float32';
  return model;
}

function initialValues(
  { name, shape, role }: ParameterSpec,
  config: ModelConfig,
  seed: number,
  embeddingStd: number,
): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  switch (role) {
    case 'norm':
      return new Float32Array(size).fill(families[config.modelType].centredNorms ? 0 : 1);
    case 'bias':
      return new Float32Array(size);
    case 'embedding':
      return normalValues(size, embeddingStd, seed, hashKey(name));
    case 'linear':
      return normalValues(size, 1 / Math.sqrt(shape[1]!), seed, hashKey(name));
    case 'residual':
      return normalValues(size, 1 / Math.sqrt(shape[1]! * 2 * config.layerCount), seed, hashKey(name));
  }
}
