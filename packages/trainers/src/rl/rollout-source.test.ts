// What surrounds the sampling, through the trainer as its user has it: refilled groups, replay, curriculum, ReMax, KL in the reward, a
// reference that follows, age, credit of steps.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { openSafetensors } from '@thinkwright/checkpoints';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import type { RewardFunction, Row } from '@thinkwright/rewards';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseRlOptions } from '../options/rl-options.ts';
import { collectEvents } from '../test/index.ts';
import type { RolloutRecord } from '../trainer.ts';
import { assignAdvantages } from './assign-advantages.ts';
import { learnerWindow } from './learner-batch.ts';
import { createRlTrainer } from './rl-trainer.ts';
import type { Rollout } from './rollout.ts';

const format = presetFormat('quickstart');
const rows: Row[] = ['1+2*3', '4-1*7', '5*3+2', '6+6-1'].map((content, i) => ({
  prompt: [{ role: 'user' as const, content }],
  teaches: i % 2 === 0,
}));
const even = (ids: Int32Array) => ids.filter((id) => id % 2 === 0).length / Math.max(ids.length, 1);
/** Rows that do not teach get the same reward for everything. */
const half: RewardFunction = (batch) => batch.map(({ ids, row }) => (row.teaches === true ? even(ids) : 0.5));

