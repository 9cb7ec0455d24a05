// The table as other tools read it (the stored bytes were read back by pyarrow), the line a person watches, and warnings by cause.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RolloutRecord } from '../trainer.ts';
import { completionColumns, completionsFile, saveCompletions } from './completions-table.ts';
import { headline } from './headline.ts';
import { causeOfNoSignal, SignalWatch } from './learning-signal.ts';
import { modeMetrics } from './mode-metrics.ts';
import { parquetBytes } from './parquet.ts';

const record = (change: Partial<RolloutRecord>): RolloutRecord => ({
  ...{ step: 3, key: '0/0', sample: 0, prompt: '1+2=', completion: '3', thinking: '', answer: '3', reward: 1 },
  ...{ parts: { accuracy: 1 }, advantage: 0.5, tokens: 2, finish: 'stop', mode: 'think', row: {} },
  ...change,
});
const records = [
  record({}),
  record({ sample: 1, completion: 'é "vier"\n', reward: -0.25, parts: { accuracy: 0, format: 0.75 }, advantage: -0.5 }),
  record({ sample: 2, reward: null, parts: {}, advantage: 0, finish: 'length', mode: 'no_think', unscored: 'timeout' }),
];
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

describe('completions table', () => {
  it('is the file that pyarrow read back value for value', async () => {
    const stored = await readFile(new URL('./completions.fixture.parquet', import.meta.url));
    expect(Buffer.from(parquetBytes(completionColumns(records))).equals(stored)).toBe(true);
  });

  it("has TRL's columns, one for each reward, and is beside its JSONL", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'thinkwright-table-'));
    folders.push(folder);
    expect(completionColumns(records).map(({ name }) => name)).toEqual([
      'step',
      'prompt',
      'completion',
      'accuracy',
      'format',
      'reward',
      'advantage',
      'mode',
      'tokens',
      'finish',
      'unscored',
    ]);
    for (const again of [records.slice(1), records]) saveCompletions(join(folder, 'rollouts'), 3, again); // a resumed run comes by twice
    const table = await readFile(join(folder, 'rollouts', 'step-00003.parquet'));
    expect(table.equals(parquetBytes(completionColumns(records)))).toBe(true);
    const lines = (await readFile(completionsFile(join(folder, 'rollouts'), 3, 'jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(records);
  });

  it('refuses columns that do not belong together', () => {
    const column = (name: string, length: number) => ({ name, type: 'int32' as const, values: Array(length).fill(1) });
    expect(() => parquetBytes([column('a', 1), column('b', 2)])).toThrow(/1, 2 rows/);
    expect(() => parquetBytes([column('a', 1), column('a', 1)])).toThrow(/share a name/);
  });
});

describe('headline', () => {
  it('puts reward, accuracy, entropy, gradient and signal before the loss, where a reward is learnt from', () => {
    const metrics = {
      loss: 1e-9,
      reward: 0.41234,
      'rewards/accuracy/mean': 0.38,
      entropy: 1.234,
      grad_norm: 0.5,
      frac_reward_zero_std: 0.25,
    };
    expect(headline(metrics)).toBe('reward 0.412 | accuracy 0.38 | entropy 1.23 | grad 0.5 | signal 0.75 | loss 1e-9');
    expect(headline({ grad_norm: 1, mean_token_accuracy: 0.5, loss: 2.5 })).toBe(
      'loss 2.5 | token accuracy 0.5 | grad 1',
    );
  });
});

describe('learning signal', () => {
  it.each([
    [{ frac_reward_zero_std: 1, reward: 0, 'completions/clipped_ratio': 1 }, /cut at maxCompletionLength/],
    [{ frac_reward_zero_std: 1, reward: 0, 'completions/clipped_ratio': 0 }, /scores 0/],
    [{ frac_reward_zero_std: 1, reward: 1, 'completions/clipped_ratio': 0 }, /equal \(mean 1\)/],
    [{ learning_rate: 0, grad_norm: 1 }, /learning rate is 0/],
    [{ learning_rate: 1, grad_norm: 0 }, /masked or clipped/],
  ])('%j', (metrics, cause) => {
    expect(causeOfNoSignal(metrics)).toMatch(cause);
  });

  it('is missed for three steps before a word, then less and less often', () => {
    const watch = new SignalWatch();
    const dead = { grad_norm: 0, learning_rate: 1 };
    const said = Array.from({ length: 12 }, () => watch.after(dead) !== undefined);
    expect(said.flatMap((word, step) => (word ? [step + 1] : []))).toEqual([3, 6, 12]);
    expect(watch.after({ grad_norm: 1, learning_rate: 1 })).toBeUndefined();
    expect(watch.after(dead)).toBeUndefined();
    expect(causeOfNoSignal({ grad_norm: 1, learning_rate: 1, frac_reward_zero_std: 0.5 })).toBeUndefined();
  });
});

it('metrics of each mode apart, when there are two', () => {
  expect(modeMetrics(records)).toEqual({
    ...{
      'think/reward': 0.375,
      'think/unscored': 0,
      'think/completions/mean_length': 2,
      'think/completions/clipped_ratio': 0,
    },
    ...{ 'no_think/reward': 0, 'no_think/unscored': 1, 'no_think/completions/mean_length': 2 },
    'no_think/completions/clipped_ratio': 1,
  });
  expect(modeMetrics(records.slice(0, 2))).toEqual({});
});
