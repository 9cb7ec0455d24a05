// Models whose matrices are kept in fewer bits: everything they compute has the bits of the float32 model with the same values.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectTrajectories, type RolloutRequest } from '@thinkwright/rollouts';
import {
  computeGradients,
  createLayout,
  listDevices,
  memoryReport,
  storageOf,
  tf,
  tokenLogProbs,
  useDevice,
} from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from './engine/engine.ts';
import { createModel } from './initialize.ts';
import type { LanguageModel } from './language-model.ts';
import { nativeStorage } from './loading/load-config.ts';
import { loadModel } from './loading/load-model.ts';
import { createAdapter } from './lora/adapter.ts';
import { mergeAdapter } from './lora/merge-adapter.ts';
import type { Storage } from './options/index.ts';
import { saveModel } from './save-model.ts';
import { tinyConfig, tinyModel } from './test/tiny-model.ts';
import { tokenLogProbsOf } from './token-log-probs-of.ts';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);
const config = {
  hiddenSize: 64,
  intermediateSize: 96,
  headCount: 4,
  keyValueHeadCount: 2,
  headDimension: 16,
  vocabularySize: 90,
  maxPositions: 96,
  attentionBias: true,
};
const stored: Storage[] = ['bfloat16', 'float16', 'q8_0', 'q4_0', 'q4_1'];
const sequences = Array.from({ length: 5 }, (_, s) => ({
  ids: Int32Array.from({ length: 9 + 13 * s }, (_, i) => (7 * i + 3 * s + i * i) % 90),
  from: 4,
}));
const requests: RolloutRequest[] = Array.from({ length: 3 }, (_, s) => ({
  key: `prompt-${s}`,
  promptIds: sequences[s]!.ids,
  samples: 4,
  sampling: { temperature: 1, maxTokens: 20, stopIds: [2], seed: 5 },
}));

/** A float32 model with the values that `model` has after rounding. */
async function inFloat32(model: LanguageModel): Promise<LanguageModel> {
  const copy = createModel(model.config, { seed: 0 });
  for (const [name, variable] of copy.namedTensors()) {
    const values = await model.namedTensors().get(name)!.data();
    tf.tidy(() => variable.assign(tf.tensor(values as Float32Array, variable.shape)));
  }
  return copy;
}

async function scores(model: LanguageModel): Promise<Float32Array> {
  const logProbs = tf.tidy(() => tokenLogProbsOf(model, sequences).logProbs);
  const values = (await logProbs.data()) as Float32Array;
  logProbs.dispose();
  return values;
}

async function samples(model: LanguageModel, maxBatch: number) {
  const groups = await collectTrajectories(createEngine(model, { maxBatch }), requests);
  return groups.flat().map(({ ids, logProbs }) => [[...ids], [...logProbs]]);
}

async function adapterGradients(
  model: LanguageModel,
  checkpointActivations: boolean,
): Promise<Map<string, Float32Array>> {
  const adapter = createAdapter(model.config, { r: 4, seed: 1 });
  for (const { b } of adapter.pairs.values()) tf.tidy(() => b.assign(tf.add(b, 0.02)));
  model.attachAdapter(adapter);
  const layout = createLayout(sequences.map(({ ids }) => ids.length));
  const ids = sequences.flatMap((sequence) => [...sequence.ids]);
  const targets = tf.tensor1d([...ids.slice(1), 1], 'int32');
  const { loss, gradients } = computeGradients(() => {
    const hidden = model.hidden(tf.tensor1d(ids, 'int32'), layout, { checkpointActivations });
    return tf.neg(tf.mean(tokenLogProbs(hidden, model.outputWeight(), targets).logProbs));
  }, model.parameters());
  layout.dispose();
  targets.dispose();
  const values = new Map<string, Float32Array>();
  for (const [name, gradient] of gradients) values.set(name, (await gradient.data()) as Float32Array);
  tf.dispose([loss, ...gradients.values()]);
  model.detachAdapter()!.dispose();
  return values;
}

const same = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

