// A reward function as the judge: the policy learns what it prefers, online and in rounds; pairs are the best against the worst, and a
// run that was cut goes on with the same bits.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import type { RewardFunction } from '@thinkwright/rewards';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOnlinePreferenceOptions } from '../options/online-preference-options.ts';
import type { ScoredTrajectory } from '../rl/score-rollouts.ts';
import { collectEvents } from '../test/index.ts';
import { bestAndWorst } from './best-and-worst.ts';
import { createOnlinePreferenceTrainer } from './online-preference-trainer.ts';

const format = presetFormat('quickstart');
const rows = ['1+2*3', '4-1*7', '5*3+2', '6+6-1'].map((content) => ({ prompt: [{ role: 'user' as const, content }] }));
const even: RewardFunction = (batch) =>
  batch.map(({ ids }) => ids.filter((id) => id % 2 === 0).length / Math.max(ids.length, 1));

function setUp(changes: Record<string, unknown>, reward = even) {
  const model = tinyModel({ seed: 2, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
  const ports = { model, engine: createEngine(model), format, reward, dataset: arrayDataset('prompts', rows) };
  const options = { perDeviceTrainBatchSize: 4, numGenerations: 4, maxCompletionLength: 4, temperature: 1, beta: 0.5 };
  const schedule = { learningRate: 0.005, lrSchedulerType: 'constant' as const, maxSteps: 6 };
  return { model, trainer: createOnlinePreferenceTrainer({ ...ports, ...options, ...schedule, ...changes }) };
}
const runOf = async (changes: Record<string, unknown>, reward = even) => {
  const { events } = await collectEvents(setUp(changes, reward).trainer);
  return events.flatMap((event) => (event.type === 'step-end' ? [event.metrics] : []));
};

let folder = '';
beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'online-preference-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('createOnlinePreferenceTrainer', () => {
  it.each([
    ['online DPO', {}],
    ['iterative DPO', { promptsPerRound: 8, refreshReference: true, lossType: ['sigmoid', 'sft'] }],
    ['online SimPO', { algorithm: 'cpo', referenceFreeLoss: 'simpo', cpoAlpha: 0.1 }],
  ])('%s learns what the judge prefers', async (_, changes) => {
    const rewards = (await runOf(changes)).flatMap(({ reward }) => reward ?? []);
    expect(rewards.at(-1)! + rewards.at(-2)!).toBeGreaterThan(2 * rewards[0]! + 0.2);
  });

  it('samples a round at a time, and starts each against the policy as it is', async () => {
    const metrics = await runOf({ promptsPerRound: 12, refreshReference: true, maxSteps: 6 });
    const firsts = metrics.filter(({ round }) => round !== undefined);
    expect(firsts.length).toBeLessThan(metrics.length);
    expect(metrics[0]!['rewards/margins']).toBe(0);
  });

  it('goes on with the same bits after a checkpoint in the middle of a round', async () => {
    const options = { promptsPerRound: 12, refreshReference: true, maxSteps: 4 };
    const whole = setUp(options);
    await collectEvents(whole.trainer);
    await collectEvents(setUp({ ...options, outputDir: folder }).trainer, { untilStep: 2 });
    const resumed = setUp({ ...options, outputDir: folder, resumeFromCheckpoint: true });
    await collectEvents(resumed.trainer);
    for (const [i, { variable }] of whole.model.parameters().entries())
      expect(await resumed.model.parameters()[i]!.variable.data()).toEqual(await variable.data());
  });

  it('stops where the judge sees no difference, and says what to do', async () => {
    await expect(runOf({}, (batch) => batch.map(() => 1))).rejects.toThrow(/worth the same.*numGenerations/);
  });

  it.each([
    ['KTO', { algorithm: 'kto' }, /createPreferenceTrainer/],
    ['precomputing', { precomputeRefLogProbs: true }, /not known before/],
    ['two ways to move the reference', { refreshReference: true, syncRefModel: true }, /leave syncRefModel out/],
  ])('refuses %s', (_, options, message) => {
    expect(() => parseOnlinePreferenceOptions({ maxSteps: 1, ...options })).toThrow(message);
  });
});

describe('bestAndWorst', () => {
  const samples = (...rewards: number[]) =>
    rewards.map((reward, i) => ({
      reward,
      trajectory: { promptIds: Int32Array.of(1), ids: Int32Array.of(10 + i) },
    })) as unknown as ScoredTrajectory[];

  it('takes the extremes of what was scored', () => {
    const pair = bestAndWorst(samples(0.5, Number.NaN, 1, 0, 1), 0)!;
    expect([...pair.chosen.ids]).toEqual([1, 12]);
    expect([...pair.rejected.ids]).toEqual([1, 13]);
  });

  it('makes no pair of equals, of one, or below the margin', () => {
    for (const [rewards, margin] of [[[1, 1], 0], [[1, Number.NaN], 0], [[1, 0.8], 0.5], [[], 0]] as const) // biome-ignore format: a table
      expect(bestAndWorst(samples(...rewards), margin)).toBeUndefined();
  });
});
