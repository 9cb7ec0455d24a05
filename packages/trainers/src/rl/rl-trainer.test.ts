// The RL loop as its user sees it: it learns what is rewarded, tells what happened, and is exact on-policy.
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import type { RewardFunction } from '@thinkwright/rewards';
import { listDevices, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { collectEvents } from '../test/index.ts';
import type { TrainerEvent } from '../trainer.ts';
import { createRlTrainer } from './rl-trainer.ts';

const format = presetFormat('quickstart');
const dataset = () =>
  arrayDataset(
    'problems',
    ['1+2*3', '4-1*7', '5*3+2', '6+6-1'].map((content) => ({
      prompt: [{ role: 'user' as const, content }],
      answer: '0',
    })),
  );
const share =
  (wanted: (id: number) => boolean): RewardFunction =>
  (batch) =>
    batch.map(({ ids }) => {
      const value = ids.filter(wanted).length / Math.max(ids.length, 1);
      return { value, parts: { wanted: value } };
    });
const evenIds = share((id) => id % 2 === 0);

function setUp(reward: RewardFunction, changes: Record<string, unknown> = {}) {
  const model = tinyModel({ seed: 2, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
  const trainer = createRlTrainer({
    model,
    engine: createEngine(model),
    format,
    reward,
    dataset: dataset(),
    maxSteps: 1,
    perDeviceTrainBatchSize: 8,
    numGenerations: 4,
    maxCompletionLength: 4,
    learningRate: 0.02,
    lrSchedulerType: 'constant',
    ...changes,
  });
  return { model, trainer };
}
const steps = (events: TrainerEvent[]) =>
  events.filter((event) => event.type === 'step-end').map(({ metrics }) => metrics);

describe('createRlTrainer', () => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  it('learns what is rewarded', async () => {
    const { trainer } = setUp(evenIds, { maxSteps: 12, perDeviceTrainBatchSize: 16 });
    const metrics = steps((await collectEvents(trainer)).events);
    const mean = (values: Record<string, number>[]) =>
      values.reduce((sum, { reward }) => sum + reward!, 0) / values.length;
    expect(mean(metrics.slice(-3))).toBeGreaterThan(mean(metrics.slice(0, 3)) + 0.2);
    expect(metrics[0]!['rewards/wanted/mean']).toBe(metrics[0]!.reward);
  });

  it.each(['sampler', 'recompute'] as const)('is on-policy with a ratio of exactly 1 (%s)', async (oldLogProbs) => {
    const { trainer } = setUp(evenIds, { oldLogProbs, beta: 0.1 });
    const [metrics] = steps((await collectEvents(trainer)).events);
    expect(metrics).toMatchObject({ 'sampling/sampling_logp_difference/max': 0, 'clip_ratio/region_mean': 0, kl: 0 });
  });

  it.each([
    ['GSPO', { lossType: 'grpo', importanceSamplingLevel: 'sequence' }],
    ['CISPO', { lossType: 'cispo', epsilonHigh: 5 }],
    ['SAPO', { lossType: 'sapo' }],
    ['VESPO', { lossType: 'vespo' }],
    ['GMPO', { lossType: 'gmpo', epsilon: 0.4 }],
    ['RLOO', { lossType: 'grpo', importanceSamplingLevel: 'sequence_sum', advantageEstimator: 'leave_one_out' }],
    ['REINFORCE++', { advantageEstimator: 'reinforce_plus_plus_baseline' }],
    ['GDPO', { multiObjectiveAggregation: 'normalize_then_sum', rewardWeights: { wanted: 2 } }],
    ['tokens of high entropy', { topEntropyQuantile: 0.5 }],
    ['a steered entropy bonus', { useAdaptiveEntropy: true, entropyCoef: 0.01, entropyTarget: 3 }],
    ['corrected rollouts', { importanceSamplingCorrection: true, offPolicyMaskThreshold: 0.5 }],
  ])('learns what is rewarded with %s', async (_, changes) => {
    const { trainer } = setUp(evenIds, { maxSteps: 8, perDeviceTrainBatchSize: 16, numIterations: 2, ...changes });
    const metrics = steps((await collectEvents(trainer)).events);
    const rewards = metrics.flatMap(({ reward }) => (reward === undefined ? [] : [reward]));
    expect(rewards).toHaveLength(4);
    expect(rewards.at(-1)! + rewards.at(-2)!).toBeGreaterThan(rewards[0]! + rewards[1]!);
  });

  it('shows every completion with its reward, its parts and its advantage', async () => {
    const { trainer } = setUp(evenIds);
    const { events } = await collectEvents(trainer);
    const rollout = events.find((event) => event.type === 'rollout')!;
    expect(rollout.records).toHaveLength(8);
    expect(rollout.records[0]).toMatchObject({
      prompt: expect.stringContaining('assistant'),
      row: { answer: '0' },
      mode: 'think',
    });
    const group = rollout.records.slice(0, 4);
    expect(group.reduce((sum, { advantage }) => sum + advantage, 0)).toBeCloseTo(0, 9);
    expect(new Set(group.map(({ key }) => key)).size).toBe(1);
  });

  it('samples by generationKwargs, and learns from the policy as it is without them', async () => {
    const native = (await listDevices()).some(({ name, available }) => name === 'native' && available);
    await useDevice(native ? 'native' : 'cpu'); // there the sampler's log-probs are the trainer's, if nothing bends them
    const seen: Int32Array[] = [];
    const watched: RewardFunction = (batch) => {
      seen.push(...batch.map(({ ids }) => ids));
      return evenIds(batch);
    };
    const differs = async (changes: Record<string, unknown>) => {
      const [metrics] = steps((await collectEvents(setUp(watched, changes).trainer)).events);
      return metrics!['sampling/sampling_logp_difference/max']! > 1e-3;
    };
    expect(await differs({})).toBe(false);
    const suppressTokens = [...new Set(seen.flatMap((ids) => [...ids]))].slice(0, 16);
    seen.length = 0;
    expect(await differs({ generationKwargs: { minNewTokens: 4, suppressTokens, noRepeatNgramSize: 1 } })).toBe(true);
    expect(await differs({ repetitionPenalty: 3 })).toBe(true);
    expect(seen.length).toBe(16);
    for (const ids of seen.slice(0, 8)) {
      expect(new Set(ids).size).toBe(4);
      expect(ids.some((id) => suppressTokens.includes(id))).toBe(false);
    }
    await useDevice('cpu');
  });

  it('passes the step without an update when every group agrees', async () => {
    const { trainer, model } = setUp(() => new Array(8).fill(1));
    const before = Array.from(await model.parameters()[0]!.variable.data());
    const [metrics] = steps((await collectEvents(trainer)).events);
    expect(metrics).toMatchObject({ live_rows: 0, frac_reward_zero_std: 1, grad_norm: 0, reward: 1 });
    expect(Array.from(await model.parameters()[0]!.variable.data())).toEqual(before);
    expect(trainer.step).toBe(1);
  });

  it('leaves unscorable completions out of the baseline, and says why', async () => {
    const reward: RewardFunction = (batch) => batch.map((_, i) => (i % 4 === 0 ? { skip: 'no gold' } : i % 2));
    const { trainer } = setUp(reward);
    const { events } = await collectEvents(trainer);
    const rollout = events.find((event) => event.type === 'rollout')!;
    expect(rollout.records[0]).toMatchObject({ reward: null, advantage: 0, unscored: 'skipped: no gold' });
    expect(steps(events)[0]).toMatchObject({ unscored: 2, reward: 2 / 3 });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'TW_TRAINERS_UNSCORED' }));
  });

  it('refuses GDPO for a reward without the parts that it weighs', async () => {
    const { trainer } = setUp(evenIds, {
      multiObjectiveAggregation: 'normalize_then_sum',
      rewardWeights: { wanted: 1, style: 1 },
    });
    await expect(collectEvents(trainer)).rejects.toThrow(/found \[wanted\], but rewardWeights names style/);
  });

  it('stops when nothing can be scored, with the cause', async () => {
    const reward: RewardFunction = () => {
      throw new Error('the judge is down');
    };
    const { trainer } = setUp(reward);
    await expect(collectEvents(trainer)).rejects.toMatchObject({
      code: 'TW_TRAINERS_ALL_REWARDS_FAILED',
      message: expect.stringContaining('the judge is down'),
    });
  });

  it('masks completions that were cut, when asked', async () => {
    const uncut = await collectEvents(setUp(evenIds, { maxCompletionLength: 2 }).trainer);
    const masked = await collectEvents(
      setUp(evenIds, { maxCompletionLength: 2, maskTruncatedCompletions: true }).trainer,
    );
    const clipped = steps(uncut.events)[0]!['completions/clipped_ratio']!;
    expect(clipped).toBeGreaterThan(0);
    expect(steps(masked.events)[0]!.live_rows).toBeLessThan(steps(uncut.events)[0]!.live_rows!);
  });

  it('refuses prompts that leave no room for an answer', async () => {
    const { trainer } = setUp(evenIds, { maxPromptLength: 3 });
    await expect(collectEvents(trainer)).rejects.toMatchObject({ code: 'TW_TRAINERS_PROMPT_TOO_LONG' });
  });
});
