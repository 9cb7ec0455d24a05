// The model that a stage starts from: what the stage before left, or the recipe's own.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PresetName } from '@thinkwright/chat';
import type { ModelOptions } from '@thinkwright/models';
import { RecipeError } from '../errors.ts';
import { type Recipe, recipePath } from '../manifest/load-recipe.ts';
import { type OpenedModel, openModel, scratchModel } from './open-model.ts';

/** @param own how this stage wants the model, over what the recipe says of it */
export async function openStageModel(
  recipe: Recipe,
  input: string | undefined,
  signal: AbortSignal,
  own: ModelOptions = {},
): Promise<OpenedModel> {
  const { model, seed } = recipe;
  const format = model.format as PresetName | undefined;
  const options = modelOptionsOf(recipe, own);
  if (input !== undefined) return openModel(input, { ...options, signal });
  if (model.scratch) {
    const opened = scratchModel(model, seed);
    if (options.keyValueCache) opened.model.keyValueCache = options.keyValueCache;
    return opened;
  }
  const lora = model.lora && { ...model.lora, seed };
  return openModel(modelPlace(recipe), { ...options, revision: model.revision, lora, format, signal });
}

/** How a stage loads the model: as it says itself, or as the recipe says. */
export function modelOptionsOf({ model }: Recipe, own: ModelOptions = {}): ModelOptions {
  const { storage = model.storage, numerics = model.numerics, keyValueCache = model.keyValueCache } = own;
  return { storage, numerics, keyValueCache };
}

/** A path beside the recipe, or under the working directory, or else a hub id. */
export function modelPlace(recipe: Recipe): string {
  const { path } = recipe.model;
  if (path === undefined) throw new RecipeError('TW_RECIPES_NO_WEIGHTS', 'this recipe has no model.path.');
  const beside = recipePath(recipe, path);
  return existsSync(beside) ? beside : path;
}

/** Refuses a model that cannot be trained as the recipe has it, and a scratch model whose sizes do not fit together, before anything is run. */
export function checkModel(recipe: Recipe): void {
  const { scratch, format, lora, storage = 'float32', numerics = 'exact' } = recipe.model;
  const refuse = (key: string, message: string): never => {
    throw new RecipeError('TW_RECIPES_INVALID', `${recipe.source.where(['model', ...key.split('.')])}: ${message}`);
  };
  if (numerics !== 'exact')
    refuse(
      'numerics',
      `model.numerics is "${numerics}", which is for inference: nothing can be trained through it. Leave it out here, and give numerics, with a storage, among the options of an evaluate stage.`,
    );
  if (storage !== 'float32' && !lora && !isAdapter(recipe))
    refuse(
      'storage',
      `model.storage is "${storage}", and weights kept so are frozen: they cannot be trained themselves. Add model.lora to train an adapter on them (QLoRA), or leave storage out.`,
    );
  if (!scratch) return;
  if (lora) refuse('lora', 'a model from scratch has no weights for LoRA to adapt. Leave lora out.');
  if (format !== undefined && format !== 'quickstart')
    refuse('format', `model.format is "${format}", but a model from scratch takes its vocabulary from "quickstart".`);
  const { hiddenSize, headCount, keyValueHeadCount = headCount } = scratch;
  if (hiddenSize % headCount !== 0 || (hiddenSize / headCount) % 2 !== 0) {
    refuse(
      'scratch.headCount',
      `hidden_size ${hiddenSize} divided by head_count ${headCount} must be an even whole number.`,
    );
  }
  if (headCount % keyValueHeadCount !== 0)
    refuse(
      'scratch.keyValueHeadCount',
      `head_count ${headCount} must be a multiple of key_value_head_count ${keyValueHeadCount}.`,
    );
}

/** Whether the recipe's model is an adapter on this machine, which is trained on. */
const isAdapter = (recipe: Recipe): boolean =>
  recipe.model.path !== undefined && existsSync(join(modelPlace(recipe), 'adapter_config.json'));
