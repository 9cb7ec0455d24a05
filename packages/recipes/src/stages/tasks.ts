// What recipes know of the built-in tasks: their rows for each stage, and how to watch their traces. Their rewards are in rewards.ts.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ChatFormat } from '@thinkwright/chat';
import {
  chainThought,
  type Dataset,
  type DatasetRow,
  loadDataset,
  operationsPerLine,
  type RowStream,
} from '@thinkwright/datasets';
import type { RolloutRecord as TrainerRecord } from '@thinkwright/trainers';
import { RecipeError } from '../errors.ts';
import { type Recipe, recipePath } from '../manifest/load-recipe.ts';
import type { DataManifest, StageKind } from '../manifest/schema.ts';
import type { StageContext } from './executor.ts';

type Place = Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>;

/** The data of a stage: its own, or the recipe's. */
export function dataOf({ recipe, stage, textIndex }: Place): DataManifest {
  const data = stage.data ?? recipe.data;
  if (!data) {
    throw new RecipeError(
      'TW_RECIPES_INVALID',
      `${recipe.source.where(['stages', textIndex])}: stage "${stage.name}" has no data. Give the stage or the recipe a "data: { name: ... }", for example last-digit-chains or a .jsonl file.`,
    );
  }
  return data;
}

const trainingSplits: Record<string, Partial<Record<StageKind, string>>> = {
  'last-digit-chains': {
    pretrain: 'pretrain',
    sft: 'sft',
    rl: 'rl',
    ppo: 'rl',
    distill: 'sft',
    'rejection-sampling': 'rejection-sampling',
    preference: 'rl',
  },
  'one-step-word-problems': {
    sft: 'train',
    rl: 'train',
    ppo: 'train',
    distill: 'train',
    'rejection-sampling': 'train',
    preference: 'train',
  },
};

const isFile = (name: string): boolean => /\.(jsonl|ndjson|json)$/i.test(name);

/** Options for `loadDataset`, with paths made absolute and the split that the stage's kind implies. */
export function dataOptions(place: Place): { name: string; options: Record<string, unknown> } {
  const { name, file, ...options } = dataOf(place) as DataManifest & { file?: unknown };
  const split = trainingSplits[name]?.[place.stage.kind];
  const source = isFile(name) ? existing(place.recipe, name) : name;
  return {
    name: source,
    options: {
      ...(split && { split }),
      ...options,
      ...(typeof file === 'string' && { file: existing(place.recipe, file) }),
    },
  };
}

export const loadRows = (place: Place): Promise<Dataset<DatasetRow>> => {
  const { name, options } = dataOptions(place);
  return loadDataset(name, options);
};

/** The rows in the order in which a stage reads them: endless generators give each once, files are shuffled, pass after pass. */
export async function rowStream(place: Place): Promise<RowStream<DatasetRow>> {
  const rows = await loadRows(place);
  const { seed } = place.recipe;
  return rows.stream(rows.size === undefined ? { seed } : { seed, shuffle: true, epochs: Number.POSITIVE_INFINITY });
}

function existing(recipe: Recipe, path: string): string {
  const beside = recipePath(recipe, path);
  return existsSync(beside) ? beside : path;
}

/** Content hash of the stage's data file, if it reads one: other rows, other address. */
export async function dataFingerprint(place: Place): Promise<string | undefined> {
  const { name, options } = dataOptions(place);
  const file = isFile(name) ? name : (options.file as string | undefined);
  if (file === undefined) return undefined;
  const hash = createHash('sha256');
  try {
    if (!(await stat(file)).isFile()) return undefined; // a named pipe would be waited for
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch {
    return undefined; // what cannot be read is reported, with the fix, when the stage reads it
  }
  return hash.digest('hex');
}

/** Style of the traces of a step's completions, where the task has one to watch. */
export function traceMetrics(data: string): ((records: TrainerRecord[]) => Record<string, number>) | undefined {
  if (data !== 'last-digit-chains') return undefined;
  return (records) => {
    const traces = records.flatMap(({ completion }) => chainThought(completion) ?? []);
    const lines = traces.flatMap((trace) => operationsPerLine(trace) ?? []);
    return { think_tokens: mean(traces.map((trace) => trace.length)), operations_per_line: mean(lines) };
  };
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** What a person reads as the prompt of a row. */
export function shownPrompt(row: Record<string, unknown>): string | undefined {
  const { prompt } = row;
  if (typeof prompt === 'string') return prompt;
  if (!Array.isArray(prompt)) return undefined;
  const last = prompt.at(-1) as { content?: unknown } | undefined;
  return typeof last?.content === 'string' ? last.content : undefined;
}

/** Decodes completions with their control tokens, as the traces and verifiers of the tasks read them. */
export const decodeWith =
  ({ tokenizer }: Pick<ChatFormat, 'tokenizer'>) =>
  (ids: Int32Array): string =>
    tokenizer.decode(ids, { skipSpecialTokens: false });
