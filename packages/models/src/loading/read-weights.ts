// Reads the tensors that a model needs into variables, after comparing the file's list with the model's: a missing,
// surplus or misshapen tensor is an error that names it, before a byte of weights is read.

import type { ModelTensors } from '@thinkwright/checkpoints';
import { type Numerics, tf } from '@thinkwright/tensors';
import type { ModelConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import { families } from '../families.ts';
import type { Storage } from '../options/index.ts';
import { embeddingName, headName, type ParameterSpec, parameterSpecs } from '../parameter-specs.ts';
import { expectSomeIn, readTensor } from './storage.ts';

export interface WeightProgress {
  loadedTensors: number;
  totalTensors: number;
  loadedBytes: number;
  totalBytes: number;
}

/**
 * @throws ModelError `TW_MODELS_WEIGHTS_MISMATCH` when config and weights disagree, `TW_MODELS_WEIGHTS_NOT_FINITE` when
 *   they hold NaN or infinity; CheckpointError for damaged files;
 *   the signal's reason when aborted. Nothing stays allocated after an error.
 */
export async function readWeights(
  source: ModelTensors,
  config: ModelConfig,
  options: {
    /** How matrices are kept. Default float32. */
    storage?: Storage;
    /** How products with them are computed. Default exact. */
    numerics?: Numerics;
    signal?: AbortSignal;
    onProgress?: (progress: WeightProgress) => void;
    /** Tensors of the file that are somebody else's. */
    beside?: (name: string) => boolean;
  } = {},
): Promise<Map<string, tf.Variable>> {
  const specs = parameterSpecs(config);
  checkWeights(source, config, specs, options.beside);
  const totalBytes = specs.reduce((sum, { name }) => sum + source.entries.get(name)!.bytes, 0);
  const weights = new Map<string, tf.Variable>();
  let loadedBytes = 0;
  try {
    for (const spec of specs) {
      const { name } = spec;
      options.signal?.throwIfAborted();
      const { storage = 'float32', numerics, signal } = options;
      const tensor = await readTensor(source, spec, storage, { numerics, signal });
      weights.set(name, tf.variable(tensor));
      tensor.dispose();
      loadedBytes += source.entries.get(name)!.bytes;
      options.onProgress?.({ loadedTensors: weights.size, totalTensors: specs.length, loadedBytes, totalBytes });
    }
    expectSomeIn(options.numerics ?? 'exact', weights.values());
    return weights;
  } catch (error) {
    for (const variable of weights.values()) variable.dispose();
    throw error;
  }
}

function checkWeights(
  { entries }: ModelTensors,
  config: ModelConfig,
  specs: ParameterSpec[],
  beside: (name: string) => boolean = () => false,
): void {
  const expected = new Map(specs.map((spec) => [spec.name, spec]));
  const problems: string[] = [];
  for (const { name, shape } of specs) {
    const found = entries.get(name);
    if (!found) problems.push(`'${name}' [${shape}] is missing${hintForMissing(name, config)}`);
    else if (found.shape.join() !== shape.join())
      problems.push(`'${name}' has shape [${found.shape}], but config.json means [${shape}]`);
  }
  for (const name of entries.keys())
    if (!expected.has(name) && !isIgnorable(name, config) && !beside(name))
      problems.push(`'${name}' is not part of such a model`);
  if (problems.length === 0) return;
  const shown = problems.slice(0, 5).join('; ');
  const rest = problems.length > 5 ? `; and ${problems.length - 5} more` : '';
  throw new ModelError(
    'TW_MODELS_WEIGHTS_MISMATCH',
    `config.json and the weights disagree: ${shown}${rest}. Take both from the same model and revision.`,
  );
}

/** A tied model may store its head again; old exports store rotary frequencies, which follow from the config. */
function isIgnorable(name: string, config: ModelConfig): boolean {
  return (name === headName && config.tieWordEmbeddings) || name.endsWith('.rotary_emb.inv_freq');
}

function hintForMissing(name: string, config: ModelConfig): string {
  if (name === headName && !config.tieWordEmbeddings)
    return ` (if the head shares '${embeddingName}', set tie_word_embeddings to true in config.json)`;
  if (name.endsWith('.bias') && families[config.modelType].attentionBias === 'config')
    return ' (if the model has no biases, set attention_bias and mlp_bias to false in config.json)';
  return '';
}
