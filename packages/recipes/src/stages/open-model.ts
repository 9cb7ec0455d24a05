// A model with the tokenizer and chat format that belong to it: from scratch, or from a hub id, a folder, a GGUF file or an adapter
// folder (whose config names its base model).

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type ChatFormat, chatFormatOf, type PresetName, presetFormat } from '@thinkwright/chat';
import {
  checkTokenizer,
  createModel,
  type LanguageModel,
  type LoadModelOptions,
  loadModel,
  type ModelConfig,
  type ModelOptions,
  resolveModel,
} from '@thinkwright/models';
import { RecipeError } from '../errors.ts';
import type { ModelManifest } from '../manifest/schema.ts';

export interface OpenedModel {
  model: LanguageModel;
  format: ChatFormat;
}

export interface OpenModelOptions
  extends ModelOptions,
    Pick<LoadModelOptions, 'lora' | 'revision' | 'signal' | 'onProgress'> {
  /** A chat preset instead of the model's own template. */
  format?: PresetName;
}

/**
 * Opens anything that can be chatted with. An adapter folder opens its base model with the adapter attached.
 * @throws ModelError, ChatError or CheckpointError, each naming the file and the fix
 */
export async function openModel(idOrPath: string, options: OpenModelOptions = {}): Promise<OpenedModel> {
  const place = await resolveModel(idOrPath, options);
  const found = await stat(place);
  if (!found.isFile() && !found.isDirectory()) {
    throw new RecipeError(
      'TW_RECIPES_NO_WEIGHTS',
      `${place} is neither a file nor a folder (a pipe or a device?). Give a model folder or a .gguf file.`,
    );
  }
  const adapter = existsSync(join(place, 'adapter_config.json'));
  const base = adapter ? await baseOf(place) : place;
  const model = await loadModel(base, { ...options, ...(adapter ? { adapter: place, lora: undefined } : {}) });
  try {
    const withTokenizer =
      adapter && !existsSync(join(place, 'tokenizer.json')) ? await resolveModel(base, options) : place;
    const format = await chatFormatOf(await tokenizerPlace(withTokenizer), { preset: options.format });
    checkTokenizer(model.config, format.tokenizer.vocabularySize);
    return { model, format };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The base model that an adapter was trained on: a hub id, or a path (relative ones start at the adapter or here). */
async function baseOf(folder: string): Promise<string> {
  const file = join(folder, 'adapter_config.json');
  const config = parseJson(await readFile(file, 'utf8'), file);
  const { base_model_name_or_path: base } = Object(config) as { base_model_name_or_path?: unknown };
  if (typeof base !== 'string' || base === '')
    throw new RecipeError(
      'TW_RECIPES_NO_WEIGHTS',
      `${file} does not name its base model (base_model_name_or_path). Add it.`,
    );
  const beside = resolve(folder, base);
  return existsSync(beside) ? beside : base;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RecipeError('TW_RECIPES_NO_WEIGHTS', `${file} is not valid JSON. Save the adapter again.`, { cause });
  }
}

/** Weights may be one .safetensors file; its tokenizer lies beside it. */
async function tokenizerPlace(place: string): Promise<string> {
  return place.endsWith('.safetensors') && (await stat(place)).isFile() ? dirname(place) : place;
}

/** A fresh model of the recipe's sizes, with the format's vocabulary. */
export function scratchModel(manifest: ModelManifest, seed: number): OpenedModel {
  const { scratch } = manifest;
  if (!scratch) throw new Error('not a scratch model');
  const format = presetFormat((manifest.format ?? 'quickstart') as 'quickstart');
  const { tokenizer, stopIds } = format;
  const { embeddingStd, keyValueHeadCount = scratch.headCount, ...sizes } = scratch;
  const config: ModelConfig = {
    modelType: 'llama',
    vocabularySize: tokenizer.vocabularySize,
    ...sizes,
    keyValueHeadCount,
    headDimension: scratch.hiddenSize / scratch.headCount,
    attentionBias: false,
    mlpBias: false,
    bosTokenId: tokenizer.special.bos,
    eosTokenIds: stopIds,
    padTokenId: tokenizer.special.pad,
  };
  return { model: createModel(config, { seed, initialization: { embeddingStd } }), format };
}
