// The words of `thinkwright doctor --plan` as a request. Its own keys are taken out; all others are options of the trainer.

import type { LoraOptions, ModelOptions } from '@thinkwright/models';
import { modelOptions } from '@thinkwright/models/options';
import { nearestName, type PlannedMethod, plannedMethods } from '@thinkwright/recipes';
import { CliError } from '../errors.ts';
import { checkChoices } from '../model-options.ts';

/** Models by the place of their config: hub id, folder, config.json or .gguf file. */
export interface PlanWords {
  model: string;
  teacher?: { place: string; loading: ModelOptions };
  valueModel?: string;
  request: {
    method: PlannedMethod;
    length: number;
    promptLength?: number;
    batch?: number;
    lora?: LoraOptions;
    loading: ModelOptions;
    options: Record<string, unknown>;
  };
}

type Value = string | number | boolean;

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** How a model is loaded, as option names. */
const loadingNames = Object.keys(modelOptions) as (keyof typeof modelOptions)[];
const TEACHER = 'teacher_';
const loraKeys = ['lora_dropout', 'target_modules', 'use_dora'] as const;
const ownKeys = [
  ...['model', 'method', 'length', 'prompt_length', 'batch', 'lora', 'teacher', 'value_model', ...loraKeys],
  ...loadingNames.flatMap((name) => [snakeCase(name), TEACHER + snakeCase(name)]),
];

/** @throws CliError TW_CLI_USAGE */
export async function parsePlanWords(words: readonly string[]): Promise<PlanWords> {
  const given = new Map(words.map(keyAndValue));
  const model = text(given, 'model');
  if (model === undefined) throw usage('it needs model=<folder, config.json, .gguf or hub id>');
  const method = methodOf(given.get('method') ?? 'sft');
  const length = whole(given, 'length');
  if (length === undefined) throw usage('it needs length=<tokens of a row>');
  const teacher = text(given, 'teacher');
  if (method === 'distill' && teacher === undefined)
    throw usage('method distill needs teacher=<folder, config.json, .gguf or hub id>');
  const valueModel = text(given, 'value_model');
  return {
    model,
    ...(teacher !== undefined && { teacher: { place: teacher, loading: await loadingOf(given, TEACHER) } }),
    ...(valueModel !== undefined && { valueModel }),
    request: {
      method,
      length,
      promptLength: whole(given, 'prompt_length'),
      batch: whole(given, 'batch'),
      loading: await loadingOf(given, ''),
      lora: loraOf(given),
      options: Object.fromEntries([...given].filter(([key]) => !ownKeys.includes(key))),
    },
  };
}

function methodOf(value: Value): PlannedMethod {
  const found = plannedMethods.find((name) => name === value);
  if (found !== undefined) return found;
  const nearest = nearestName(String(value), plannedMethods);
  throw usage(
    `method is "${value}". ${nearest === undefined ? '' : `Did you mean "${nearest}"? `}Known: ${plannedMethods.join(', ')}`,
  );
}

function loraOf(given: ReadonlyMap<string, Value>): LoraOptions | undefined {
  const rank = whole(given, 'lora');
  if (rank === undefined) {
    const alone = loraKeys.find((key) => given.has(key));
    if (alone !== undefined) throw usage(`${alone} belongs to an adapter: give its rank, lora=16`);
    return undefined;
  }
  const [loraDropout, targets, useDora] = loraKeys.map((key) => given.get(key));
  return {
    r: rank,
    loraAlpha: 2 * rank,
    ...(loraDropout !== undefined && { loraDropout: Number(loraDropout) }),
    ...(targets !== undefined && { targetModules: String(targets).split(',') }),
    ...(useDora === true && { useDora }),
  };
}

async function loadingOf(given: ReadonlyMap<string, Value>, prefix: string): Promise<ModelOptions> {
  const key = (name: string) => prefix + snakeCase(name);
  const options = Object.fromEntries(
    loadingNames.flatMap((name) => (given.has(key(name)) ? [[name, given.get(key(name))]] : [])),
  );
  await checkChoices(options, key);
  return options;
}

const text = (given: ReadonlyMap<string, Value>, key: string) => (given.has(key) ? String(given.get(key)) : undefined);

function whole(given: ReadonlyMap<string, Value>, key: string): number | undefined {
  const value = given.get(key);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw usage(`${key} is "${value}"; expected a whole number, 1 or more`);
}

const places = ['model', 'teacher', 'value_model'];

function keyAndValue(word: string): [string, Value] {
  const at = word.indexOf('=');
  if (at < 1) throw usage(`"${word}" is no key=value`);
  const [key, value] = [word.slice(0, at), word.slice(at + 1)];
  if (places.includes(key)) return [key, value];
  if (value === 'true' || value === 'false') return [key, value === 'true'];
  return [key, value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value];
}

function usage(problem: string): CliError {
  return new CliError(
    'TW_CLI_USAGE',
    `doctor --plan: ${problem}. Example: thinkwright doctor --plan model=./model method=sft length=512 lora=16`,
  );
}
