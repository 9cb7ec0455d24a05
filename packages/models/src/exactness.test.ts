// The promise of the native device: decoding is the training forward bit for bit, whatever the batch, the positions in it,
// the order of its rows, captured or not; so the sampler's log-probs are the trainer's, and the first ratio is exactly 1.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { collectTrajectories, type RolloutRequest } from '@thinkwright/rollouts';
import {
  createKeyValueCache,
  createLayout,
  type KeyValueStorage,
  linear,
  listDevices,
  tf,
  useDevice,
} from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.ts';
import { createEngine } from './engine/engine.ts';
import type { LanguageModel } from './language-model.ts';
import { createAdapter } from './lora/adapter.ts';
import { type PolicySteps, runPolicySteps } from './test/policy-steps.ts';
import { tinyModel } from './test/tiny-model.ts';
import { tokenLogProbsOf } from './token-log-probs-of.ts';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);

/** What differs between models that the promise is kept for. */
const kinds = {
  llama: {},
  qwen3: { modelType: 'qwen3' },
  gemma3: {
    modelType: 'gemma3_text',
    slidingWindow: { size: 5, layers: [0] },
    localRopeTheta: 100,
    queryPreAttentionScalar: 7,
  },
  mistral: { modelType: 'mistral', slidingWindow: { size: 5, layers: [0, 1] } },
  'qwen3 with a window across blocks of keys': { modelType: 'qwen3', slidingWindow: { size: 33, layers: [1] } },
  smollm3: { modelType: 'smollm3', layersWithoutRope: [1], slidingWindow: { size: 7, layers: [1] } },
} satisfies Record<string, Partial<ModelConfig>>;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

/** Sizes that fill no vector register evenly; the norms of heads, where there are some, scale each dimension on its own. */
function model(seed: number, kind: Kind): LanguageModel {
  const policy = tinyModel({
    ...kinds[kind],
    seed,
    vocabularySize: 77,
    hiddenSize: 40,
    intermediateSize: 72,
    headCount: 6,
    keyValueHeadCount: 2,
    headDimension: 10,
    maxPositions: 128,
    attentionBias: true,
    tieWordEmbeddings: false,
  });
  for (const [name, norm] of policy.namedTensors())
    if (/[qk]_norm/.test(name)) tf.tidy(() => norm.assign(tf.linspace(0.6, 1.7, 10)));
  return policy;
}

/** Sequence s has ids (5 s + 3 i + i²) mod V. */
const sequence = (s: number, length: number) => Int32Array.from({ length }, (_, i) => (5 * s + 3 * i + i * i) % 77);

async function trainingLogits(policy: LanguageModel, sequences: Int32Array[]): Promise<Float32Array[]> {
  const layout = createLayout(sequences.map(({ length }) => length));
  const logits = tf.tidy(() =>
    linear(
      policy.hidden(tf.tensor1d(Int32Array.from(sequences.flatMap((ids) => [...ids])), 'int32'), layout),
      policy.outputWeight(),
    ),
  );
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  layout.dispose();
  let start = 0;
  return sequences.map(({ length }) => {
    start += length;
    return values.slice((start - length) * 77, start * 77);
  });
}

/** Prefills each sequence to its own point, then decodes all side by side, each at its own position. */
async function decodeLogits(policy: LanguageModel, sequences: Int32Array[], prefixes: number[]): Promise<number[][]> {
  const { layerCount: layers, keyValueHeadCount, headDimension } = policy.config;
  const cache = createKeyValueCache({
    layers,
    slots: sequences.length,
    capacity: 96,
    keyValueHeadCount,
    headDimension,
    storage: policy.keyValueCache,
  });
  const logits: number[][] = sequences.map(() => []);
  const feed = async (rows: { s: number; position: number }[]) => {
    const ints = (pick: (row: { s: number; position: number }) => number) =>
      tf.tensor1d(Int32Array.from(rows, pick), 'int32');
    const output = tf.tidy(() =>
      linear(
        policy.decode(
          ints(({ s, position }) => sequences[s]![position]!),
          cache,
          ints(({ s }) => s),
          ints(({ position }) => position),
        ),
        policy.outputWeight(),
      ),
    );
    const values = await output.data();
    output.dispose();
    for (const [row, { s }] of rows.entries()) logits[s]!.push(...values.slice(row * 77, (row + 1) * 77));
  };
  await feed(sequences.flatMap((_, s) => Array.from({ length: prefixes[s]! }, (_, position) => ({ s, position }))));
  for (let step = 0; ; step++) {
    const live = sequences.map((ids, s) => ({ s, position: prefixes[s]! + step, length: ids.length }));
    const rows = live.filter(({ position, length }) => position < length).reverse();
    if (rows.length === 0) break;
    await feed(rows);
  }
  cache.dispose();
  return logits;
}

