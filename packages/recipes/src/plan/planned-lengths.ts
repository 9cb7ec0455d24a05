// What of the planned length is prompt and what completion. Trainers that sample have an option for the longest completion; where it is
// given, it counts.

import type { ModelConfig } from '@thinkwright/models';
import { RecipeError } from '../errors.ts';
import { snakeCase } from '../manifest/key-names.ts';
import type { MemoryPlanRequest, PlannedMethod } from './request.ts';

export interface PlannedLengths {
  /** Tokens. */
  prompt: number;
  completion: number;
}

/** The option that bounds a sampled completion. */
export const completionOptions: Partial<Record<PlannedMethod, string>> = {
  rl: 'maxCompletionLength',
  'rejection-sampling': 'maxCompletionLength',
  'online-preference': 'maxCompletionLength',
  ppo: 'responseLength',
};

/** Methods whose rows are not divided: every token is learnt. */
const undivided: readonly PlannedMethod[] = ['pretrain', 'sft'];

/** @param request with options in camelCase. @throws RecipeError TW_RECIPES_INVALID for lengths that do not fit each other or the model. */
export function plannedLengths({ maxPositions }: ModelConfig, request: MemoryPlanRequest): PlannedLengths {
  const { method, length, options = {} } = request;
  const bound = completionOptions[method] ?? '';
  const [option, given] = [snakeCase(bound), options[bound]];
  if (!Number.isInteger(length) || length < 2)
    throw invalid(`length is ${length}; expected a whole number of tokens, 2 or more`);
  if (length > maxPositions)
    throw invalid(
      `length ${length} is more than the model's context of ${maxPositions} tokens. Plan a shorter one, or take a model with a longer context`,
    );
  const { maxLength: longest } = options;
  if (typeof longest === 'number' && length > longest)
    throw invalid(
      `rows of ${length} tokens would be left out or cut at max_length ${longest}. Plan length=${longest}, or raise max_length`,
    );
  if (given !== undefined && !(Number.isInteger(given) && (given as number) >= 1))
    throw invalid(`${option} is ${JSON.stringify(given)}; expected a whole number, 1 or more`);
  const prompt = request.promptLength ?? (given === undefined ? Math.ceil(length / 4) : length - (given as number));
  const completion = length - prompt;
  if (undivided.includes(method)) return { prompt, completion };
  if (prompt < 1 || completion < 1)
    throw invalid(
      given === undefined
        ? `prompt length ${prompt} leaves no room for a completion in a length of ${length}. Lower prompt_length, or raise length`
        : `${option} ${given} leaves no room for a prompt in a length of ${length}. Give length as prompt and completion together`,
    );
  if (given !== undefined && given !== completion)
    throw invalid(
      `prompt_length ${prompt} and ${option} ${given} are together not the length ${length}. Leave one of the three out, or give length=${prompt + (given as number)}`,
    );
  return { prompt, completion };
}

const invalid = (problem: string) => new RecipeError('TW_RECIPES_INVALID', `A memory plan: ${problem}.`);
