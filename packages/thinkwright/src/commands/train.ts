// `thinkwright train sft|rl|ppo|...`: one stage from flags (a recipe of one stage is made of them), or the stage of a recipe file.

import type { ModelOption } from '@thinkwright/models/options';
import { stringify } from 'yaml';
import { CliError } from '../errors.ts';
import { modelFlags, modelOverrides } from '../model-options.ts';
import { overridesOf, type RunCommandOptions, resumeCommand, run, runLoaded } from './run.ts';

export interface TrainCommandOptions extends RunCommandOptions, Partial<Record<ModelOption, string>> {
  option?: string[];
  maxSteps?: number;
  learningRate?: number;
  batchSize?: number;
  lora?: boolean | number;
  /** Of distillation. */
  teacher?: string;
}

const TITLES = {
  sft: 'Supervised fine-tuning',
  rl: 'Reinforcement learning on verifiable rewards',
  ppo: 'Proximal policy optimisation on verifiable rewards',
  preference: 'Preference learning on pairs of completions',
  'reward-model': 'An outcome reward model',
  'process-reward': 'A process reward model',
  distill: 'Distillation from a teacher',
} as const;
export type TrainKind = keyof typeof TITLES;

export async function train(kind: TrainKind, file: string | undefined, options: TrainCommandOptions): Promise<number> {
  if (file !== undefined)
    return run(file, { ...options, set: [...(options.set ?? []), ...flagOverrides(kind, options)] });
  for (const flag of ['model', 'data'] as const) {
    if (options[flag] === undefined) {
      throw new CliError(
        'TW_CLI_MISSING_OPTION',
        `train ${kind} needs a recipe file, or --model and --data. Missing: --${flag}. Example: thinkwright train ${kind} --model ./model --data rows.jsonl`,
      );
    }
  }
  const { parseRecipe } = await import('@thinkwright/recipes');
  const overrides = [
    ...flagOverrides(kind, options),
    ...overridesOf({ ...options, model: undefined, data: undefined }),
  ];
  const recipe = parseRecipe(stringify(recipeOf(kind, options)), 'recipe.yaml', { set: overrides, seed: options.seed });
  const words = ['train', kind, ...trainFlags(options)];
  return runLoaded(recipe, options, resumeCommand(words, options));
}

/** TRL's for DPO is far below that of the others; an adapter takes ten times as much. */
const learningRateOf = (kind: TrainKind) => (kind === 'preference' ? 1e-6 : 2e-5);

/** The recipe that the flags describe. */
export function recipeOf(kind: TrainKind, options: TrainCommandOptions): unknown {
  const lora =
    options.lora === undefined || options.lora === false
      ? undefined
      : options.lora === true
        ? {}
        : { r: options.lora, lora_alpha: 2 * options.lora };
  return {
    name: `train-${kind}`,
    title: TITLES[kind],
    model: { path: options.model, ...(lora && { lora }) },
    data: { name: options.data },
    stages: [
      {
        name: kind,
        kind,
        options: {
          max_steps: 100,
          learning_rate: learningRateOf(kind) * (lora ? 10 : 1),
          ...(options.teacher !== undefined && { teacher: options.teacher }),
        },
      },
    ],
  };
}

function flagOverrides(kind: string, options: TrainCommandOptions): string[] {
  const flags = {
    max_steps: options.maxSteps,
    learning_rate: options.learningRate,
    per_device_train_batch_size: options.batchSize,
  };
  const given = Object.entries(flags).flatMap(([key, value]) =>
    value === undefined ? [] : [`${kind}.${key}=${value}`],
  );
  return [...given, ...modelOverrides(options), ...(options.option ?? []).map((option) => `${kind}.${option}`)];
}

function trainFlags(options: TrainCommandOptions): string[] {
  const words: string[] = [];
  if (options.maxSteps !== undefined) words.push('--max-steps', String(options.maxSteps));
  if (options.learningRate !== undefined) words.push('--learning-rate', String(options.learningRate));
  if (options.batchSize !== undefined) words.push('--batch-size', String(options.batchSize));
  if (options.lora !== undefined && options.lora !== false)
    words.push('--lora', ...(options.lora === true ? [] : [String(options.lora)]));
  if (options.teacher !== undefined) words.push('--teacher', options.teacher);
  words.push(...modelFlags(options));
  for (const option of options.option ?? []) words.push('--option', option);
  return words;
}
