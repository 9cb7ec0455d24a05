// The configuration of a model without its weights, and how the file keeps those: from a folder, a config.json, a .gguf, or a hub id
// that was downloaded before.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openModelTensors } from '@thinkwright/checkpoints';
import type { StorageType } from '@thinkwright/tensors';
import { type ModelConfig, parseModelConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import type { Storage } from '../options/index.ts';
import { type LoadModelOptions, resolveModel } from './load-model.ts';
import { STORED_AS } from './storage.ts';

/**
 * @throws ModelError `TW_MODELS_NOT_FOUND` when there is no such model or no config.json in it, and what
 *   `parseModelConfig` throws of its content; CheckpointError for a damaged .gguf
 */
export async function loadModelConfig(idOrPath: string, options: LoadModelOptions = {}): Promise<ModelConfig> {
  const path = await resolveModel(idOrPath, options);
  if (path.toLowerCase().endsWith('.gguf')) {
    const source = await openModelTensors(path);
    try {
      return parseModelConfig(source.config);
    } finally {
      await source.close();
    }
  }
  const file = basename(path) === 'config.json' ? path : join(path, 'config.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ModelError(
      'TW_MODELS_NOT_FOUND',
      `${file} cannot be read: ${(cause as Error).message}. Give a model folder, a config.json, a .gguf file or a hub id.`,
      { cause },
    );
  }
  return parseModelConfig(parseJson(file, text));
}

/** K types are read from files and cannot be made: the next wider of those that can. */
const MAKEABLE: Partial<Record<StorageType, Storage>> = { q4_k: 'q4_1', q5_k: 'q8_0', q6_k: 'q8_0' };

/**
 * What `storage: 'native'` means for a model, by the name of a storage that can be made without its file (for plans of memory): that of
 * most of its numbers, or what a config.json alone says.
 * @throws as `loadModelConfig`
 */
export async function nativeStorage(idOrPath: string, options: LoadModelOptions = {}): Promise<Storage> {
  const path = await resolveModel(idOrPath, options);
  const isConfig = basename(path) === 'config.json';
  if (isConfig || (await isFolderWithoutWeights(path))) {
    const file = isConfig ? path : join(path, 'config.json');
    const { torch_dtype: older, dtype = older } = parseJson(file, await readFile(file, 'utf8'));
    return dtype === 'bfloat16' || dtype === 'float16' ? dtype : 'float32';
  }
  const source = await openModelTensors(path);
  try {
    const counts = new Map<Storage, number>();
    for (const { dtype, shape } of source.entries.values()) {
      const stored = STORED_AS[dtype] ?? 'float32';
      const storage = MAKEABLE[stored] ?? (stored as Storage);
      counts.set(storage, (counts.get(storage) ?? 0) + shape.reduce((product, side) => product * side, 1));
    }
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'float32';
  } finally {
    await source.close();
  }
}

async function isFolderWithoutWeights(path: string): Promise<boolean> {
  if (!(await stat(path)).isDirectory()) return false;
  return !(await readdir(path)).some((name) => /\.safetensors(\.index\.json)?$/.test(name));
}

function parseJson(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError('TW_MODELS_BAD_CONFIG', `${file} is no JSON: ${(cause as Error).message}.`, { cause });
  }
}
