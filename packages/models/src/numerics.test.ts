// Models loaded with int8 or bf16 numerics: samples and scores agree with each other exactly and with exact numerics nearly; nothing is
// trained through them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectTrajectories, type RolloutRequest } from '@thinkwright/rollouts';
import { listDevices, numericsOf, tf, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from './engine/engine.ts';
import { type LoadModelOptions, loadModel } from './loading/load-model.ts';
import { saveModel } from './save-model.ts';
import { tinyModel } from './test/tiny-model.ts';
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
};
const requests: RolloutRequest[] = Array.from({ length: 3 }, (_, s) => ({
  key: `prompt-${s}`,
  promptIds: Int32Array.from({ length: 9 + 13 * s }, (_, i) => (7 * i + 3 * s + i * i) % 90),
  samples: 4,
  sampling: { temperature: 1, maxTokens: 20, stopIds: [2], seed: 5 },
}));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-numerics-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasNative)('a model in numerics that are not exact', () => {
  beforeAll(async () => {
    await useDevice('native');
    const model = tinyModel({ seed: 3, ...config });
    await saveModel(model, folder);
    model.dispose();
  });

  it.each([
    ['q8_0', 'int8'],
    ['q4_0', 'int8'],
    ['q4_1', 'int8'],
    ['bfloat16', 'bf16'],
  ] as const)(
    '%s, %s: samples do not depend on the batch, scores are theirs exactly, and near those of exact numerics',
    async (storage, numerics) => {
      const model = await loadModel(folder, { storage, numerics });
      for (const [name, tensor] of model.namedTensors())
        expect(numericsOf(tensor), name).toBe(tensor.rank === 2 ? numerics : 'exact');
      const sample = async (maxBatch: number) =>
        (await collectTrajectories(createEngine(model, { maxBatch }), requests)).flat();
      const trajectories = await sample(64);
      for (const maxBatch of [1, 5])
        expect((await sample(maxBatch)).map(({ ids, logProbs }) => [[...ids], [...logProbs]])).toEqual(
          trajectories.map(({ ids, logProbs }) => [[...ids], [...logProbs]]),
        );
      const sequences = trajectories.map(({ promptIds, ids }) => ({
        ids: Int32Array.of(...promptIds, ...ids),
        from: promptIds.length,
      }));
      const score = (scorer: typeof model) => {
        const logProbs = tf.tidy(() => tokenLogProbsOf(scorer, sequences).logProbs);
        const values = [...logProbs.dataSync()];
        logProbs.dispose();
        return values;
      };
      const scores = score(model);
      expect(scores).toEqual(trajectories.flatMap(({ logProbs }) => [...logProbs]));
      const exact = await loadModel(folder, { storage });
      const differences = score(exact).map((value, i) => Math.abs(value - scores[i]!));
      const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
      expect(mean).toBeLessThan(0.05);
      expect(mean).toBeGreaterThan(0);
      model.dispose();
      exact.dispose();
    },
  );

  it('cannot be trained, nor an adapter on it', async () => {
    const model = await loadModel(folder, { storage: 'q8_0', numerics: 'int8', lora: { r: 2, seed: 1 } });
    expect(() => model.parameters()).toThrow(expect.objectContaining({ code: 'TW_MODELS_INFERENCE_NUMERICS' }));
    model.dispose();
  });

  it.each([
    [{ numerics: 'int8' }, /does not read storage 'float32'/],
    [{ numerics: 'int8', storage: 'bfloat16' }, /does not read storage 'bfloat16'/],
    [{ numerics: 'int8', storage: 'native' }, /no matrix is kept/],
    [{ numerics: 'fp8', storage: 'q8_0' }, /expected one of exact, int8, bf16/],
  ] as [LoadModelOptions, RegExp][])('%j is refused', async (options, message) => {
    const before = tf.memory().numTensors;
    await expect(loadModel(folder, options)).rejects.toThrow(
      expect.objectContaining({ code: 'TW_MODELS_BAD_NUMERICS', message: expect.stringMatching(message) }),
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('int8 numerics on another device', () => {
  it('are refused', async () => {
    await useDevice('cpu');
    await expect(loadModel(folder, { storage: 'q8_0', numerics: 'int8' })).rejects.toMatchObject({
      code: 'TW_MODELS_BAD_NUMERICS',
    });
  });
});
