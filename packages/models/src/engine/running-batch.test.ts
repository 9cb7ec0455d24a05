// Calls of one engine that overlap: each gets what it would get alone, to the bit, and none disturbs another.

import { collectTrajectories, type RolloutEngine, type RolloutRequest, type Trajectory } from '@thinkwright/rollouts';
import { listDevices, memoryReport, useDevice } from '@thinkwright/tensors';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../test/tiny-model.ts';
import { DecodeStep } from './decode-step.ts';
import { createEngine } from './engine.ts';

const request = (key: string, length: number, samples: number, maxTokens: number, extra = {}): RolloutRequest => ({
  key,
  samples,
  promptIds: Int32Array.from({ length }, (_, i) => (7 * i + key.charCodeAt(0)) % 32),
  sampling: { temperature: 1, maxTokens, stopIds: [2], seed: 3, ...extra },
});
const plain = (groups: Trajectory[][]) =>
  groups.map((group) => group.map(({ ids, logProbs, finish }) => [[...ids], [...logProbs], finish]));

/** Reads a call, and after each trajectory or token event does `then`. */
async function readWith(engine: RolloutEngine, requests: RolloutRequest[], then: () => void): Promise<Trajectory[]> {
  const read: Trajectory[] = [];
  for await (const trajectory of engine.generate(requests, { onTokens: then })) read.push(trajectory);
  return read;
}

const devices = (await listDevices()).filter(({ available }) => available).map(({ name }) => name);
const [device = 'cpu'] = ['native'].filter((name) => devices.includes(name));

