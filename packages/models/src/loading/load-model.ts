// A model from a folder in Hugging Face layout, a .safetensors or .gguf file, or a hub id.

import { stat } from 'node:fs/promises';
import { openModelTensors } from '@thinkwright/checkpoints';
import { architectureOf } from '../architectures.ts';
import { parseModelConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import type { LanguageModel } from '../language-model.ts';
import { createAdapter } from '../lora/adapter.ts';
import { loadAdapter } from '../lora/adapter-folder.ts';
import type { LoraOptions } from '../lora/lora-options.ts';
import { checkModelOptions, type ModelOptions } from './check-options.ts';
import { type DownloadProgress, downloadModel, type HubOptions, parseHubId } from './hub.ts';
import { readWeights, type WeightProgress } from './read-weights.ts';
import { checkDeviceNumerics } from './storage.ts';

export type LoadProgress = ({ phase: 'download' } & DownloadProgress) | ({ phase: 'weights' } & WeightProgress);

export interface LoadModelOptions extends ModelOptions, Omit<HubOptions, 'onProgress'> {
  /** Attach a fresh adapter and train only that. */
  lora?: LoraOptions;
  /** Attach the adapter in this PEFT folder. */
  adapter?: string;
  onProgress?: (progress: LoadProgress) => void;
}

/**
 * The local path of a model: the path itself if it exists, else the hub's cache after a download. Tokenizers load from
 * the same place.
 * @throws ModelError `TW_MODELS_NOT_FOUND` when the text is neither a path nor a hub id, and what `downloadModel` throws
 */
export async function resolveModel(idOrPath: string, options: LoadModelOptions = {}): Promise<string> {
  const exists = await stat(idOrPath).then(
    () => true,
    () => false,
  );
  if (exists) return idOrPath;
  const hub = parseHubId(idOrPath);
  if (!hub || /\.(gguf|safetensors)$/i.test(idOrPath))
    throw new ModelError(
      'TW_MODELS_NOT_FOUND',
      `'${idOrPath}' is no file or folder here, nor a hub id such as 'HuggingFaceTB/SmolLM2-135M-Instruct'. Check the path.`,
    );
  const { onProgress } = options;
  return downloadModel(hub.id, {
    ...options,
    revision: options.revision ?? hub.revision,
    onProgress: onProgress && ((progress) => onProgress({ phase: 'download', ...progress })),
  });
}

/**
 * Loads a model onto the current device. With `lora` or `adapter` its own weights are frozen, and kept in the bits that the file has
 * (`storage: 'native'`); for inference without an adapter ask for that yourself: half the memory of float32 for a 16-bit file, the same
 * results.
 * @throws ModelError, CheckpointError, or the signal's reason; nothing stays allocated after an error
 */
export async function loadModel(idOrPath: string, options: LoadModelOptions = {}): Promise<LanguageModel> {
  if (options.lora && options.adapter)
    throw new ModelError(
      'TW_MODELS_ADAPTER_STATE',
      'Give either lora (a fresh adapter) or adapter (a saved one), not both.',
    );
  const { signal, onProgress, storage = options.lora || options.adapter ? 'native' : 'float32', numerics } = options;
  checkModelOptions({ ...options, storage });
  checkDeviceNumerics(numerics ?? 'exact');
  const source = await openModelTensors(await resolveModel(idOrPath, options));
  try {
    const config = parseModelConfig(source.config);
    const weights = await readWeights(source, config, {
      storage,
      numerics,
      signal,
      onProgress: onProgress && ((progress) => onProgress({ phase: 'weights', ...progress })),
    });
    const model = architectureOf(config.modelType).create(idOrPath, config, weights);
    model.keyValueCache = options.keyValueCache ?? 'float32';
    try {
      if (options.lora) model.attachAdapter(createAdapter(config, options.lora));
      if (options.adapter) model.attachAdapter(await loadAdapter(config, options.adapter, { signal }));
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  } catch (error) {
    if (error instanceof ModelError && !error.message.includes(idOrPath))
      throw new ModelError(error.code, `${idOrPath}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    await source.close();
  }
}
