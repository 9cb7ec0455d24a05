// Reward models as their users see them: they learn their labels, come back from disk, and score what others search and train with.
// Formulas and tokens have parity with TRL; here is everything around them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWordTokenizer, presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createClassifier, createEngine, loadClassifier } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { outcomeModelReward, processModelReward, scoreBatch as scoreRewards } from '@thinkwright/rewards';
import { rewardContext } from '@thinkwright/rewards/test';
import { bestOfN, stepBeamSearch } from '@thinkwright/rollouts';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { parseProcessRewardOptions } from '../options/process-reward-options.ts';
import { parseRewardModelOptions } from '../options/reward-model-options.ts';
import { gradientDeviation, PLAIN_SGD } from '../test/finite-differences.ts';
import { collectEvents } from '../test/index.ts';
import { learnRewards } from './learn-rewards.ts';
import { learnSteps } from './learn-steps.ts';
import { outcomeScorer, outcomeScores, processScorer, stepScores } from './model-scores.ts';
import { prm800kFixture } from './prm800k-fixture.ts';
import { prm800kSolutions } from './prm800k-solutions.ts';
import { createProcessRewardTrainer } from './process-reward-trainer.ts';
import { createRewardModelTrainer } from './reward-model-trainer.ts';
import { outcomeSearchScore, processSearchScore } from './search-scores.ts';
import { labelledSteps } from './step-source.ts';

const format = presetFormat('quickstart');
const vocabularySize = format.tokenizer.vocabularySize;
let folder: string;
beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-reward-models-'));
});
afterAll(() => rm(folder, { recursive: true }));

const pairs = (count: number, margin?: number) =>
  Array.from({ length: count }, (_, i) => ({
    prompt: `${i % 10}+${(i * 7) % 10}`,
    chosen: `${i % 9}1`,
    rejected: `${i % 9}2`,
    ...(margin !== undefined && { margin }),
  }));
const outcome = (seed = 1) =>
  createClassifier(tinyModel({ seed, vocabularySize, layerCount: 1 }), { kind: 'sequence', seed });
const adamW = { learningRate: 0.01, lrSchedulerType: 'constant' as const };

describe('createRewardModelTrainer', () => {
  it('learns which side is better, and its folder scores the same', async () => {
    const classifier = outcome();
    const trainer = createRewardModelTrainer({
      classifier,
      format,
      dataset: arrayDataset('pairs', pairs(40)),
      maxSteps: 30,
      ...adamW,
    });
    const { summary } = await collectEvents(trainer);
    expect(summary.metrics).toMatchObject({ accuracy: 1 });
    expect(summary.metrics.margin).toBeGreaterThan(1);
    await trainer.save(join(folder, 'outcome'));
    const loaded = await loadClassifier(join(folder, 'outcome'));
    const texts = ['31', '32', '41', '42'].map((text) => format.tokenizer.encode(text, { addSpecialTokens: false }));
    expect(await outcomeScores(loaded, texts)).toEqual(await outcomeScores(classifier, texts, { batchSize: 1 }));
    loaded.dispose();
    trainer.dispose();
    classifier.dispose();
  });

  it('keeps the mean of the rewards at zero when asked', async () => {
    const offset = async (centerRewardsCoefficient: number | null) => {
      const classifier = outcome(3);
      const dataset = arrayDataset('pairs', pairs(40));
      const more = { centerRewardsCoefficient, maxSteps: 30, ...adamW };
      const { summary } = await collectEvents(createRewardModelTrainer({ classifier, format, dataset, ...more }));
      classifier.dispose();
      return Math.abs(summary.metrics.mean_reward!);
    };
    expect(await offset(0.5)).toBeLessThan(0.1 + (await offset(null)) / 2);
  });

  it('is refused a classifier of steps, and a margin that is no number', async () => {
    const wrong = createClassifier(tinyModel({ vocabularySize }), { kind: 'token' });
    const ports = { format, maxSteps: 1 };
    expect(() =>
      createRewardModelTrainer({ classifier: wrong, ...ports, dataset: arrayDataset('p', pairs(8)) }),
    ).toThrow(/kind "token" with 2 outputs; expected "sequence" with 1/);
    const rows = [{ ...pairs(1)[0]!, margin: 'much' }];
    const trainer = createRewardModelTrainer({ classifier: outcome(), ...ports, dataset: arrayDataset('p', rows) });
    await expect(collectEvents(trainer)).rejects.toMatchObject({ code: 'TW_TRAINERS_ROW_INVALID' });
    wrong.dispose();
  });
});

