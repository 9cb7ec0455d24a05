// The tokens that the pre-flight plans with against those that the trainer then puts through the model, step by step of a whole epoch: the
// longest rows come late, and are counted before the first step.
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createClassifier, createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDistillationTrainer } from '../distillation/distillation-trainer.ts';
import { createPpoTrainer } from '../ppo/ppo-trainer.ts';
import { createOnlinePreferenceTrainer } from '../preference/online-preference-trainer.ts';
import { createPreferenceTrainer } from '../preference/preference-trainer.ts';
import { createRejectionSampler } from '../rejection-sampling/rejection-sampler.ts';
import { createProcessRewardTrainer } from '../reward-models/process-reward-trainer.ts';
import { createRewardModelTrainer } from '../reward-models/reward-model-trainer.ts';
import { createRlTrainer } from '../rl/rl-trainer.ts';
import { createSftTrainer } from '../sft/sft-trainer.ts';
import { collectEvents } from '../test/index.ts';
import type { Trainer } from '../trainer.ts';
import { plannedTokens } from './planned-tokens.ts';

const planned = vi.hoisted(() => [] as number[]);
vi.mock('./check-learner.ts', () => ({
  checkLearner: ({ tokens }: { tokens: number }) => {
    planned.push(tokens);
    return [];
  },
}));

const format = presetFormat('quickstart');
const { vocabularySize } = format.tokenizer;
const model = () => tinyModel({ seed: 1, vocabularySize, layerCount: 1, maxPositions: 128 });
const STEPS = 10;
/** One of many is long, and it does not come first. */
const rows = <Row>(row: (digits: string) => Row) =>
  arrayDataset(
    'rows',
    Array.from({ length: 2 * STEPS }, (_, i) => row('7'.repeat(i === 13 ? 40 : 1 + (i % 4)))),
  );
const batch = { format, perDeviceTrainBatchSize: 2 };
const shared = { ...batch, maxSteps: STEPS };
const pairs = rows((chosen) => ({ prompt: '1+2', chosen, rejected: '4' }));
const prompts = rows((prompt) => ({ prompt }));
const LONGEST_PROMPT = 40;
const reward = (all: readonly unknown[]) => all.map((_, i) => i % 2);

beforeAll(async () => {
  await useDevice('cpu');
});
beforeEach(() => {
  planned.length = 0;
});

describe('the tokens that are planned before the first step', () => {
  const given: Record<string, () => Trainer> = {
    sft: () => createSftTrainer({ ...shared, model: model(), dataset: rows((text) => ({ text })) }),
    preference: () => createPreferenceTrainer({ ...shared, model: model(), algorithm: 'cpo', dataset: pairs }),
    'reward-model': () =>
      createRewardModelTrainer({
        ...shared,
        classifier: createClassifier(model(), { kind: 'sequence' }),
        dataset: pairs,
      }),
    'process-reward': () =>
      createProcessRewardTrainer({
        ...{ ...shared, classifier: createClassifier(model(), { kind: 'token' }) },
        dataset: rows((step) => ({ prompt: '1+2', completions: [step, '3'], labels: [true, false] })),
      }),
    distillation: () =>
      createDistillationTrainer({
        ...{ ...shared, model: model(), teacher: model(), lmbda: 0 },
        dataset: rows((completion) => ({ prompt: '1+2', completion })),
      }),
  };
  it.each(Object.keys(given))('are those of the heaviest step of the epoch: %s', async (name) => {
    const { events } = await collectEvents(given[name]!());
    const tokens = events.flatMap((event) => (event.type === 'step-end' ? [event.tokens] : []));
    expect(tokens).toHaveLength(STEPS);
    expect(planned).toEqual([Math.max(...tokens)]);
    expect(planned[0]).toBeGreaterThan(tokens[0]!);
  });

  const sampling = () => {
    const policy = model();
    return { model: policy, engine: createEngine(policy), reward, dataset: prompts };
  };
  const steps = { maxSteps: 1, numGenerations: 2 };
  const sampled: Record<string, [() => Trainer, number]> = {
    rl: [
      () => createRlTrainer({ ...batch, ...sampling(), ...steps, maxCompletionLength: 5 }),
      2 * (LONGEST_PROMPT + 5),
    ],
    'rl with short prompts only': [
      () => createRlTrainer({ ...batch, ...sampling(), ...steps, maxCompletionLength: 5, maxPromptLength: 30 }),
      2 * (4 + 5),
    ],
    ppo: [
      () => createPpoTrainer({ ...batch, ...sampling(), maxSteps: 1, klCoef: 0, responseLength: 5 }),
      2 * (LONGEST_PROMPT + 5),
    ],
    'online preference': [
      () =>
        createOnlinePreferenceTrainer({ ...batch, ...sampling(), ...steps, algorithm: 'cpo', maxCompletionLength: 5 }),
      2 * 2 * (LONGEST_PROMPT + 5),
    ],
    'rejection sampling': [
      () => {
        const rounds = { rounds: 1, problemsPerRound: 2, numGenerations: 2, numTrainEpochs: 1 };
        return createRejectionSampler({
          ...batch,
          ...sampling(),
          ...rounds,
          maxCompletionLength: 5,
          accept: () => true,
        });
      },
      2 * (LONGEST_PROMPT + 5),
    ],
  };
  it.each(Object.keys(sampled))('count the longest prompt, answered at length: %s', async (name) => {
    const [create, expected] = sampled[name]!;
    await collectEvents(create());
    expect(planned).toEqual([expected]);
  });

  it('are those of the first window where there is only a stream, which is not read ahead', async () => {
    const stream = rows((text) => ({ text })).stream();
    await collectEvents(createSftTrainer({ ...batch, model: model(), stream, maxSteps: 1 }));
    expect(planned).toHaveLength(1);
    expect(await stream.next()).toEqual({ text: '777' }); // the third row
  });

  it('end with a row that cannot be read, and with enough of an endless dataset', async () => {
    let read = 0;
    const source = (lastRow: number) => ({
      async take(count: number) {
        read += count;
        if (read > lastRow) throw new Error('a row of another shape');
        return new Array<number>(count).fill(read);
      },
    });
    const order = { seed: 1, shuffle: false };
    const toCome = (lastRow: number) => ({
      ...{ dataset: prompts, order, tokensOf: (tokens: number) => tokens },
      open: () => source(lastRow),
    });
    expect(await plannedTokens(toCome(40), [3], 2)).toBe(2 * 32);
    read = 0;
    expect(await plannedTokens(toCome(Number.POSITIVE_INFINITY), [3], 2)).toBe(2 * 256);
    expect(read).toBe(256);
  });
});