describe.skipIf(!hasNative)('on the native device', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  const batches = [1, 3, 8, 64].map((batch) => ['llama', batch] as const);
  const storages = ['float32', 'bfloat16'] as const;
  const others = names
    .filter((name) => name !== 'llama')
    .flatMap((name) => [3, 64].map((batch) => [name, batch] as const));
  it.each([...batches, ...others])(
    '%s, decoding %i staggered sequences, gives the bits of the training forward',
    async (kind, batch) => {
      for (const storage of storages) await expectSameLogits(kind, batch, storage);
    },
  );

  async function expectSameLogits(kind: Kind, batch: number, storage: KeyValueStorage) {
    const policy = model(batch, kind);
    policy.keyValueCache = storage;
    const sequences = Array.from({ length: batch }, (_, s) => sequence(s, 40 + ((7 * s) % 45)));
    const prefixes = sequences.map(({ length }, s) => 1 + ((11 * s) % (length - 1)));
    const expected = await trainingLogits(policy, sequences);
    const alone = await trainingLogits(policy, [sequences[batch - 1]!]);
    const found = await decodeLogits(policy, sequences, prefixes);
    expect(Buffer.from(alone[0]!.buffer).equals(Buffer.from(expected[batch - 1]!.buffer))).toBe(true);
    for (const [s, values] of expected.entries()) {
      expect(found[s]!.length).toBe(values.length);
      expect(found[s]!.findIndex((value, index) => !Object.is(value, values[index]))).toBe(-1);
    }
    policy.dispose();
  }

  const requests: RolloutRequest[] = Array.from({ length: 9 }, (_, s) => ({
    key: `prompt-${s}`,
    promptIds: sequence(s, 1 + 5 * s),
    samples: 8,
    sampling: { temperature: s % 2 ? 1 : 0.7, maxTokens: 30, stopIds: [2, 40], seed: 5 },
  }));

  const stored = names.flatMap((name) => storages.map((storage) => [name, storage] as const));
  it.each(stored)(
    '%s: the ratio of trainer to sampler is exactly 1 for every sampled id, with and without an adapter, cache of %s',
    async (kind, storage) => {
      const policy = model(3, kind);
      policy.keyValueCache = storage;
      for (const adapted of [false, true]) {
        if (adapted) {
          const adapter = createAdapter(policy.config, { r: 5, seed: 2 });
          for (const { b } of adapter.pairs.values()) tf.tidy(() => b.assign(tf.add(b, 0.05)));
          policy.attachAdapter(adapter);
        }
        for (const temperature of [1, 0.7]) {
          const some = requests.filter(({ sampling }) => sampling.temperature === temperature);
          const trajectories = (await collectTrajectories(createEngine(policy, { maxBatch: 20 }), some)).flat();
          const sequences = trajectories.map(({ promptIds, ids }) => ({
            ids: Int32Array.of(...promptIds, ...ids),
            from: promptIds.length,
          }));
          const logProbs = tf.tidy(() => tokenLogProbsOf(policy, sequences, { temperature }).logProbs);
          const trained = await logProbs.data();
          logProbs.dispose();
          const sampled = trajectories.flatMap((trajectory) => [...trajectory.logProbs]);
          expect(trained.length).toBe(sampled.length);
          expect(sampled.findIndex((value, index) => Math.exp(trained[index]! - value) !== 1)).toBe(-1);
        }
      }
      policy.dispose();
    },
  );

  it.each(names)('%s: captured and step-by-step sampling agree, in every batch', async (kind) => {
    const policy = model(4, kind);
    const plain = async (options: Parameters<typeof createEngine>[1], some = requests) =>
      (await collectTrajectories(createEngine(policy, options), some))
        .flat()
        .map(({ ids, logProbs, finish }) => [[...ids], [...logProbs], finish]);
    const expected = await plain({ capture: false });
    for (const maxBatch of [1, 7, 64]) expect(await plain({ maxBatch })).toEqual(expected);
    const even = requests.filter(({ sampling }) => sampling.temperature === 1);
    expect(await plain({ maxBatch: 17 }, even)).toEqual(await plain({ capture: false, maxBatch: 5 }, even));
    policy.dispose();
  });

  it.each(['llama', 'qwen3', 'smollm3', 'gemma3'] as const)(
    '%s stays exact while its weights are trained, for any thread count and instruction set',
    async (kind) => {
      const here = await runPolicySteps({}, kinds[kind]);
      expect(here.sampledIds).toBeGreaterThan(200);
      expect(here.unequalRatios).toBe(0);
      expect(await runPolicySteps({ capture: false, maxBatch: 3 }, kinds[kind])).toEqual(here);
      for (const environment of [
        { THINKWRIGHT_THREADS: '1' },
        { THINKWRIGHT_THREADS: '2' },
        { THINKWRIGHT_THREADS: '2', THINKWRIGHT_ISA: 'portable' },
      ])
        expect(await elsewhere(kinds[kind], environment)).toEqual(here);
    },
  );
});

/** `runPolicySteps` in a process with another environment. */
async function elsewhere(changes: Partial<ModelConfig>, environment: NodeJS.ProcessEnv): Promise<PolicySteps> {
  const script = `
    import { useDevice } from '@thinkwright/tensors';
    import { runPolicySteps } from '${new URL('./test/policy-steps.ts', import.meta.url)}';
    await useDevice('native');
    console.log(JSON.stringify(await runPolicySteps({}, ${JSON.stringify(changes)})));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@thinkwright/source', '--input-type=module', '-e', script],
    { cwd: import.meta.dirname, env: { ...process.env, ...environment } },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as PolicySteps;
}
