// Whether the ways of keeping and computing a model exist and go together, before a file is opened or a device is chosen.

import { fitsNumerics, type KeyValueStorage, type Numerics } from '@thinkwright/tensors';
import { ModelError, type ModelErrorCode } from '../errors.ts';
import { type ModelOption, modelOptions, type Storage } from '../options/index.ts';

export interface ModelOptions {
  /**
   * How the matrices are kept. Only `float32` can be trained; the others are frozen, so they serve inference and the base of an
   * adapter (QLoRA), with the exact results of float32 weights of the same values. Default `native` (as the file has them) where an
   * adapter is attached at loading, else `float32`.
   */
  storage?: Storage;
  /**
   * How products with stored matrices are computed. Default `exact`. `int8`: activations rounded to 8 bits, 32 to a scale, for
   * matrices in q8_0, q4_0, q4_1 or q4_k. `bf16`: activations rounded to bfloat16, for matrices in bfloat16. Matrices in other
   * formats stay exact. Both are faster, for inference only, on the native device only. Rows keep their bits whatever the batch,
   * the threads and the instruction set; they differ from `exact` by the rounding.
   */
  numerics?: Numerics;
  /** How engines keep keys and values: see `LanguageModel.keyValueCache`. Default `float32`. */
  keyValueCache?: KeyValueStorage;
}

/** Storages that numerics other than exact read. */
export const readBy = { int8: 'q8_0, q4_0, q4_1', bf16: 'bfloat16' };

const codes: Record<ModelOption, ModelErrorCode> = {
  storage: 'TW_MODELS_BAD_STORAGE',
  numerics: 'TW_MODELS_BAD_NUMERICS',
  keyValueCache: 'TW_MODELS_BAD_STORAGE',
};

/** @throws ModelError TW_MODELS_BAD_STORAGE or TW_MODELS_BAD_NUMERICS: an unknown name, or a storage that the numerics never read */
export function checkModelOptions(options: ModelOptions): void {
  for (const name of Object.keys(modelOptions) as ModelOption[]) {
    const given = options[name];
    const choices: readonly string[] = modelOptions[name].choices;
    if (given !== undefined && !choices.includes(given))
      throw new ModelError(codes[name], `${name} is '${given}'; expected one of ${choices.join(', ')}.`);
  }
  const { storage = 'float32', numerics = 'exact' } = options;
  if (numerics !== 'exact' && storage !== 'native' && !fitsNumerics(numerics, storage))
    throw new ModelError(
      'TW_MODELS_BAD_NUMERICS',
      `numerics '${numerics}' does not read storage '${storage}'. Set storage to ${readBy[numerics]} or native.`,
    );
}