describe('windows of reward models', () => {
  const ids = (text: string) => format.tokenizer.encode(text, { addSpecialTokens: false });
  const sides = pairs(5).map(({ prompt, chosen, rejected }, i) => {
    const sequence = (text: string) => ({ ids: ids(prompt + text), mask: new Uint8Array() });
    return { chosen: sequence(chosen), rejected: sequence(`${rejected}+${i}`), margin: i / 10 };
  });
  const solutions = [3, 1, 4].map((steps, i) =>
    labelledSteps(
      {
        prompt: `${i}+1`,
        completions: Array.from({ length: steps }, (_, s) => `${s}+${i}=${s + i}`),
        labels: Array.from({ length: steps }, (_, s) => (s + i) % 2),
      },
      { format, stepSeparator: '\n', maxLength: null, maxCompletionLength: null, trainOnLastStepOnly: false },
    ),
  );
  const rewardOptions = parseRewardModelOptions({ maxSteps: 1, centerRewardsCoefficient: 0.1 });
  const stepOptions = parseProcessRewardOptions({ maxSteps: 1 });
  const fresh = (kind: 'sequence' | 'token') => {
    const classifier = createClassifier(tinyModel({ seed: 4, vocabularySize }), { kind, seed: 2 });
    return { classifier, window: new OptimizerWindow(classifier.model, PLAIN_SGD, classifier.head.parameters()) };
  };

  it('outcome: the gradient is that of finite differences, and of one batch', async () => {
    const { classifier, window } = fresh('sequence');
    const learn = async () => (await learnRewards(classifier, window, [sides], 1, rewardOptions, 0)).metrics.loss!;
    expect(await gradientDeviation(window.parameters, learn)).toBeLessThan(1e-2);
    const norm = async (cut: (typeof sides)[]) => {
      const { classifier, window } = fresh('sequence');
      return (await learnRewards(classifier, window, cut, 1e-3, rewardOptions, 0)).metrics;
    };
    const whole = await norm([sides]);
    const parts = await norm([sides.slice(3), sides.slice(0, 1), sides.slice(1, 3)]);
    expect(Math.abs(parts.grad_norm! / whole.grad_norm! - 1)).toBeLessThan(2e-6);
    expect(Math.abs(parts.loss! / whole.loss! - 1)).toBeLessThan(2e-6);
  });

  it('process: the gradient is that of finite differences, and of one batch', async () => {
    const { classifier, window } = fresh('token');
    const learn = async () => (await learnSteps(classifier, window, [solutions], 1, stepOptions, 0)).metrics.loss!;
    expect(await gradientDeviation(window.parameters, learn)).toBeLessThan(1e-2);
    const norm = async (cut: (typeof solutions)[]) => {
      const { classifier, window } = fresh('token');
      return (await learnSteps(classifier, window, cut, 1e-3, stepOptions, 0)).metrics;
    };
    const whole = await norm([solutions]);
    const parts = await norm(solutions.map((solution) => [solution]).toReversed());
    expect(Math.abs(parts.grad_norm! / whole.grad_norm! - 1)).toBeLessThan(2e-6);
    expect(Math.abs(parts.loss! / whole.loss! - 1)).toBeLessThan(2e-6);
  });
});

