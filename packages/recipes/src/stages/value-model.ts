// The value model of a PPO stage: the model that an earlier stage left (a reward model without its score, too), or any other with the same
// tokenizer. It is loaded as the recipe's model is, and with an adapter of its own where that is trained through one.

import { existsSync } from 'node:fs';
import type { PresetName, Tokenizer } from '@thinkwright/chat';
import { type LanguageModel, loadClassifier } from '@thinkwright/models';
import { RecipeError } from '../errors.ts';
import { nearestName } from '../manifest/key-names.ts';
import { recipePath } from '../manifest/load-recipe.ts';
import type { StageManifest } from '../manifest/schema.ts';
import type { StageContext } from './executor.ts';
import { openModel } from './open-model.ts';
import { modelOptionsOf } from './stage-model.ts';

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

/** Refuses a name that is neither an earlier stage's nor a place of a model, before anything runs. */
export function checkValueModel(place: Place, named: string | undefined): void {
  if (named === undefined || stageBefore(place, named)) return;
  if (named.includes('/') || existsSync(placeOf(place, named))) return; // a path or a hub id: loading says if it is none
  const before = stagesBefore(place).map(({ name }) => name);
  const nearest = nearestName(named, before);
  throw new RecipeError(
    'TW_RECIPES_INVALID',
    `${where(place)}: there is no stage "${named}" before "${place.stage.name}", nor such a file or folder. ${
      nearest ? `Did you mean "${nearest}"?` : 'Give a folder, a .gguf file, a hub id, or a stage that trains a model.'
    }`,
  );
}

/** @throws RecipeError for a model with another vocabulary than the policy's; what `openModel` throws */
export async function openValueModel(context: StageContext, named: string, policy: Tokenizer): Promise<LanguageModel> {
  const { recipe, signal, models } = context;
  const stage = stageBefore(context, named);
  if (stage?.kind === 'reward-model' || stage?.kind === 'process-reward') {
    const { model, head } = await loadClassifier(models.get(named)!, { ...modelOptionsOf(recipe), signal });
    head.dispose();
    return model;
  }
  const { lora, format } = recipe.model;
  const { model, format: own } = await openModel(stage ? models.get(named)! : placeOf(context, named), {
    ...modelOptionsOf(recipe),
    ...(lora && { lora: { ...lora, seed: recipe.seed } }),
    format: format as PresetName | undefined,
    signal,
  });
  const other = firstDifference(policy, own.tokenizer);
  if (other === undefined) return model;
  model.dispose();
  throw new RecipeError(
    'TW_RECIPES_INVALID',
    `${where(context)}: token ${other} of the policy is ${JSON.stringify(policy.idToToken(other))}, of "${named}" ${JSON.stringify(own.tokenizer.idToToken(other) ?? null)}. A value model reads what the policy writes: take one with the same tokenizer.`,
  );
}

const where = ({ recipe, textIndex }: Place) => recipe.source.where(['stages', textIndex, 'options', 'valueModel']);

/** Stages before this one that leave a model. */
const stagesBefore = ({ recipe, stage }: Place): StageManifest[] =>
  recipe.stages.slice(0, recipe.stages.indexOf(stage)).filter(({ kind }) => kind !== 'evaluate');

const stageBefore = (place: Place, named: string) => stagesBefore(place).find(({ name }) => name === named);

function placeOf({ recipe }: Place, named: string): string {
  const beside = recipePath(recipe, named);
  return existsSync(beside) ? beside : named;
}

function firstDifference(policy: Tokenizer, other: Tokenizer): number | undefined {
  for (let id = 0; id < policy.vocabularySize; id++) if (policy.idToToken(id) !== other.idToToken(id)) return id;
  return undefined;
}
