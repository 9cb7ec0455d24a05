// Every kind of training stage that needs more than rows, run for real on a model of a few hundred weights: what each leaves, what the next
// goes on from, and that options are checked at their lines.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { loadClassifier, saveModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../manifest/load-recipe.ts';
import { checkRecipe, runRecipe } from '../run/run-recipe.ts';

const home = mkdtempSync(join(tmpdir(), 'trainer-stages-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const lines = (name: string, rows: unknown[]) =>
  writeFileSync(join(home, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

const text = `name: small
device: cpu
model:
  scratch: { hidden_size: 8, intermediate_size: 16, layer_count: 1, head_count: 2 }
data: { name: last-digit-chains }
stages:
  - name: reinforce
    kind: ppo
    options: { max_steps: 2, per_device_train_batch_size: 2, num_ppo_epochs: 1, response_length: 4, probe_samples: 8 }
  - name: outcome
    kind: reward-model
    data: { name: pairs.jsonl }
    options: { max_steps: 1, per_device_train_batch_size: 2 }
  - name: process
    kind: process-reward
    data: { name: steps.jsonl }
    options: { max_steps: 1, per_device_train_batch_size: 2 }
  - name: follow
    kind: distill
    options: { max_steps: 1, per_device_train_batch_size: 2, max_new_tokens: 4, teacher: ./teacher }
`;
const recipe = (changed = text) => parseRecipe(changed, join(home, 'small.yaml'));

beforeAll(async () => {
  await useDevice('cpu');
  lines('pairs.jsonl', [
    { prompt: '1+2', chosen: '3', rejected: '4' },
    { prompt: '2+2', chosen: '4', rejected: '5' },
  ]);
  lines('steps.jsonl', [
    { prompt: '1+2', completions: ['1+2=3', '3'], labels: [true, true] },
    { prompt: '2+2', completions: ['2+2=5', '5'], labels: [false, false] },
  ]);
  const format = presetFormat('quickstart');
  const teacher = tinyModel({ vocabularySize: format.tokenizer.vocabularySize, layerCount: 1, maxPositions: 128 });
  await saveModel(teacher, join(home, 'teacher'), { tokenizerFiles: format.files });
  teacher.dispose();
});

describe('training stages', () => {
  it('run, leave folders of their kind, and reward models leave the policy as it was', async () => {
    const left: Record<string, string> = {};
    const warnings: string[] = [];
    const { status, result } = await runRecipe(recipe(), {
      folder: join(home, 'run'),
      onEvent(event) {
        if (event.type === 'stage-end') left[event.stage] = event.outcome.checkpoint!;
        if (event.type === 'warning') warnings.push(event.message);
      },
    });
    expect(status).toBe('finished');
    expect(warnings.join('\n')).toMatch(/of the probed completions were cut at their limit of 4 tokens/);
    for (const [folder, kind] of [
      [left.outcome, 'sequence'],
      [left.process, 'token'],
    ] as const) {
      const classifier = await loadClassifier(folder!);
      expect(classifier.kind).toBe(kind);
      classifier.dispose();
    }
    expect(JSON.parse(readFileSync(join(left.reinforce!, 'config.json'), 'utf8')).architectures).toEqual([
      'LlamaForCausalLM',
    ]);
    expect(result!.checkpoint).toBe(left.follow);
  });

  it.each([
    ['num_ppo_epochs: 1', 'num_ppo_epoch: 1', /small.yaml:9.*num_ppo_epochs/],
    ['response_length: 4', 'response_length: 4, kl_coef: 0, adap_kl_ctrl: true', /small.yaml:9.*adapKlCtrl/],
    ['max_new_tokens: 4, teacher: ./teacher', 'max_new_tokens: 4', /no teacher/],
    ['max_new_tokens: 4', 'max_new_tokens: 4, loss_type: nll', /repeat itself/],
  ])('refuse what cannot work before anything runs: %s', async (from, to, message) => {
    await expect(checkRecipe(recipe(text.replace(from, to)))).rejects.toThrow(message);
  });
});
