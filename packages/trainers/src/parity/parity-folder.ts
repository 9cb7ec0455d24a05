// Reads the parity files: numbers that TRL, transformers and torch computed. `null` is NaN, infinities are strings; a file may be
// gzipped, as the subset kept beside these sources is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TrainerError } from '../errors.ts';

export interface ParityCase<Inputs = Record<string, unknown>, Outputs = Record<string, unknown>> {
  id: string;
  dtype?: string;
  batch?: string;
  options: Record<string, unknown>;
  inputs: Inputs;
  outputs: Outputs;
}

/** Names in a folder of the parity files without their ending, sorted; a stored subset may be gzipped. */
export function parityFiles(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).map((name) => name.replace(/\.gz$/, ''));
  return names.flatMap((name) => (name.endsWith(ending) ? [name.slice(0, -ending.length)] : [])).sort();
}

/** @throws TrainerError PARITY_FOLDER when the file is not there. */
export function readParityText(folder: string, file: string): string {
  const path = join(folder, file);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  if (existsSync(`${path}.gz`)) return gunzipSync(readFileSync(`${path}.gz`)).toString('utf8');
  throw new TrainerError(
    'TW_TRAINERS_PARITY_FOLDER',
    `${path} does not exist: give the folder that holds the parity families (grpo, optim, ...).`,
  );
}

export function readCases<Inputs, Outputs>(folder: string, file: string): ParityCase<Inputs, Outputs>[] {
  return readParityText(folder, file)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

export function readParityJson<T>(folder: string, file: string): T {
  return JSON.parse(readParityText(folder, file)) as T;
}

type Nested = number | string | null | readonly Nested[];

/** Every number of a nested array, row major. */
export function flatten(value: Nested): Float64Array {
  const numbers: number[] = [];
  const visit = (item: Nested) => {
    if (Array.isArray(item)) for (const inner of item) visit(inner);
    else numbers.push(item === null ? Number.NaN : Number(item));
  };
  visit(value);
  return Float64Array.from(numbers);
}
