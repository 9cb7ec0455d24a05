// PPO with a value model in a recipe: by the name of an earlier stage or by its place, trained, saved and resumed to the same bytes.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { openSafetensors } from '@thinkwright/checkpoints';
import { saveModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../manifest/load-recipe.ts';
import { planRun } from '../run/plan.ts';
import { checkRecipe, runRecipe } from '../run/run-recipe.ts';
import { stageExecutors } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'value-model-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const scratch = 'scratch: { hidden_size: 8, intermediate_size: 16, layer_count: 1, head_count: 2 }';
const text = (valueModel: string, model = scratch) => `name: small
device: auto
model: { ${model} }
data: { name: last-digit-chains }
stages:
  - { name: warm, kind: sft, options: { max_steps: 1, per_device_train_batch_size: 2 } }
  - { name: outcome, kind: reward-model, data: { name: pairs.jsonl }, options: { max_steps: 1, per_device_train_batch_size: 2 } }
  - { name: test, kind: evaluate, options: { problems: 1, samples: 0, max_tokens: 2 } }
  - name: reinforce
    kind: ppo
    options: { max_steps: 5, per_device_train_batch_size: 4, num_ppo_epochs: 2, response_length: 4, learning_rate: 1e-2, value_model: ${valueModel} }
`;
const recipe = (valueModel: string, model?: string) => parseRecipe(text(valueModel, model), join(home, 'small.yaml'));

let runs = 0;
/** Runs to the end, or until `stopAfter` steps of PPO are done. */
async function run(valueModel: string, { folder = join(home, `run-${runs++}`), stopAfter = 0, model = scratch } = {}) {
  const stop = new AbortController();
  let left = '';
  const { status } = await runRecipe(recipe(valueModel, model), {
    folder,
    signal: stop.signal,
    onEvent(event) {
      if (event.type === 'stage-end' && event.stage === 'reinforce') left = event.outcome.checkpoint!;
      if (event.type === 'step' && event.stage === 'reinforce' && event.step === stopAfter) stop.abort();
    },
  });
  return { status, folder, left };
}
const bytes = (folder: string) =>
  Object.fromEntries(readdirSync(folder).flatMap((name) => (/\.safetensors$/.test(name) ? [[name, readFileSync(join(folder, name)).toString('base64')]] : []))); // biome-ignore format: one expression
const metrics = (folder: string) =>
  readFileSync(join(folder, '..', 'metrics.jsonl'), 'utf8').replace(/"(seconds|elapsed|tokens_per_second)":[\d.e+-]+,?/g, ''); // biome-ignore format: one expression

async function valueNames(folder: string): Promise<string[]> {
  const file = await openSafetensors(join(folder, 'value_head.safetensors'));
  const names = [...file.entries.keys()].filter((name) => name.startsWith('value_model.'));
  await file.close();
  return names;
}

beforeAll(async () => {
  await useDevice('auto');
  writeFileSync(join(home, 'pairs.jsonl'), '{"prompt":"1+2","chosen":"3","rejected":"4"}\n{"prompt":"2+2","chosen":"4","rejected":"5"}\n'); // biome-ignore format: one file
  const format = presetFormat('quickstart');
  const made = { vocabularySize: format.tokenizer.vocabularySize, layerCount: 1, maxPositions: 128 };
  for (const name of ['critic', 'other']) {
    const tokenizer = format.files['tokenizer.json']!;
    const files = name === 'other' ? { ...format.files, 'tokenizer.json': swapped(tokenizer) } : format.files;
    const model = tinyModel(made);
    await saveModel(model, join(home, name), { tokenizerFiles: files });
    model.dispose();
  }
});

/** The same vocabulary with two tokens in each other's places. */
const swapped = (tokenizer: string) => tokenizer.replace(/"1": ?(\d+)([\s\S]*?)"2": ?(\d+)/, '"1": $3$2"2": $1');

describe('a PPO stage with a value model', () => {
  it.each(['warm', 'outcome', './critic'])('%s trains and saves it beside the policy', async (named) => {
    const { status, left } = await run(named);
    expect(status).toBe('finished');
    expect(await valueNames(left)).toContain('value_model.model.embed_tokens.weight');
  });

  it('stopped after any step, within a generation too, goes on to the same bytes', async () => {
    const whole = await run('outcome');
    const expected = bytes(whole.left);
    expect(Object.keys(expected).sort()).toEqual(['model.safetensors', 'value_head.safetensors']);
    for (const stopAfter of [1, 2, 3]) {
      const { status, folder } = await run('outcome', { stopAfter });
      expect(status).toBe('aborted');
      const resumed = await run('outcome', { folder });
      expect(bytes(resumed.left)).toEqual(expected);
      expect(metrics(resumed.left)).toBe(metrics(whole.left));
    }
    expect(bytes((await run('warm')).left)).not.toEqual(expected);
  });

  it('trains an adapter of the value model where the policy is trained through one', async () => {
    const { left } = await run('./critic', { model: 'path: ./critic, lora: { r: 2 }' });
    const names = await valueNames(left);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(name).toMatch(/lora_[AB]/);
  });

  it('depends on that stage', async () => {
    const addresses = async (changed: string) => {
      const environment = { versions: {}, device: 'cpu' };
      const { stages } = await planRun(parseRecipe(changed, join(home, 'small.yaml')), stageExecutors, environment);
      return stages.map(({ hash }) => hash);
    };
    const longer = (text: string) => text.replace('pairs.jsonl }, options: { max_steps: 1', 'pairs.jsonl }, options: { max_steps: 2'); // biome-ignore format: one expression
    expect((await addresses(longer(text('outcome'))))[3]).not.toBe((await addresses(text('outcome')))[3]);
    expect((await addresses(longer(text('warm'))))[3]).toBe((await addresses(text('warm')))[3]);
  });

  it.each([
    ['outcom', /small\.yaml:\d+: there is no stage "outcom" before "reinforce".*Did you mean "outcome"\?/],
    ['reinforce', /there is no stage "reinforce" before/],
    ['test', /there is no stage "test" before "reinforce"/],
    ['3', /value_model is 3/],
  ])('%s is refused before anything runs', async (named, message) => {
    await expect(checkRecipe(recipe(named))).rejects.toThrow(message);
  });

  it('refuses one with another tokenizer, by the first token that differs', async () => {
    await expect(run('./other')).rejects.toThrow(
      /token \d+ of the policy is "1", of ".\/other" "2".*the same tokenizer/,
    );
  });
});