describe.skipIf(!hasNative)('a model in fewer bits on the native device', () => {
  let folder: string;
  beforeAll(async () => {
    await useDevice('native');
    folder = await mkdtemp(join(tmpdir(), 'thinkwright-storage-'));
    const model = tinyModel({ seed: 3, ...config });
    await saveModel(model, folder);
    model.dispose();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(stored)('%s: scores, samples and adapter gradients equal those of float32 weights bit for bit', (storage) =>
    expectBitsOfFloat32(folder, storage),
  );

  it('so does a Gemma 3, whose layers have a window and an activation of their own', async () => {
    const gemma = await mkdtemp(join(tmpdir(), 'thinkwright-gemma-'));
    const model = tinyModel({
      ...config,
      seed: 3,
      modelType: 'gemma3_text',
      slidingWindow: { size: 6, layers: [0] },
      localRopeTheta: 100,
    });
    await saveModel(model, gemma);
    model.dispose();
    await expectBitsOfFloat32(gemma, 'q4_0');
    await rm(gemma, { recursive: true });
  });

  async function expectBitsOfFloat32(from: string, storage: Storage) {
    const model = await loadModel(from, { storage });
    for (const [name, tensor] of model.namedTensors())
      expect(storageOf(tensor), name).toBe(tensor.rank === 2 ? storage : 'float32');
    const expected = await inFloat32(model);
    expect(same(await scores(model), await scores(expected))).toBe(true);
    const wanted = await samples(expected, 64);
    for (const maxBatch of [1, 5, 64]) expect(await samples(model, maxBatch)).toEqual(wanted);
    const gradients = await adapterGradients(expected, false);
    for (const checkpointActivations of [false, true])
      for (const [name, found] of await adapterGradients(model, checkpointActivations))
        expect(same(found, gradients.get(name)!), name).toBe(true);
    model.dispose();
    expected.dispose();
  }

  it('the sampler is the trainer: every ratio is exactly 1', async () => {
    const model = await loadModel(folder, { storage: 'q4_0', lora: { r: 4, seed: 2 } });
    for (const { b } of model.adapter!.pairs.values()) tf.tidy(() => b.assign(tf.add(b, 0.05)));
    const trajectories = (await collectTrajectories(createEngine(model), requests)).flat();
    const scored = trajectories.map(({ promptIds, ids }) => ({
      ids: Int32Array.of(...promptIds, ...ids),
      from: promptIds.length,
    }));
    const logProbs = tf.tidy(() => tokenLogProbsOf(model, scored).logProbs);
    expect([...(await logProbs.data())]).toEqual(trajectories.flatMap((trajectory) => [...trajectory.logProbs]));
    logProbs.dispose();
    model.dispose();
  });

  it('native keeps a 16-bit file as it is, and only matrices with whole blocks are quantised', async () => {
    const half = await mkdtemp(join(tmpdir(), 'thinkwright-half-'));
    const model = tinyModel({ seed: 3, ...config, hiddenSize: 40 });
    await saveModel(model, half, { dtype: 'BF16' });
    model.dispose();
    const native = await loadModel(half, { storage: 'native' });
    expect(storageOf(native.outputWeight())).toBe('bfloat16');
    expect(await nativeStorage(half)).toBe('bfloat16');
    expect(await nativeStorage(join(half, 'config.json'))).toBe('bfloat16');
    const blocks = await loadModel(half, { storage: 'q8_0' });
    const of = (name: string) => storageOf(blocks.namedTensors().get(`model.layers.0.${name}.weight`)!);
    expect([of('mlp.down_proj'), of('mlp.up_proj'), of('input_layernorm')]).toEqual(['q8_0', 'float32', 'float32']);
    native.dispose();
    blocks.dispose();
    await rm(half, { recursive: true });
  });

  it('with an adapter its weights stay in the bits of the file; merged, all are float32 and can be trained', async () => {
    const half = await mkdtemp(join(tmpdir(), 'thinkwright-half-'));
    const source = tinyModel({ seed: 3, ...config });
    await saveModel(source, half, { dtype: 'BF16' });
    source.dispose();
    const load = (storage?: Storage) => loadModel(half, { storage, lora: { r: 4, seed: 2 } });
    const [model, wide] = await Promise.all([load(), load('float32')]);
    expect(storageOf(model.outputWeight())).toBe('bfloat16');
    expect(storageOf(wide.outputWeight())).toBe('float32');
    for (const each of [model, wide]) {
      for (const { b } of each.adapter!.pairs.values()) tf.tidy(() => b.assign(tf.add(b, 0.05)));
    }
    expect(same(await scores(model), await scores(wide))).toBe(true);
    for (const each of [model, wide]) (await mergeAdapter(each)).dispose();
    for (const { name, variable } of model.parameters()) expect(storageOf(variable), name).toBe('float32');
    expect(same(await scores(model), await scores(wide))).toBe(true);
    model.dispose();
    wide.dispose();
    await rm(half, { recursive: true });
  });

  it('holds the memory of its storage, and frees it', async () => {
    const before = memoryReport().deviceBytes!;
    const bytes: Partial<Record<Storage, number>> = {};
    for (const storage of ['float32', 'q8_0', 'q4_0'] as const) {
      const model = await loadModel(folder, { storage });
      await scores(model);
      bytes[storage] = memoryReport().deviceBytes! - before;
      model.dispose();
    }
    expect(bytes.q8_0! / bytes.float32!).toBeLessThan(0.4);
    expect(bytes.q4_0! / bytes.q8_0!).toBeLessThan(0.8);
    expect(memoryReport().deviceBytes).toBe(before);
  });

  it('is frozen, and says so; an unknown storage is refused before anything is read', async () => {
    const model = await loadModel(folder, { storage: 'q4_1' });
    expect(() => model.parameters()).toThrow(expect.objectContaining({ code: 'TW_MODELS_FROZEN_STORAGE' }));
    model.dispose();
    await expect(loadModel(folder, { storage: 'q3' as Storage })).rejects.toMatchObject({
      code: 'TW_MODELS_BAD_STORAGE',
    });
    await expect(loadModel(folder, { keyValueCache: 'q8_0' as 'bfloat16' })).rejects.toMatchObject({
      code: 'TW_MODELS_BAD_STORAGE',
      message: expect.stringMatching(/keyValueCache is 'q8_0'; expected one of float32, bfloat16/),
    });
  });
});

describe('a model in fewer bits on a device without them', () => {
  it('is the float32 model', async () => {
    await useDevice('cpu');
    const folder = await mkdtemp(join(tmpdir(), 'thinkwright-storage-cpu-'));
    const model = tinyModel({ seed: 1 });
    await saveModel(model, folder);
    const loaded = await loadModel(folder, { storage: 'bfloat16' });
    expect(await scoresOfTiny(loaded)).toEqual(await scoresOfTiny(model));
    model.dispose();
    loaded.dispose();
    await rm(folder, { recursive: true });
  });
});

async function scoresOfTiny(model: LanguageModel): Promise<number[]> {
  expect(model.config.vocabularySize).toBe(tinyConfig().vocabularySize);
  const logProbs = tf.tidy(() => tokenLogProbsOf(model, [{ ids: Int32Array.of(1, 5, 9, 3), from: 1 }]).logProbs);
  const values = [...(await logProbs.data())];
  logProbs.dispose();
  return values;
}
