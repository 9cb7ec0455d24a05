// storage, numerics and keyValueCache in recipes: measured so, trained through an adapter so, and refused where they cannot be.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { createModel, loadModel, saveModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { listDevices, tf, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '../manifest/load-recipe.ts';
import type { EvaluationResult } from '../run/events.ts';
import { checkRecipe, runRecipe } from '../run/run-recipe.ts';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);
const home = mkdtempSync(join(tmpdir(), 'model-options-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const format = presetFormat('quickstart');
const sizes = { hiddenSize: 32, intermediateSize: 64, headCount: 2, keyValueHeadCount: 1, headDimension: 16 };
const save = async (model: ReturnType<typeof tinyModel>, name: string) => {
  await saveModel(model, join(home, name), { tokenizerFiles: format.files });
  model.dispose();
};

const recipe = (model: string, stages: string[], device = 'native') =>
  parseRecipe(
    `name: small\ndevice: ${device}\nmodel: { ${model} }\ndata: { name: last-digit-chains }\nstages:\n${stages.map((stage) => `  - { ${stage} }\n`).join('')}`,
    join(home, 'small.yaml'),
  );
const test = (options = '') =>
  `name: test, kind: evaluate, options: { problems: 8, samples: 1, max_tokens: 40${options && `, ${options}`} }`;
const sft =
  'name: sft, kind: sft, options: { max_steps: 2, per_device_train_batch_size: 2, learning_rate: 1e-2, max_length: 96 }';
const rl =
  'name: rl, kind: rl, options: { max_steps: 1, per_device_train_batch_size: 4, num_generations: 4, max_completion_length: 6, learning_rate: 1e-2, scale_rewards: none, beta: 0.1 }';

const judge =
  'name: judge, kind: reward-model, data: { name: pairs.jsonl }, options: { max_steps: 2, per_device_train_batch_size: 2, learning_rate: 1e-2 }';
const distill = (options: string) =>
  `name: follow, kind: distill, options: { max_steps: 2, per_device_train_batch_size: 2, learning_rate: 1e-2, max_new_tokens: 4, ${options.includes('teacher:') ? '' : 'teacher: model, '}${options} }`;
const judged = rl.replace('kind: rl,', 'kind: rl, rewards: { judge: 1 },');

let runs = 0;
/** What the stages left, and what the evaluation measured. */
async function outcomes(run: ReturnType<typeof recipe>) {
  const left: Record<string, string> = {};
  let evaluation: EvaluationResult | undefined;
  await runRecipe(run, {
    folder: join(home, `run-${runs++}`),
    onEvent(event) {
      if (event.type !== 'stage-end') return;
      if (event.outcome.checkpoint) left[event.stage] = event.outcome.checkpoint;
      evaluation = event.outcome.evaluation ?? evaluation;
    },
  });
  return { left, evaluation };
}
const adapterOf = (folder: string | undefined) => readFileSync(join(folder!, 'adapter_model.safetensors'));

beforeAll(async () => {
  await useDevice('cpu');
  const pairs = [
    { prompt: '1+2', chosen: '3', rejected: '4' },
    { prompt: '2+2', chosen: '4', rejected: '5' },
  ];
  writeFileSync(join(home, 'pairs.jsonl'), pairs.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const made = {
    ...sizes,
    vocabularySize: format.tokenizer.vocabularySize,
    embeddingStd: 0.3,
    eosTokenIds: format.stopIds,
  };
  await save(tinyModel({ ...made, maxPositions: 128, seed: 4 }), 'model');
});

describe('a recipe', () => {
  const lora = 'path: model, lora: { r: 2 }';
  it.each([
    ['path: model, storage: q8', [sft], /small\.yaml:3: model\.storage is "q8".*Did you mean "q8_0"\?/],
    ['path: model, storge: q8_0', [sft], /unknown key "storge" in model\. Did you mean "storage"\?/],
    ['path: model, key_value_cache: bf16', [test()], /model\.key_value_cache is "bf16"\. .*"bfloat16"/],
    ['path: model, storage: q8_0', [sft], /small\.yaml:3: model\.storage is "q8_0", .*are frozen.*model\.lora/],
    ['path: model, storage: q8_0', [rl], /are frozen.*QLoRA/],
    [`${lora}, storage: q8_0, numerics: int8`, [sft], /model\.numerics is "int8", which is for inference/],
    [`${lora}`, [sft, test('numerics: int8')], /small\.yaml:7: numerics 'int8' does not read storage 'float32'/],
    [`${lora}, storage: bfloat16`, [test('numerics: int8')], /does not read storage 'bfloat16'\. Set storage to q8_0/],
    [`${lora}`, [distill('teacher_storage: q8')], /options\.teacher_storage is "q8".*Did you mean "q8_0"\?/],
    [`${lora}`, [distill('teacher_numerics: int8')], /small\.yaml:6: numerics 'int8' does not read storage 'float32'/],
    [`${lora}`, [test('numerics: fp8')], /options\.numerics is "fp8"/],
    [
      'scratch: { hidden_size: 32, intermediate_size: 64, layer_count: 1, head_count: 2 }',
      [test('storage: q8_0')],
      /stage "test" has storage "q8_0", but the model before it is fresh/,
    ],
  ])('with %s and %j is refused before anything runs', async (model, stages, message) => {
    await expect((async () => checkRecipe(recipe(model, stages)))()).rejects.toThrow(message);
  });
});

describe.skipIf(!hasNative)('a recipe on the native device', () => {
  // A model in float32 with the values that q4_0 gives those of the other.
  beforeAll(async () => {
    await useDevice('native');
    const quantised = await loadModel(join(home, 'model'), { storage: 'q4_0' });
    const rounded = createModel(quantised.config, { seed: 0 });
    for (const [name, variable] of rounded.namedTensors()) {
      const values = await quantised.namedTensors().get(name)!.data();
      tf.tidy(() => variable.assign(tf.tensor(values as Float32Array, variable.shape)));
    }
    quantised.dispose();
    await save(rounded, 'rounded');
  });

  it('measures as the evaluation says, over what the recipe says', async () => {
    await useDevice('native');
    const way = 'storage: q4_0, numerics: int8, key_value_cache: bfloat16';
    const plain = (await outcomes(recipe('path: model', [test()]))).evaluation;
    const own = (await outcomes(recipe('path: model', [test(way)]))).evaluation;
    expect(own!.problems).toBe(8);
    expect(own!.samples).not.toEqual(plain!.samples);
    expect((await outcomes(recipe(`path: model, ${way}`, [test()]))).evaluation).toEqual(own);
    const back = 'storage: float32, numerics: exact, key_value_cache: float32';
    expect((await outcomes(recipe(`path: model, ${way}`, [test(back)]))).evaluation).toEqual(plain);
  });

  it('trains the adapter that float32 weights of the same values would get, stage after stage', async () => {
    await useDevice('native');
    const stages = [sft, judge, judged, test()];
    const q4 = await outcomes(recipe('path: model, lora: { r: 2 }, storage: q4_0', stages));
    const same = await outcomes(recipe('path: rounded, lora: { r: 2 }', stages));
    const full = await outcomes(recipe('path: model, lora: { r: 2 }', stages));
    for (const stage of ['sft', 'judge', 'rl']) {
      expect(adapterOf(q4.left[stage]).equals(adapterOf(same.left[stage])), stage).toBe(true);
      expect(adapterOf(q4.left[stage]).equals(adapterOf(full.left[stage])), stage).toBe(false);
    }
    expect(q4.evaluation).toEqual(same.evaluation);
  });

  it('learns from a teacher in fewer bits what float32 weights of the same values would teach', async () => {
    await useDevice('native');
    const from = async (options: string) =>
      readFileSync(join((await outcomes(recipe('path: model', [distill(options)]))).left.follow!, 'model.safetensors'));
    const [quantised, same, full, rough] = [
      await from('teacher: model, teacher_storage: q4_0'),
      await from('teacher: rounded'),
      await from('teacher: model'),
      await from('teacher: model, teacher_storage: q4_0, teacher_numerics: int8, teacher_key_value_cache: bfloat16'),
    ];
    expect(quantised.equals(same)).toBe(true);
    expect(quantised.equals(full)).toBe(false);
    expect(quantised.equals(rough)).toBe(false);
  });

  it('samples from a rounded cache in training and goes on so, and a fresh model may have one', async () => {
    const scratch = 'scratch: { hidden_size: 16, intermediate_size: 32, layer_count: 1, head_count: 2 }';
    const weights = (folder?: string) => readFileSync(join(folder!, 'model.safetensors'));
    const plain = await outcomes(recipe(scratch, [sft, rl]));
    const rounded = await outcomes(recipe(`${scratch}, key_value_cache: bfloat16`, [sft, rl]));
    for (const stage of ['sft', 'rl'])
      expect(weights(rounded.left[stage]).equals(weights(plain.left[stage])), stage).toBe(false);
  });
});
