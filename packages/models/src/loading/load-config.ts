// The configuration of a model without its weights: from a folder, a config.json, a .gguf, or a hub id that was downloaded before.

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openModelTensors } from '@thinkwright/checkpoints';
import { type ModelConfig, parseModelConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import { type LoadModelOptions, resolveModel } from './load-model.ts';

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

function parseJson(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelError('TW_MODELS_BAD_CONFIG', `${file} is no JSON: ${(cause as Error).message}.`, { cause });
  }
}
