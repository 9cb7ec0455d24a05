// An engine that puts results of tools into the completions: both online trainers learn from the model's tokens, never read a log-prob of
// another, say what they leave out, and resume in the middle of such a generation.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import type { RewardContext, RewardFunction } from '@thinkwright/rewards';
import type { RolloutEngine, Trajectory } from '@thinkwright/rollouts';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPpoTrainer } from '../ppo/ppo-trainer.ts';
import { collectEvents } from '../test/index.ts';
import { createRlTrainer } from './rl-trainer.ts';

const format = presetFormat('quickstart');
const rows = ['1+2*3', '4-1*7', '5*3+2', '6+6-1'].map((content) => ({
  prompt: [{ role: 'user' as const, content }],
  answer: '0',
}));
const RESULT = [5, 6, 7];

/** The completion with a tool's result behind its first token. */
function withResult(trajectory: Trajectory): Trajectory {
  const put = <Value>(own: Iterable<Value>, result: Value[]) => {
    const [first, ...rest] = own;
    return [first!, ...result, ...rest];
  };
  return {
    ...trajectory,
    ids: Int32Array.from(put(trajectory.ids, RESULT)),
    logProbs: Float32Array.from(
      put(
        trajectory.logProbs,
        RESULT.map(() => Number.NaN),
      ),
    ),
    mask: Uint8Array.from(
      put(
        Array.from(trajectory.ids, () => 1),
        RESULT.map(() => 0),
      ),
    ),
  };
}

const sampling = (engine: RolloutEngine, change: (trajectory: Trajectory) => Trajectory): RolloutEngine => ({
  ...engine,
  info: () => engine.info(),
  async *generate(requests, options) {
    for await (const trajectory of engine.generate(requests, options)) yield change(trajectory);
  },
});

function setUp(kind: 'rl' | 'ppo', changes: Record<string, unknown> = {}, change = withResult) {
  const model = tinyModel({ seed: 2, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
  const scored: RewardContext[] = [];
  const reward: RewardFunction = (batch) => {
    scored.push(...batch);
    return batch.map(({ ids }) => ids.filter((id) => id % 2 === 0).length / ids.length);
  };
  const shared = {
    model,
    engine: sampling(createEngine(model), change),
    format,
    reward,
    stream: arrayDataset('problems', rows).stream({ epochs: 50 }),
    maxSteps: 4,
    perDeviceTrainBatchSize: 8,
    learningRate: 0.02,
    lrSchedulerType: 'constant' as const,
    saveSteps: 1,
    ...changes,
  };
  const trainer =
    kind === 'ppo'
      ? createPpoTrainer({ ...shared, responseLength: 4, numPpoEpochs: 2 })
      : createRlTrainer({
          ...shared,
          numGenerations: 4,
          maxCompletionLength: 4,
          numIterations: 2,
          beta: 0.05,
          oldLogProbs: 'recompute',
          importanceSamplingCorrection: true,
          replayBufferSize: 2,
        });
  const weights = async () =>
    (await Promise.all(model.parameters().map(async ({ variable }) => Array.from(await variable.data())))).flat();
  return { trainer, scored, weights };
}

beforeAll(async () => {
  await useDevice('cpu');
});

describe.each(['rl', 'ppo'] as const)('results of tools in %s', (kind) => {
  it('are no part of any length or figure', async () => {
    const { trainer, scored } = setUp(kind);
    const { events } = await collectEvents(trainer);
    const [metrics] = events.flatMap((event) => (event.type === 'step-end' ? [event.metrics] : []));
    const records = events.flatMap((event) => (event.type === 'rollout' ? event.records : []));
    for (const value of Object.values(metrics!)) expect(value).not.toBeNaN();
    expect(metrics!['completions/max_length']).toBeLessThanOrEqual(4);
    expect(Math.max(...records.map(({ tokens }) => tokens))).toBeLessThanOrEqual(4);
    expect(scored.every(({ ids, tokens }) => ids.length === tokens + RESULT.length)).toBe(true);
  });

  it('survive a stop between two uses of a generation', async () => {
    const whole = setUp(kind);
    await collectEvents(whole.trainer);
    const outputDir = await mkdtemp(join(tmpdir(), 'thinkwright-tools-'));
    await collectEvents(setUp(kind, { outputDir }).trainer, { untilStep: 3 });
    const resumed = setUp(kind, { outputDir, resumeFromCheckpoint: true });
    await collectEvents(resumed.trainer);
    expect(await resumed.weights()).toEqual(await whole.weights());
    await rm(outputDir, { recursive: true });
  });

  it('that fill a whole completion leave it out, with a warning', async () => {
    const everything = (trajectory: Trajectory): Trajectory =>
      trajectory.sample === 0 && trajectory.key.endsWith('0')
        ? { ...trajectory, mask: new Uint8Array(trajectory.ids.length) }
        : trajectory;
    const { trainer } = setUp(kind, {}, everything);
    const { events } = await collectEvents(trainer, { untilStep: 1 });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        code: 'TW_TRAINERS_UNSCORED',
        message: expect.stringContaining('1 x skipped: the mask says that the model wrote no token of it'),
      }),
    );
    const [metrics] = events.flatMap((event) => (event.type === 'step-end' ? [event.metrics] : []));
    expect(metrics).toMatchObject({ unscored: 1 });
    expect(metrics!.grad_norm).toBeGreaterThan(0);
  });

  it('with a mask that does not fit are refused before anything is learnt', async () => {
    const { trainer } = setUp(kind, {}, (trajectory) => ({ ...trajectory, mask: Uint8Array.of(1) }));
    await expect(collectEvents(trainer)).rejects.toMatchObject({ code: 'TW_TRAINERS_SHAPE' });
  });
});
