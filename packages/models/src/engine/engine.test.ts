// The engine keeps the contract of @thinkwright/rollouts on every device present.

import { collectTrajectories, type RolloutRequest, type Sampling } from '@thinkwright/rollouts';
import { rolloutConformance } from '@thinkwright/rollouts/test';
import { listDevices, memoryReport, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAdapter } from '../lora/adapter.ts';
import { tinyModel } from '../test/tiny-model.ts';
import { createEngine } from './engine.ts';

const decode = (ids: Int32Array) => Array.from(ids, (id) => String.fromCharCode(97 + (id % 26))).join('');
const sampling: Sampling = { temperature: 1, maxTokens: 10, stopIds: [2], seed: 3 };
const requests: RolloutRequest[] = ['a', 'bb', 'ccc', 'dddd'].map((key, index) => ({
  key,
  samples: 5,
  promptIds: Int32Array.from({ length: 1 + 4 * index }, (_, i) => (7 * i + index) % 32),
  sampling,
}));

const devices = (await listDevices()).filter(({ available }) => available).map(({ name }) => name);

for (const device of devices.filter((name) => name === 'cpu' || name === 'native'))
  describe(`engine on ${device}`, () => {
    const exact = device === 'native';
    beforeAll(async () => {
      await useDevice(device);
    });

    for (const capture of exact ? [true, false] : [false]) {
      describe(capture ? 'with captured steps' : 'step by step', () => {
        const create = async () => createEngine(tinyModel({ seed: 5 }), { decode, capture, maxBatch: 4 });
        for (const { name, run } of rolloutConformance({ create, decode, scoreTolerance: exact ? 0 : 1e-5 }))
          it(name, run);
      });
    }

    it('gives the same trajectories whatever the number of slots', async () => {
      const model = tinyModel({ seed: 1 });
      const [wide, narrow, one] = await Promise.all(
        [64, 3, 1].map((maxBatch) => collectTrajectories(createEngine(model, { maxBatch }), requests)),
      );
      const plain = (groups: typeof wide) =>
        groups!.flat().map(({ ids, logProbs, finish }) => [[...ids], [...logProbs], finish]);
      if (exact) {
        expect(plain(narrow)).toEqual(plain(wide));
        expect(plain(one)).toEqual(plain(wide));
      } else expect(narrow!.flat().map(({ ids }) => [...ids])).toEqual(wide!.flat().map(({ ids }) => [...ids]));
      model.dispose();
    });

    it('leaves no tensor behind, also after an early return and an error', async () => {
      const model = tinyModel();
      const engine = createEngine(model, { maxBatch: 3 });
      await collectTrajectories(engine, requests);
      const before = memoryReport().liveTensors;
      await collectTrajectories(engine, requests);
      for await (const _ of engine.generate(requests)) break;
      const failing = collectTrajectories(engine, requests, {
        onTokens: () => {
          throw new Error('stop');
        },
      });
      await expect(failing).rejects.toThrow('stop');
      await engine.score([{ ids: Int32Array.of(1, 2, 3), from: 1 }]);
      expect(memoryReport().liveTensors).toBe(before);
      model.dispose();
    });

    it('samples from the weights as they are now', async () => {
      const model = tinyModel({ seed: 1 });
      const engine = createEngine(model);
      const [first] = await collectTrajectories(engine, requests);
      const embedding = model.namedTensors().get('model.embed_tokens.weight')!;
      const other = tinyModel({ seed: 2 });
      embedding.assign(other.namedTensors().get('model.embed_tokens.weight')! as never);
      model.weightVersion++;
      const [second] = await collectTrajectories(engine, requests);
      expect(second!.map(({ ids }) => [...ids])).not.toEqual(first!.map(({ ids }) => [...ids]));
      expect(second![0]!.weightVersion).toBe(1);
      model.dispose();
      other.dispose();
    });

    it('samples through an adapter, and scores agree', async () => {
      const model = tinyModel({ seed: 1 });
      const adapter = createAdapter(model.config, { r: 4, seed: 3 });
      for (const { b } of adapter.pairs.values()) b.assign(tf.add(b, 0.1));
      const engine = createEngine(model);
      const [plain] = await collectTrajectories(engine, requests);
      model.attachAdapter(adapter);
      const [adapted] = await collectTrajectories(engine, requests);
      expect(adapted!.map(({ ids }) => [...ids])).not.toEqual(plain!.map(({ ids }) => [...ids]));
      const scores = await engine.score(
        adapted!.map(({ promptIds, ids }) => ({ ids: Int32Array.of(...promptIds, ...ids), from: promptIds.length })),
      );
      for (const [index, { logProbs }] of adapted!.entries())
        for (const [i, logProb] of logProbs.entries())
          expect(Math.abs(scores[index]![i]! - logProb)).toBeLessThanOrEqual(exact ? 0 : 1e-5);
      model.dispose();
    });
  });

describe('cache budget', () => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  it('queues what does not fit and refuses what never can', async () => {
    const model = tinyModel({ seed: 1 });
    const bytesOfSlot = 2 * 4 * 2 * 2 * 8 * 32; // two tensors, 4 bytes, 2 layers, 2 heads of 8, 32 tokens
    const tight = createEngine(model, { maxCacheBytes: 2 * bytesOfSlot, capture: false });
    expect((await collectTrajectories(tight, requests)).flat()).toHaveLength(20);
    const half = createEngine(model, { maxCacheBytes: bytesOfSlot / 2, capture: false });
    await expect(collectTrajectories(half, requests)).rejects.toMatchObject({ code: 'TW_ROLLOUTS_CACHE_TOO_LARGE' });
    model.keyValueCache = 'bfloat16';
    expect((await collectTrajectories(half, requests)).flat()).toHaveLength(20);
    model.keyValueCache = 'float32';
    const hopeless = createEngine(model, { maxCacheBytes: bytesOfSlot / 2 });
    await expect(collectTrajectories(hopeless, requests)).rejects.toMatchObject({
      code: 'TW_ROLLOUTS_CACHE_TOO_LARGE',
    });
    model.dispose();
  });

  it('lets timers run while it samples', async () => {
    const model = tinyModel({ seed: 1 });
    const controller = new AbortController();
    const many = requests.map((request) => ({
      ...request,
      samples: 40,
      sampling: { ...sampling, maxTokens: 40, stopIds: [] },
    }));
    setTimeout(() => controller.abort(), 50);
    const groups = await collectTrajectories(createEngine(model), many, { signal: controller.signal });
    expect(groups.flat().some(({ finish }) => finish === 'abort')).toBe(true);
    model.dispose();
  });
});
