// How one row is sampled, and its place in the [M, 7] matrix that the sampling kernel reads: every row may differ.
import { TensorError } from '../errors.ts';

export interface SamplingOptions {
  /** 0 is greedy: the first of the largest logits, with its log-prob at temperature 1. */
  temperature: number;
  /** Keep the k most likely tokens; 0 or left out keeps all. */
  topK?: number;
  /** Keep the smallest set of most likely tokens with at least this mass; 1 or left out keeps all. */
  topP?: number;
  /** Drop tokens below this fraction of the most likely one's probability; 0 or left out keeps all. */
  minP?: number;
  /** Logits of ids in the prompt or sampled before: divided where positive, multiplied where negative (CTRL, arXiv 1909.05858). 1 = off. */
  repetitionPenalty?: number;
  /** Taken from a logit for each time its id was sampled before (OpenAI's definition). 0 = off. */
  frequencyPenalty?: number;
  /** Taken once from the logit of an id that was sampled before (OpenAI's definition). 0 = off. */
  presencePenalty?: number;
}

export type RowSettings = Required<SamplingOptions>;

/** Columns of the settings matrix, in order. */
const COLUMNS = [
  'temperature',
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'frequencyPenalty',
  'presencePenalty',
] as const;

export const SETTINGS_WIDTH = COLUMNS.length;

const OFF: RowSettings = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

/**
 * One row of settings for each of `rows`, and neutral ones up to `size`.
 * @throws TensorError TW_TENSORS_OPTION
 */
export function packSettings(rows: readonly SamplingOptions[], size = rows.length): Float32Array {
  const packed = new Float32Array(size * SETTINGS_WIDTH);
  for (let row = 0; row < size; row++) {
    const settings = completeSettings(rows[row] ?? OFF);
    for (const [column, name] of COLUMNS.entries()) packed[row * SETTINGS_WIDTH + column] = settings[name];
  }
  return packed;
}

/**
 * What is left out, or given as undefined, changes nothing.
 * @throws TensorError TW_TENSORS_OPTION
 */
export function completeSettings(options: SamplingOptions): RowSettings {
  const entries = COLUMNS.map((name) => [name, options[name] ?? OFF[name]]);
  const settings = Object.fromEntries(entries) as unknown as RowSettings;
  expectSampling(settings);
  return settings;
}

/** Row `row` of what `packSettings` made. */
export function unpackSettings(packed: ArrayLike<number>, row: number): RowSettings {
  const settings = { ...OFF };
  for (const [column, name] of COLUMNS.entries()) settings[name] = packed[row * SETTINGS_WIDTH + column]!;
  return settings;
}

/** Whether the row depends on what it has seen. */
export function penalises({
  repetitionPenalty = 1,
  frequencyPenalty = 0,
  presencePenalty = 0,
}: SamplingOptions): boolean {
  return repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
}

function expectSampling(settings: RowSettings): void {
  const { temperature, topK, topP, minP, repetitionPenalty, frequencyPenalty, presencePenalty } = settings;
  const refuse = (name: string, value: number, expected: string) => {
    throw new TensorError('TW_TENSORS_OPTION', `sampleTokens: ${name} is ${value}, expected ${expected}`);
  };
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    refuse('temperature', temperature, 'a finite number of at least 0');
  if (!(Number.isInteger(topK) && topK >= 0)) refuse('topK', topK, 'an integer of at least 0 (0 keeps all)');
  if (!(topP > 0 && topP <= 1)) refuse('topP', topP, 'a number in (0, 1]');
  if (!(minP >= 0 && minP <= 1)) refuse('minP', minP, 'a number in [0, 1]');
  if (!(repetitionPenalty > 0 && Number.isFinite(repetitionPenalty)))
    refuse('repetitionPenalty', repetitionPenalty, 'a finite number above 0');
  if (!Number.isFinite(frequencyPenalty)) refuse('frequencyPenalty', frequencyPenalty, 'a finite number');
  if (!Number.isFinite(presencePenalty)) refuse('presencePenalty', presencePenalty, 'a finite number');
}