describe(`calls that share a batch on ${device}`, () => {
  beforeAll(async () => {
    await useDevice(device);
  });
  const model = () => tinyModel({ seed: 1 });

  it('get the same bits as alone, whatever joins when, with settings of their own', async () => {
    const shared = model();
    const extras = [{}, { temperature: 0.7, topK: 5 }, { temperature: 0 }, { frequencyPenalty: 1, topP: 0.9 }];
    const someCalls = fc.array(
      fc.record({
        length: fc.integer({ min: 1, max: 40 }),
        samples: fc.integer({ min: 1, max: 5 }),
        maxTokens: fc.integer({ min: 1, max: 30 }),
        extra: fc.constantFrom(...extras),
        delay: fc.integer({ min: 0, max: 12 }),
      }),
      { minLength: 2, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(someCalls, fc.integer({ min: 1, max: 9 }), async (calls, maxBatch) => {
        const engine = createEngine(shared, { maxBatch });
        const requests = calls.map(({ length, samples, maxTokens, extra }, index) => [
          request('p', length, samples, maxTokens, { seed: index, ...extra }),
          request('q', 3, 1, maxTokens, extra),
        ]);
        const together = await Promise.all(
          calls.map(async ({ delay }, index) => {
            for (let turn = 0; turn < delay; turn++) await new Promise(setImmediate);
            return collectTrajectories(engine, requests[index]!);
          }),
        );
        for (const [index, found] of together.entries())
          expect(plain(found)).toEqual(plain(await collectTrajectories(createEngine(shared), requests[index]!)));
      }),
      { numRuns: 12 },
    );
    shared.dispose();
  });

  it('a short call ends while a long one with every slot goes on', async () => {
    const shared = model();
    const engine = createEngine(shared, { maxBatch: 4 });
    let short: Promise<Trajectory[][]> | undefined;
    let tokensAtEnd = 0;
    let tokens = 0;
    const long = await readWith(engine, [request('a', 3, 24, 20, { stopIds: [] })], () => {
      tokens++;
      short ??= collectTrajectories(engine, [request('b', 40, 2, 4, { stopIds: [] })]).then((groups) => {
        tokensAtEnd = tokens;
        return groups;
      });
    });
    expect((await short!).flat()).toHaveLength(2);
    expect(long).toHaveLength(24);
    expect(tokensAtEnd).toBeLessThan(tokens / 2);
    shared.dispose();
  });

  it('an abort, an early return or a listener that throws ends its own call only', async () => {
    const shared = model();
    const engine = createEngine(shared, { maxBatch: 3 });
    const requests = [request('a', 5, 6, 12, { stopIds: [] })];
    const before = memoryReport().liveTensors;
    const alone = await collectTrajectories(engine, requests);
    const controller = new AbortController();
    const [survivor, aborted, , thrown] = await Promise.all([
      collectTrajectories(engine, requests),
      collectTrajectories(engine, requests, { signal: controller.signal, onTokens: () => controller.abort() }),
      (async () => {
        for await (const _ of engine.generate(requests)) break;
      })(),
      collectTrajectories(engine, requests, {
        onTokens: () => {
          throw new Error('listener');
        },
      }).catch((error: Error) => error.message),
    ]);
    expect(plain(survivor)).toEqual(plain(alone));
    expect(aborted.flat()).toHaveLength(6);
    expect(aborted.flat().every(({ finish }) => finish === 'abort')).toBe(true);
    expect(thrown).toBe('listener');
    expect(memoryReport().liveTensors).toBe(before);
    shared.dispose();
  });

  it('a call too long to fit beside the others waits for them, and those after it too', async () => {
    const shared = model();
    const bytesOfSlot = 2 * 4 * 2 * 2 * 8 * 32;
    const engine = createEngine(shared, { maxCacheBytes: 4 * bytesOfSlot });
    const order: string[] = [];
    const call = async (name: string, one: RolloutRequest) => {
      const groups = await collectTrajectories(engine, [one]);
      order.push(name);
      return groups;
    };
    const short = request('a', 3, 6, 20, { stopIds: [] });
    const long = request('b', 40, 2, 10, { stopIds: [] });
    const [, found] = await Promise.all([call('short', short), call('long', long), call('last', short)]);
    expect(order[0]).toBe('short');
    expect(plain(found!)).toEqual(plain(await collectTrajectories(createEngine(shared), [long])));
    shared.dispose();
  });

  it('a call that joins after an update samples from the new weights', async () => {
    const shared = model();
    const engine = createEngine(shared, { maxBatch: 2 });
    let second: Promise<Trajectory[][]> | undefined;
    const first = [request('a', 3, 4, 20, { stopIds: [] })];
    const next = [request('b', 3, 2, 8, { stopIds: [] })];
    const other = tinyModel({ seed: 2 });
    await readWith(engine, first, () => {
      if (second) return;
      for (const [name, variable] of shared.namedTensors()) variable.assign(other.namedTensors().get(name)! as never);
      shared.weightVersion++;
      second = collectTrajectories(engine, next);
    });
    const expected = await collectTrajectories(createEngine(other), next);
    expect(plain(await second!)).toEqual(plain(expected));
    expect((await second!)[0]![0]!.weightVersion).toBe(1);
    shared.dispose();
    other.dispose();
  });

  it('a step that fails ends its calls with the error, and the next call is served', async () => {
    const shared = model();
    const engine = createEngine(shared, { maxBatch: 2 });
    const asked = [request('a', 3, 2, 8, { stopIds: [] })];
    // Both the step that runs and the one launched behind it fail, as after an error of a kernel; an unread one would end the process.
    const { run, repeat } = DecodeStep.prototype; // not by a spy, which would attach handlers of its own
    const fail = () => Promise.reject(new Error('the kernel failed'));
    Object.assign(DecodeStep.prototype, { run: fail, repeat: fail });
    await expect(collectTrajectories(engine, asked)).rejects.toThrow('the kernel failed');
    await new Promise(setImmediate);
    Object.assign(DecodeStep.prototype, { run, repeat });
    expect(plain(await collectTrajectories(engine, asked))).toEqual(
      plain(await collectTrajectories(createEngine(shared), asked)),
    );
    shared.dispose();
  });
});
