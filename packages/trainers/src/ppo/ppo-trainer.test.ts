// PPO as its user sees it: it learns what is rewarded, its values learn to foresee it, warm-up leaves the policy alone, failures are not wrong.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { openSafetensors } from '@thinkwright/checkpoints';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import type { RewardFunction } from '@thinkwright/rewards';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { parsePpoOptions } from '../options/ppo-options.ts';
import { collectEvents } from '../test/index.ts';
import type { TrainerEvent } from '../trainer.ts';
import { createPpoTrainer } from './ppo-trainer.ts';

const format = presetFormat('quickstart');
const rows = ['1+2*3', '4-1*7', '5*3+2', '6+6-1'].map((content) => ({
  prompt: [{ role: 'user' as const, content }],
  answer: '0',
}));
const evenIds: RewardFunction = (batch) =>
  batch.map(({ ids }) => ids.filter((id) => id % 2 === 0).length / Math.max(ids.length, 1));

function setUp(reward: RewardFunction, changes: Record<string, unknown> = {}) {
  const model = tinyModel({ seed: 2, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
  const trainer = createPpoTrainer({
    model,
    engine: createEngine(model),
    format,
    reward,
    dataset: arrayDataset('problems', rows),
    maxSteps: 1,
    perDeviceTrainBatchSize: 16,
    responseLength: 4,
    temperature: 1,
    learningRate: 0.02,
    lrSchedulerType: 'constant',
    ...changes,
  });
  return { model, trainer };
}
const steps = (events: TrainerEvent[]) =>
  events.filter((event) => event.type === 'step-end').map(({ metrics }) => metrics);

describe('createPpoTrainer', () => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  it('learns what is rewarded, and to foresee it', async () => {
    const { trainer } = setUp(evenIds, { maxSteps: 48, klCoef: 0.01 });
    const metrics = steps((await collectEvents(trainer)).events);
    const rewards = metrics.flatMap(({ reward }) => reward ?? []);
    expect(rewards).toHaveLength(12); // one generation in four steps
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(rewards.slice(-3))).toBeGreaterThan(mean(rewards.slice(0, 3)) + 0.2);
    const [first, last] = [metrics[0]!['loss/value_avg']!, metrics.at(-1)!['loss/value_avg']!];
    expect(last).toBeLessThan(first / 2);
  });

  it('is on-policy with a ratio of exactly 1 in the first window, and at first as far from the reference as itself', async () => {
    const [metrics] = steps((await collectEvents(setUp(evenIds).trainer)).events);
    expect(metrics).toMatchObject({
      'sampling/sampling_logp_difference/max': 0,
      'val/ratio': 1,
      'policy/clipfrac_avg': 0,
      'objective/kl': 0,
      'objective/kl_coef': 0.05,
      episode: 16,
    });
  });

  it('warms the value head up without moving the policy', async () => {
    const { trainer, model } = setUp(evenIds, { maxSteps: 5, valueWarmupSteps: 4 });
    const weights = async () =>
      Promise.all(model.parameters().map(async ({ variable }) => Array.from(await variable.data())));
    const before = await weights();
    await collectEvents(trainer, { untilStep: 4 });
    expect(await weights()).toEqual(before);
    await collectEvents(trainer);
    expect(await weights()).not.toEqual(before);
  });

  it('steers the coefficient of the KL towards its target', async () => {
    const { trainer } = setUp(evenIds, { maxSteps: 9, adapKlCtrl: true, target: 50, horizon: 16 });
    const coefficients = steps((await collectEvents(trainer)).events).flatMap((m) => m['objective/kl_coef'] ?? []);
    expect(coefficients[1]).toBeCloseTo(0.05 * 0.8, 12); // the KL is far below: 20 % down, the most there is
    expect(coefficients[2]).toBeLessThan(coefficients[1]!);
  });

  it('tells the modes apart when it is asked in both', async () => {
    const both = rows.map((row, i) => ({ ...row, mode: i % 2 === 0 ? 'think' : 'no_think' }));
    const { trainer } = setUp(evenIds, { dataset: arrayDataset('problems', both) });
    const { events } = await collectEvents(trainer);
    const [metrics] = steps(events);
    const records = events.find((event) => event.type === 'rollout')!.records;
    for (const mode of ['think', 'no_think']) {
      const own = records.filter((record) => record.mode === mode);
      expect(own).toHaveLength(8);
      const mean = own.reduce((sum, { reward }) => sum + reward! / own.length, 0);
      expect(metrics![`${mode}/reward`]).toBeCloseTo(mean, 12);
    }
  });

  it('learns nothing from what could not be scored, and says why', async () => {
    const reward: RewardFunction = (batch) => batch.map((_, i) => (i % 4 === 0 ? { skip: 'no gold' } : 1));
    const { events } = await collectEvents(setUp(reward).trainer);
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'TW_TRAINERS_UNSCORED' }));
    expect(steps(events)[0]).toMatchObject({ unscored: 4, 'objective/scores': 1 });
    const rollout = events.find((event) => event.type === 'rollout')!;
    expect(rollout.records[0]).toMatchObject({ reward: null, advantage: 0 });
  });

  it('has values around what the completions earn from the second generation on, at any learning rate', async () => {
    const seven: RewardFunction = (batch) => batch.map(() => 7);
    const { trainer } = setUp(seven, { maxSteps: 2, numPpoEpochs: 1, klCoef: 0, learningRate: 1e-9 });
    const [first, second] = steps((await collectEvents(trainer)).events);
    expect(first!['loss/value_avg']).toBeLessThan(2); // less than 7 squared over 2: shifted before it is learnt from
    expect(second!['loss/value_avg']).toBeLessThan(1e-9);
  });

  it('learns with a value model of its own, saved beside the policy and left to the caller', async () => {
    const outputDir = await mkdtemp(join(tmpdir(), 'thinkwright-ppo-'));
    const valueModel = tinyModel({ seed: 5, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
    const { trainer, model } = setUp(evenIds, { outputDir, valueModel, maxSteps: 48, klCoef: 0.01 });
    const { events, summary } = await collectEvents(trainer);
    const rewards = steps(events).flatMap(({ reward }) => reward ?? []);
    expect(rewards.at(-1)! + rewards.at(-2)!).toBeGreaterThan(rewards[0]! + rewards[1]! + 0.2);
    const saved = await openSafetensors(join(summary.checkpoint!, 'value_head.safetensors'));
    const names = valueModel.parameters().map(({ name }) => `value_model.${name}`);
    expect([...saved.entries.keys()].sort()).toEqual([...names, 'v_head.summary.bias', 'v_head.summary.weight'].sort());
    const [parameter] = valueModel.parameters();
    const weights = await parameter!.variable.data();
    expect(await saved.readFloat32(names[0]!)).toEqual(weights);
    expect(weights).not.toEqual(await model.parameters()[0]!.variable.data());
    await saved.close();
    trainer.dispose();
    expect(parameter!.variable.isDisposed).toBe(false);
    await rm(outputDir, { recursive: true });
  });

  it('refuses the policy as its own value model', () => {
    const model = tinyModel({ seed: 2, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
    const both = () => setUp(evenIds, { model, engine: createEngine(model), valueModel: model });
    expect(both).toThrow(expect.objectContaining({ code: 'TW_TRAINERS_OPTIONS_CLASH' }));
  });

  it('refuses a value model that cannot read every token, and asks no prompt that is too long for it', async () => {
    const { vocabularySize } = format.tokenizer;
    const smaller = tinyModel({ vocabularySize: vocabularySize - 1, layerCount: 1 });
    expect(() => setUp(evenIds, { valueModel: smaller })).toThrow(
      expect.objectContaining({ code: 'TW_TRAINERS_SHAPE', message: expect.stringMatching(/the same tokenizer/) }),
    );
    const short = tinyModel({ vocabularySize, layerCount: 1, maxPositions: 8 });
    await expect(collectEvents(setUp(evenIds, { valueModel: short }).trainer)).rejects.toMatchObject({
      code: 'TW_TRAINERS_PROMPT_TOO_LONG',
    });
  });

  it('counts the memory of a value model before the first step', async () => {
    const warnings = async (intermediateSize?: number) => {
      const valueModel = tinyModel({ seed: 5, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
      if (intermediateSize !== undefined) Object.assign(valueModel.config, { intermediateSize }); // only the estimate reads it
      const { events } = await collectEvents(setUp(evenIds, { valueModel }).trainer);
      return events.flatMap((event) => (event.type === 'warning' ? event.code : []));
    };
    expect(await warnings()).not.toContain('TW_TRAINERS_MEMORY');
    expect(await warnings(1e12)).toContain('TW_TRAINERS_MEMORY');
  });

  it('saves the value head beside a model that anything loads', async () => {
    const outputDir = await mkdtemp(join(tmpdir(), 'thinkwright-ppo-'));
    const { summary } = await collectEvents(setUp(evenIds, { outputDir }).trainer);
    const head = await openSafetensors(join(summary.checkpoint!, 'value_head.safetensors'));
    expect([...head.entries.keys()].sort()).toEqual(['v_head.summary.bias', 'v_head.summary.weight']);
    await head.close();
    await rm(outputDir, { recursive: true });
  });
});

describe('options of PPO', () => {
  it.each([
    ['no steps', {}, 'CLASH', /maxSteps/],
    ['a warm-up without end', { maxSteps: 4, valueWarmupSteps: 4 }, 'CLASH', /valueWarmupSteps/],
    ['a coefficient that stays 0', { maxSteps: 4, klCoef: 0, adapKlCtrl: true }, 'CLASH', /adapKlCtrl/],
    ['a score that reaches one token only', { maxSteps: 4, gamma: 0 }, 'CLASH', /gamma/],
    ['a misspelt key', { maxSteps: 4, clipRange: 0.2 }, 'UNKNOWN', /did you mean "cliprange"/],
    ['an unknown estimator', { maxSteps: 4, klEstimator: 'k2' }, 'INVALID', /klEstimator/],
    ['no clipping at all', { maxSteps: 4, cliprange: 0 }, 'INVALID', /cliprange/],
  ])('refuse %s', (_, options, code, message) => {
    expect(() => parsePpoOptions(options)).toThrow(message);
    expect(() => parsePpoOptions(options)).toThrow(expect.objectContaining({ code: expect.stringContaining(code) }));
  });

  it('have the defaults of TRL', () => {
    expect(parsePpoOptions({ maxSteps: 1 })).toMatchObject({
      learningRate: 3e-6,
      numPpoEpochs: 4,
      numMiniBatches: 1,
      temperature: 0.7,
      klCoef: 0.05,
      cliprange: 0.2,
      vfCoef: 0.1,
      cliprangeValue: 0.2,
      gamma: 1,
      lam: 0.95,
      whitenRewards: false,
    });
  });
});
