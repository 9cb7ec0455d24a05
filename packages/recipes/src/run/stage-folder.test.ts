// Completions as files: the table holds the rows of its JSONL, and a stage that goes on leaves none of a later step. That the bytes are
// Parquet is tested where they are made (read back by pyarrow).
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completionColumns, parquetBytes } from '@thinkwright/trainers';
import { beforeEach, expect, it } from 'vitest';
import type { RolloutRecord } from './events.ts';
import { StageFolder } from './stage-folder.ts';

const record = (change: Partial<RolloutRecord>): RolloutRecord => ({
  ...{ step: 3, group: '0/0', sample: 0, prompt: '1+2=', completion: '3', reward: 1, parts: { accuracy: 1 } },
  ...{ advantage: 0.5, tokens: 2, finish: 'stop', mode: 'think', answer: '3' },
  ...change,
});
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stage-'));
  return () => rmSync(root, { recursive: true, force: true });
});

it('writes the completions as a table that holds the rows of the JSONL', () => {
  const folder = new StageFolder(root);
  folder.recordRollouts(4, [
    record({}),
    record({
      sample: 1,
      completion: 'é\n"vier"',
      reward: null,
      parts: undefined,
      unscored: 'timeout',
      finish: 'length',
    }),
  ]);
  const rows = readFileSync(join(root, 'rollouts', 'step-00004.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RolloutRecord);
  expect(rows.map(({ completion, reward }) => [completion, reward])).toEqual([
    ['3', 1],
    ['é\n"vier"', null],
  ]);
  const columns = completionColumns(rows);
  expect(columns.map(({ name }) => name)).toEqual([
    ...['step', 'prompt', 'completion', 'accuracy', 'reward', 'advantage', 'mode', 'tokens', 'finish', 'unscored'],
  ]);
  const table = readFileSync(join(root, 'rollouts', 'step-00004.parquet'));
  expect(table.equals(parquetBytes(columns))).toBe(true);
});

it('drops the completions of later steps in both forms when it goes on', () => {
  const folder = new StageFolder(root);
  for (const step of [1, 2, 5]) folder.recordRollouts(step, [record({ step })]);
  folder.rewindTo(2);
  expect(readdirSync(join(root, 'rollouts')).sort()).toEqual([
    ...['step-00001.jsonl', 'step-00001.parquet', 'step-00002.jsonl', 'step-00002.parquet'],
  ]);
  expect(folder.rolloutSteps()).toEqual([1, 2]);
  expect(existsSync(join(root, 'rollouts', 'step-00005.parquet'))).toBe(false);
});