function setUp(changes: Record<string, unknown> = {}, reward = half, given = rows) {
  const model = tinyModel({ seed: 2, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
  const options = {
    maxSteps: 2,
    perDeviceTrainBatchSize: 8,
    numGenerations: 4,
    maxCompletionLength: 4,
    learningRate: 1e-3,
    lrSchedulerType: 'constant' as const,
  };
  const stream = arrayDataset('problems', given).stream({ epochs: 50 });
  const ports = { model, engine: createEngine(model), format, reward, stream };
  return { model, trainer: createRlTrainer({ ...ports, ...options, ...changes }) };
}
async function runOf(changes: Record<string, unknown> = {}, reward = half, given = rows) {
  const { model, trainer } = setUp(changes, reward, given);
  const { events } = await collectEvents(trainer);
  const metrics = events.flatMap((event) => (event.type === 'step-end' ? [event.metrics] : []));
  const records = events.flatMap((event) => (event.type === 'rollout' ? [event.records] : []));
  return { model, metrics, records };
}
const groupsOf = (records: RolloutRecord[]) =>
  [...new Set(records.map(({ key }) => key))].map((key) => records.filter((record) => record.key === key));
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

beforeAll(async () => {
  await useDevice('cpu');
});

describe('dynamic sampling', () => {
  it('fills the window with groups that teach, and tells of all that was sampled', async () => {
    const { metrics, records } = await runOf({ dynamicSampling: true });
    const [first] = metrics;
    expect(first).toMatchObject({ live_rows: 8, 'dynamic_sampling/rounds': 2, 'dynamic_sampling/frac_unscored': 0 });
    const groups = groupsOf(records[0]!);
    expect(groups).toHaveLength(first!['dynamic_sampling/groups_sampled']!);
    expect(first!.frac_reward_zero_std).toBe(groups.filter(([{ row }]) => row.teaches !== true).length / groups.length);
    expect(first!.reward).toBeCloseTo(mean(records[0]!.map(({ reward }) => reward!)), 12);
    expect(new Set(records[0]!.map(({ key, sample }) => `${key} ${sample}`)).size).toBe(records[0]!.length);
  });

  it('stops at its bound and goes on with what there is', async () => {
    const { metrics } = await runOf({ dynamicSampling: true, dynamicSamplingMaxGenBatches: 2 }, () =>
      new Array(8).fill(1),
    );
    const [first] = metrics;
    expect(first).toMatchObject({ live_rows: 0, 'dynamic_sampling/rounds': 2, 'dynamic_sampling/groups_left': 2 });
  });
});

describe('replay', () => {
  it('puts earlier groups in the place of those that agree, with their own log-probs', async () => {
    const { metrics } = await runOf({ replayBufferSize: 4, maxSteps: 3 });
    expect(metrics[0]).toMatchObject({ live_rows: 4, 'replay/groups': 0 });
    expect(metrics[1]).toMatchObject({ live_rows: 8, 'replay/groups': 1, 'replay/size': 1 });
    expect(metrics[1]!['sampling/sampling_logp_difference/max']).toBe(0); // of what was sampled now
    expect(metrics[1]!.loss).not.toBe(0); // the ratio of the earlier group is not 1
  });

  it('never replays what is older than the limit', async () => {
    const { metrics } = await runOf({ replayBufferSize: 4, maxStaleness: 0, maxSteps: 3 });
    expect(metrics.map((step) => step['replay/groups'])).toEqual([0, 0, 0]);
  });
});

describe('curriculum', () => {
  it('tries prompts again that are solved now and then, and gates rows of known pass rates', async () => {
    const known = [...rows.map((row) => ({ ...row, passRate: 0.5 })), { ...rows[0]!, passRate: 1 }];
    const curriculum = { passReward: 0.5 };
    const now: RewardFunction = (batch) => batch.map((_, i) => i % 2);
    const { metrics, records } = await runOf({ curriculum, maxSteps: 4 }, now, known);
    expect(metrics.at(-1)!['curriculum/gated']).toBeGreaterThan(0);
    expect(records.flat().every(({ row }) => row.passRate === 0.5)).toBe(true);
    const asked = records.map((step) => groupsOf(step).map(([{ prompt }]) => prompt));
    expect(asked[1]!.some((prompt) => asked[0]!.includes(prompt))).toBe(true);
  });
});

describe('ReMax', () => {
  it('compares with the greedy completion', async () => {
    const { metrics, records } = await runOf({ advantageEstimator: 'remax', maxSteps: 1 }, undefined, rows.slice(0, 1));
    const [group, other] = groupsOf(records[0]!);
    const greedy = group![0]!.reward! - group![0]!.advantage;
    for (const { reward, advantage } of [...group!, ...other!]) expect(reward! - advantage).toBeCloseTo(greedy, 12);
    expect(metrics[0]!.reward_greedy).toBeCloseTo(greedy, 12);
  });
});

describe('KL in the reward', () => {
  it('costs what the completions drifted, and leaves the loss alone', async () => {
    const { metrics, records } = await runOf({
      beta: 0.5,
      klInReward: true,
      klEstimator: 'k1',
      maxSteps: 2,
      scaleRewards: 'none',
    });
    expect(metrics[0]!.kl).toBe(0); // the reference is the policy still
    const drift = metrics[1]!.kl!;
    expect(drift).not.toBe(0);
    const flat = groupsOf(records[1]!).find(([{ row }]) => row.teaches !== true)!;
    expect(flat.some(({ advantage }) => Math.abs(advantage) > 1e-6)).toBe(true); // equal rewards, unequal drift
    expect(flat.reduce((sum, { advantage }) => sum + advantage, 0)).toBeCloseTo(0, 9);
  });
});

describe('a reference that follows', () => {
  it('is, after every step, the mixture of what it was and the policy', async () => {
    const alpha = 0.25;
    const outputDir = await mkdtemp(join(tmpdir(), 'thinkwright-reference-'));
    const following = { beta: 0.1, syncRefModel: true, refModelSyncSteps: 1, refModelMixupAlpha: alpha, maxSteps: 3 };
    const { model, trainer } = setUp({ ...following, outputDir });
    const [name] = [...model.namedTensors().keys()] as [string];
    const read = async () => [...(await model.namedTensors().get(name)!.data())];
    let expected = await read();
    for await (const event of trainer.train()) {
      if (event.type !== 'step-end') continue;
      const policy = await read();
      expected = expected.map((value, i) => (1 - alpha) * value + alpha * policy[i]!);
      if (event.step > 1) expect(event.metrics.kl).toBeGreaterThan(0);
    }
    const saved = await openSafetensors(join(outputDir, 'checkpoint-3', 'reference.safetensors'));
    for (const [i, value] of (await saved.readFloat32(name)).entries())
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
    await saved.close();
    await rm(outputDir, { recursive: true });
  });
});

describe('age', () => {
  it('is counted in updates, and beyond the limit nothing trains', async () => {
    const { metrics } = await runOf({ numIterations: 3, maxSteps: 3, maxStaleness: 2 });
    expect(metrics.map((step) => step['staleness/max'])).toEqual([0, 1, 2]);
    expect(metrics.every((step) => step['staleness/left_out'] === 0)).toBe(true);
    expect(() => setUp({ numIterations: 3, maxStaleness: 1 })).toThrow(/would never train/);
  });
});

describe('credit of steps', () => {
  const rollout = (sample: number, steps: number[], stepEnds: number[]): Rollout => ({
    key: '0/0',
    sample,
    group: 0,
    promptIds: Int32Array.of(1),
    ids: Int32Array.of(3, 4, 5),
    samplerLogProbs: new Float32Array(3),
    finish: 'stop',
    reward: 1,
    parts: {},
    advantage: 0,
    zeroSignal: false,
    steps,
    stepEnds: Int32Array.from(stepEnds),
  });

  it('teaches token by token where all answers are worth the same', () => {
    const rollouts = [rollout(0, [1, 0], [0, 2]), rollout(1, [1], [1])];
    const options = parseRlOptions({ maxSteps: 1, numGenerations: 2, stepRewardCoef: 0.5, maxCompletionLength: 3 });
    assignAdvantages(rollouts, options);
    expect(rollouts.some(({ zeroSignal }) => zeroSignal)).toBe(false);
    const [batch] = learnerWindow(rollouts, { ...options, dropZeroSignalGroups: true });
    // steps 1, 0, 1: mean 2/3, deviation 1/sqrt(3); half of it counts
    const [good, bad] = [1 / 3, -2 / 3].map((centred) => (0.5 * centred) / (1 / Math.sqrt(3) + 1e-4)) as [
      number,
      number,
    ];
    const expected = [good + bad, bad, bad, good, good, 0];
    expect(batch!.advantages).toHaveLength(6);
    for (const [i, value] of expected.entries()) expect(batch!.advantages[i]).toBeCloseTo(value, 6);
  });
});