describe('createProcessRewardTrainer', () => {
  it('learns the labels of real steps by heart, keeps them on disk, and rewards with them', async () => {
    const rows = prm800kSolutions(prm800kFixture()[0]!);
    const texts = rows.flatMap(({ prompt, completions }) => [prompt, ...completions]);
    const words = new Set(['\n', ...texts.flatMap((text) => text.match(/\s|[^\s]+/g)!)]);
    const tokenizer = createWordTokenizer(['<|end|>', '<|pad|>', ...words], {
      eos: '<|end|>',
      pad: '<|pad|>',
    });
    const model = tinyModel({ seed: 1, vocabularySize: tokenizer.vocabularySize, layerCount: 1, maxPositions: 256 });
    const classifier = createClassifier(model, { kind: 'token' });
    const trainer = createProcessRewardTrainer({
      classifier,
      tokenizer,
      dataset: arrayDataset('steps', rows),
      perDeviceTrainBatchSize: rows.length,
      maxSteps: 20,
      ...adamW,
      learningRate: 0.03,
    });
    const { summary } = await collectEvents(trainer);
    expect(summary.metrics.accuracy).toBeGreaterThan(summary.metrics.positive_share! + 0.05);
    await trainer.save(join(folder, 'process'));
    const loaded = await loadClassifier(join(folder, 'process'));
    const settings = { tokenizer, stepSeparator: '\n' };
    const solutions = rows.slice(0, 4).map(({ prompt, completions }) => ({ prompt, steps: completions }));
    const scores = await stepScores(loaded, solutions, settings);
    expect(scores).toEqual(await stepScores(classifier, solutions, { ...settings, batchSize: 1 }));
    expect(scores.map(({ length }) => length)).toEqual(solutions.map(({ steps }) => steps.length));

    const reward = processModelReward({
      score: processScorer(loaded, settings),
      split: () => [...solutions[0]!.steps],
    });
    const { outcomes } = await scoreRewards(reward, [rewardContext('x', { row: { prompt: solutions[0]!.prompt } })]);
    expect(outcomes[0]).toMatchObject({ status: 'scored' });
    loaded.dispose();
    trainer.dispose();
    classifier.dispose();
  });

  it('labels what people rated: candidates behind the chosen steps', () => {
    const [first] = prm800kFixture();
    const solutions = prm800kSolutions(first!);
    expect(solutions).toHaveLength(14); // fifteen candidates, one of them written by a person and not rated
    expect(solutions[1]).toEqual({
      prompt: first!.problem,
      completions: [first!.steps[0]!.completions[0]!.text, first!.steps[1]!.completions[0]!.text],
      labels: [true, false],
    });
    expect(solutions.at(-1)!.labels.slice(0, -1).every(Boolean)).toBe(true);
  });

  it.each([
    ['other keys', { prompt: '1' }],
    ['a label too few', { prompt: '1', completions: ['1', '2'], labels: [true] }],
    ['a rating for a label', { prompt: '1', completions: ['1'], labels: [-1] }],
    ['messages without a format', { prompt: [{ role: 'user', content: '1' }], completions: ['1'], labels: [1] }],
  ])('refuses a row with %s', async (_, row) => {
    const { tokenizer } = format;
    const options = { tokenizer, stepSeparator: '\n', maxLength: null, maxCompletionLength: null };
    const label = () => labelledSteps(row, { ...options, trainOnLastStepOnly: false });
    expect(label).toThrow(expect.objectContaining({ code: 'TW_TRAINERS_ROW_INVALID' }));
  });

  it.each([
    ['a misspelt separator', { maxSteps: 1, stepSeperator: '\n' }, 'UNKNOWN'],
    ['no separator', { maxSteps: 1, stepSeparator: '' }, 'INVALID'],
    ['steps that are longer than the whole', { maxSteps: 1, maxLength: 8, maxCompletionLength: 9 }, 'CLASH'],
    [
      'the last label, and a cut before it',
      { maxSteps: 1, maxCompletionLength: 9, trainOnLastStepOnly: true },
      'CLASH',
    ],
    ['no steps', {}, 'CLASH'],
  ])('refuses %s', (_, options, code) => {
    expect(() => parseProcessRewardOptions(options)).toThrow(
      expect.objectContaining({ code: expect.stringContaining(code) }),
    );
  });
});

