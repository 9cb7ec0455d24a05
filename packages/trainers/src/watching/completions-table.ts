// The completions of a generation as a table, in TRL's columns: step, prompt, completion, a column for each reward, advantage; and what
// TRL's lacks: total reward, mode, tokens, why it ended, why it has no reward. Parquet for tools, JSONL for eyes and grep.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RolloutRecord } from '../trainer.ts';
import { type ParquetColumn, parquetBytes } from './parquet.ts';

/** What the table shows of a completion. */
export type CompletionRow = Pick<RolloutRecord, 'step' | 'prompt' | 'completion' | 'reward' | 'advantage' | 'tokens'> &
  Partial<Pick<RolloutRecord, 'parts' | 'mode' | 'finish' | 'unscored'>>;

export function completionColumns(records: readonly CompletionRow[]): ParquetColumn[] {
  const text = (name: string, of: (record: CompletionRow) => string | undefined): ParquetColumn => ({
    ...{ name, type: 'string', values: records.map((record) => of(record) ?? null) },
  });
  const number = (name: string, of: (record: CompletionRow) => number | null, type: 'double' | 'int32' = 'double') => ({
    ...{ name, type, values: records.map(of) },
  });
  const own = new Set(['step', 'prompt', 'completion', 'reward', 'advantage', 'mode', 'tokens', 'finish', 'unscored']);
  const parts = [...new Set(records.flatMap((record) => Object.keys(record.parts ?? {})))].sort();
  return [
    number('step', ({ step }) => step, 'int32'),
    text('prompt', ({ prompt }) => prompt),
    text('completion', ({ completion }) => completion),
    ...parts.map((part) => number(own.has(part) ? `rewards/${part}` : part, (record) => record.parts?.[part] ?? null)),
    number('reward', ({ reward }) => reward),
    number('advantage', ({ advantage }) => advantage),
    text('mode', ({ mode }) => mode),
    number('tokens', ({ tokens }) => tokens, 'int32'),
    text('finish', ({ finish }) => finish),
    text('unscored', ({ unscored }) => unscored),
  ];
}

/** folder/step-NNNNN.jsonl or .parquet: the completions of the generation that the step began with. */
export function completionsFile(folder: string, step: number, ending: 'jsonl' | 'parquet'): string {
  return join(folder, `step-${String(step).padStart(5, '0')}.${ending}`);
}

/**
 * Writes both files of a step, in place of what was there: a resumed run that comes by again leaves each completion once.
 * @throws NodeJS.ErrnoException when the folder cannot be written.
 */
export function saveCompletions(folder: string, step: number, records: readonly CompletionRow[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    completionsFile(folder, step, 'jsonl'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  writeFileSync(completionsFile(folder, step, 'parquet'), parquetBytes(completionColumns(records)));
}
