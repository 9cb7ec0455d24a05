// The curves of a real run's report, stage by stage, against the figures that the stages wrote.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { saveModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../manifest/load-recipe.ts';
import { runRecipe } from '../run/run-recipe.ts';
import type { MetricsLine } from '../run/stage-folder.ts';
import { compact, percent } from './numbers.ts';
import { renderReport } from './render-report.ts';

const home = mkdtempSync(join(tmpdir(), 'report-curves-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const lines = (name: string, rows: unknown[]) =>
  writeFileSync(join(home, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

const options = 'max_steps: 3, per_device_train_batch_size: 4, learning_rate: 1e-2';
const text = `name: curves
device: auto
model:
  scratch: { hidden_size: 8, intermediate_size: 16, layer_count: 1, head_count: 2 }
data: { name: last-digit-chains }
stages:
  - { name: pairs, kind: preference, data: { name: pairs.jsonl }, options: { ${options} } }
  - { name: marked, kind: preference, data: { name: marked.jsonl }, options: { ${options}, algorithm: kto } }
  - { name: outcome, kind: reward-model, data: { name: pairs.jsonl }, options: { ${options} } }
  - { name: online, kind: preference, rewards: { outcome: 1 }, options: { ${options}, num_generations: 4, max_completion_length: 6 } }
  - { name: process, kind: process-reward, data: { name: steps.jsonl }, options: { ${options} } }
  - { name: follow, kind: distill, options: { ${options}, teacher: ./teacher, lmbda: 1, max_new_tokens: 4 } }
`;

let page: string;
let folder: string;
beforeAll(async () => {
  await useDevice('auto');
  const digits = Array.from({ length: 8 }, (_, i) => i);
  lines('pairs.jsonl', digits.map((i) => ({ prompt: `1+${i}`, chosen: `${i + 1}`, rejected: '0' }))); // biome-ignore format: one row a line
  lines('marked.jsonl', digits.map((i) => ({ prompt: `1+${i}`, completion: `${i}`, label: i % 2 === 0 }))); // biome-ignore format: one row a line
  lines('steps.jsonl', digits.map((i) => ({ prompt: `1+${i}`, completions: [`${i}`, '7'], labels: [i % 2 === 0, true] }))); // biome-ignore format: one row a line
  const format = presetFormat('quickstart');
  const teacher = tinyModel({ vocabularySize: format.tokenizer.vocabularySize, layerCount: 1, maxPositions: 128 });
  await saveModel(teacher, join(home, 'teacher'), { tokenizerFiles: format.files });
  teacher.dispose();
  folder = join(home, 'run');
  const { reportFile } = await runRecipe(parseRecipe(text, join(home, 'curves.yaml')), { folder });
  page = readFileSync(reportFile!, 'utf8');
});

function metricsOf(stage: string): MetricsLine[] {
  const [name] = readdirSync(join(folder, 'stages')).filter((each) => each.includes(`-${stage}-`));
  const file = readFileSync(join(folder, 'stages', name!, 'metrics.jsonl'), 'utf8');
  return file.trim().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: one expression
}

const share = (value: number) => percent(value, 0);

describe('the curves of a report', () => {
  it.each([
    ['pairs', ['Pairs ranked right', 'rewards/accuracies', share], ['Margin', 'rewards/margins', compact], ['Loss', 'loss', compact], ['Entropy', 'entropy', compact]],
    ['marked', ['Pairs ranked right', 'rewards/accuracies', share], ['Margin', 'rewards/margins', compact], ['Loss', 'loss', compact]],
    ['online', ['Margin', 'rewards/margins', compact], ['Reward', 'reward', compact], ['Completion length', 'completions/mean_length', compact]],
    ['outcome', ['Pairs ranked right', 'accuracy', share], ['Margin', 'margin', compact], ['Loss', 'loss', compact]],
    ['process', ['Steps judged right', 'accuracy', share], ['Loss', 'loss', compact]],
    ['follow', ['Loss', 'loss', compact], ['Entropy', 'entropy', compact], ['Completion length', 'completions/mean_length', compact]],
  ] as [string, ...[string, string, (value: number) => string][]][])('of %s tell what it measured', (stage, ...curves) => {
    const metrics = metricsOf(stage);
    for (const [title, key, written] of curves) {
      const values = metrics.flatMap((line) => line.metrics[key] ?? []);
      expect(values.length, `${stage}: ${key}`).toBeGreaterThan(1);
      const label = `${title}, ${stage}, from ${written(values[0]!)} to ${written(values.at(-1)!)}`;
      expect(page).toContain(`aria-label="${label}"`);
    }
  }); // biome-ignore format: one stage a line

  it('of what was measured on held-out rows are drawn beside them', () => {
    const [kind, steps] = ['sft', [1, 2, 3]];
    const metrics = steps.map((step) => ({ step, totalSteps: 3, tokens: 1, seconds: 1, elapsed: step, metrics: { eval_loss: step, eval_accuracy: step / 4 } })); // biome-ignore format: one line a step
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
    const stages = [{ name: 'tune', kind, metrics, rollouts: [] }];
    const drawn = renderReport({ result, stages, samples: { before: [], after: [] }, command: '' });
    expect(drawn).toContain('aria-label="Accuracy, held out, tune, from 25 % to 75 %"');
    expect(drawn).toContain('aria-label="Loss, held out, tune, from 1 to 3"');
    expect(drawn).not.toContain('aria-label="Loss, tune');
  });

  it('have no empty ones', () => {
    const drawn = [...page.matchAll(/aria-label="([^"]+), from [^"]* to [^"]*"/g)].map(([, label]) => label);
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(drawn.filter((label) => /held out/.test(label!))).toEqual([]);
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