describe('outcomeScorer', () => {
  it('scores prompt and completion as they were sampled', async () => {
    const classifier = outcome();
    const reward = outcomeModelReward({ score: outcomeScorer(classifier, format) });
    const ids = format.tokenizer.encode('7', { addSpecialTokens: false });
    const prompt = [{ role: 'user' as const, content: '1+2' }];
    const context = rewardContext('7', { ids, row: { prompt } });
    const promptIds = format.renderPrompt(prompt, { mode: context.mode }).ids;
    const { outcomes } = await scoreRewards(reward, [context]);
    const [expected] = await outcomeScores(classifier, [Int32Array.of(...promptIds, ...ids)]);
    expect(outcomes[0]).toMatchObject({ value: expected });
    classifier.dispose();
  });
});

describe('searches with reward models', () => {
  const promptIds = format.tokenizer.encode('1+2', { addSpecialTokens: false });
  const decode = (ids: Int32Array) => format.tokenizer.decode(ids, { skipSpecialTokens: false });
  const policy = () => tinyModel({ seed: 6, vocabularySize, layerCount: 1 });
  const sampling = { temperature: 1, maxTokens: 8, stopIds: format.stopIds, seed: 3 };

  it('best-of-N keeps what the outcome model likes most', async () => {
    const classifier = outcome();
    const request = { promptIds, samples: 4, sampling, key: 'a' };
    const scoreOf = (all: readonly { ids: Int32Array }[]) =>
      outcomeScores(
        classifier,
        all.map(({ ids }) => Int32Array.of(...promptIds, ...ids)),
      );
    const [found] = await bestOfN(createEngine(policy()), [request], scoreOf);
    const scores = await scoreOf(found!.candidates);
    expect(found!.best).toBe(found!.candidates[scores.indexOf(Math.max(...scores))]);
  });

  it('beam search grows the steps that the process model likes most', async () => {
    const classifier = createClassifier(policy(), { kind: 'token', seed: 2 });
    const settings = { format, stepSeparator: '+' };
    const scoreOf = async (partials: readonly { ids: Int32Array }[]) => {
      const solutions = partials.map(({ ids }) => ({ prompt: '1+2', steps: decode(ids).split('+') }));
      return (await stepScores(classifier, solutions, settings)).map((scores) => Math.min(...scores));
    };
    const options = { promptIds, key: 'b', beams: 2, expansions: 3, sampling: { ...sampling, stopStrings: ['+'] } };
    const found = await stepBeamSearch(createEngine(policy(), { decode }), scoreOf, options);
    expect(found).toHaveLength(2);
    expect(found.map(({ score }) => score)).toEqual(await scoreOf(found));
    expect(found[0]!.score).toBeGreaterThanOrEqual(found[1]!.score);
  });

  it('judge sampled ids as what they say, finished or not, behind the ids of the prompt', async () => {
    const classifier = createClassifier(policy(), { kind: 'token', seed: 2 });
    const encode = (text: string) => format.tokenizer.encode(text, { addSpecialTokens: false });
    const prompt = [{ role: 'user' as const, content: '1+2' }];
    const { ids } = format.renderPrompt(prompt);
    const settings = { format, stepSeparator: '=' };
    const score = processSearchScore(classifier, settings);
    const texts = ['<think>1+2=3=', '<think>1+2=3</think><answer>3</answer><|im_end|>', '<answer>3</answer>'];
    const [open, closed, none] = await score(texts.map((text) => ({ promptIds: ids, ids: encode(text) })));
    const [steps] = await stepScores(classifier, [{ prompt, steps: ['1+2', '3'] }], settings);
    expect([open, closed, none]).toEqual([Math.min(...steps!), Math.min(...steps!), Number.NaN]);
    const outcomeModel = outcome();
    expect(await outcomeSearchScore(outcomeModel)([{ promptIds: ids, ids: encode('7') }])).toEqual(
      await outcomeScores(outcomeModel, [Int32Array.of(...ids, ...encode('7'))]),
    );
    classifier.dispose();
    outcomeModel.dispose();
  });
});
