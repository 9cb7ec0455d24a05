// Every algorithm learns which completion is better, micro-batches change nothing, a resumed run goes on with the same bits, and what
// cannot be meant is refused.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { tinyModel } from '@thinkwright/models/test';
import { tf, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePreferenceOptions } from '../options/preference-options.ts';
import { collectEvents } from '../test/index.ts';
import type { TrainerEvent } from '../trainer.ts';
import { createPreferenceTrainer } from './preference-trainer.ts';

const format = presetFormat('quickstart');
/** The right digit is better than another one. */
const rows = ['1+2', '4-1', '5+3', '6-2', '2+2', '7-5', '3+3', '9-8'].map((sum, i) => ({
  prompt: `${sum}=`,
  chosen: `${i % 2}`,
  rejected: `${5 + (i % 3)}${i % 4}`,
}));
const dataset = (given: Record<string, unknown>[] = rows) => arrayDataset('preferences', given);

function setUp(changes: Record<string, unknown>) {
  const model = tinyModel({ seed: 4, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
  const trainer = createPreferenceTrainer({
    model,
    format,
    dataset: dataset(),
    maxSteps: 8,
    perDeviceTrainBatchSize: 8,
    learningRate: 0.02,
    lrSchedulerType: 'constant',
    ...changes,
  });
  return { model, trainer };
}
const steps = (events: TrainerEvent[]) =>
  events.filter((event) => event.type === 'step-end').map(({ metrics }) => metrics);

const withoutSpeed = (metrics: Record<string, number>[]) => metrics.map(({ tokens_per_second: _, ...rest }) => rest);

let folder: string;
beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'preference-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('createPreferenceTrainer', () => {
  it.each([
    ['DPO', {}],
    ['APO-zero', { lossType: 'apo_zero' }],
    ['IPO', { lossType: 'ipo' }],
    ['RPO', { lossType: ['sigmoid', 'sft'], lossWeights: [1, 0.2] }],
    ['WPO with LD-DPO', { useWeighting: true, ldAlpha: 0.5 }],
    ['KTO', { algorithm: 'kto' }],
    ['CPO', { algorithm: 'cpo' }],
    ['SimPO', { algorithm: 'cpo', referenceFreeLoss: 'simpo', cpoAlpha: 0 }],
    ['ORPO', { algorithm: 'orpo' }],
  ])('%s learns which completion is better', async (_, changes) => {
    const { trainer } = setUp(changes);
    const metrics = steps((await collectEvents(trainer)).events);
    expect(metrics.at(-1)!['rewards/accuracies']).toBeGreaterThan(0.9);
    expect(metrics.at(-1)!['rewards/margins']).toBeGreaterThan(metrics[0]!['rewards/margins']!);
  });

  it.each([
    ['DPO', {}],
    ['SimPO', { algorithm: 'cpo', referenceFreeLoss: 'simpo', cpoAlpha: 0.5 }],
    ['RPO', { lossType: ['sigmoid', 'sft'] }],
    ['KTO', { algorithm: 'kto' }],
  ])('gives the same step in two micro-batches as in one (%s)', async (_, changes) => {
    const first = async (more: Record<string, unknown>) =>
      steps((await collectEvents(setUp({ ...changes, beta: 0.5, maxSteps: 2, ...more }).trainer)).events)[1]!;
    const whole = await first({});
    const halves = await first({ perDeviceTrainBatchSize: 4, gradientAccumulationSteps: 2 });
    expect(Math.abs(halves.loss! / whole.loss! - 1)).toBeLessThan(2e-6);
    expect(Math.abs(halves.grad_norm! / whole.grad_norm! - 1)).toBeLessThan(2e-5);
  });

  it('goes on with the same bits after a checkpoint', async () => {
    const options = { perDeviceTrainBatchSize: 3, saveSteps: 2, maxSteps: 4 };
    const whole = setUp(options);
    await collectEvents(whole.trainer);
    const outputDir = join(folder, 'run');
    const half = setUp({ ...options, outputDir });
    for await (const _ of half.trainer.train({ untilStep: 2 })) {
      // until the checkpoint of step 2 is written
    }
    const resumed = setUp({ ...options, outputDir, resumeFromCheckpoint: true });
    await collectEvents(resumed.trainer);
    for (const [i, { variable }] of whole.model.parameters().entries()) {
      const values = await resumed.model.parameters()[i]!.variable.data();
      expect(Array.from(values)).toEqual(Array.from(await variable.data()));
    }
  });

  it.each(['kto', 'apo_zero_unpaired'])(
    'KTO (%s) learns from completions that are marked, without pairs',
    async (unpairedLoss) => {
      const marked = rows.flatMap(({ prompt, chosen, rejected }, i) => [
        { prompt, completion: chosen, label: true },
        ...(i % 2 === 0 ? [{ prompt, completion: rejected, label: 0 }] : []), // more good ones than bad
      ]);
      const options = {
        algorithm: 'kto',
        unpairedLoss,
        perDeviceTrainBatchSize: 12,
        undesirableWeight: 2,
        maxSteps: 10,
      };
      const { trainer } = setUp({ ...options, dataset: dataset(marked) });
      const metrics = steps((await collectEvents(trainer)).events);
      expect(metrics.at(-1)!['rewards/accuracies']).toBeGreaterThan(0.9);
      expect(metrics.at(-1)!['rewards/chosen']).toBeGreaterThan(0);
      expect(metrics.at(-1)!['rewards/rejected']).toBeLessThan(0);
      expect(metrics[0]!.kl).toBe(unpairedLoss === 'kto' ? 0 : undefined); // the reference is the policy still
    },
  );

  it('gives the same bits with log-probs of the reference computed before, and computes them once', async () => {
    const options = { perDeviceTrainBatchSize: 3, maxSteps: 4 };
    const live = steps((await collectEvents(setUp(options).trainer)).events);
    const outputDir = join(folder, 'precomputed');
    const before = setUp({ ...options, precomputeRefLogProbs: true, outputDir });
    expect(withoutSpeed(steps((await collectEvents(before.trainer)).events))).toEqual(withoutSpeed(live));
    const [name] = (await readdir(outputDir)).filter((file) => file.startsWith('reference-log-probs-'));
    const written = (await stat(join(outputDir, name!))).mtimeMs;
    const again = setUp({ ...options, precomputeRefLogProbs: true, outputDir });
    const counted = tf.memory().numTensors;
    expect(withoutSpeed(steps((await collectEvents(again.trainer, { untilStep: 2 })).events))).toEqual(
      withoutSpeed(live.slice(0, 2)),
    );
    expect((await stat(join(outputDir, name!))).mtimeMs).toBe(written);
    expect(tf.memory().numTensors).toBeLessThan(counted + 2 * again.model.parameters().length); // the copy is gone, AdamW is there
    again.trainer.dispose();
  });

  it('lets the reference follow, so that margins are those of the last steps', async () => {
    const options = { maxSteps: 6, syncRefModel: true, refModelSyncSteps: 1, refModelMixupAlpha: 1 };
    const metrics = steps((await collectEvents(setUp(options).trainer)).events);
    for (const step of metrics) expect(step['rewards/margins']).toBe(0); // the reference is the policy before every step
  });

  it.each([
    ['a stream for precomputing', { stream: dataset().stream() }, /not a stream/],
    [
      'a label that says nothing',
      { algorithm: 'kto', stream: dataset([{ prompt: '1', completion: '2', label: 'good' }]).stream() },
      /true or false/,
    ],
  ])('refuses %s', async (_, changes, message) => {
    const { trainer } = setUp({
      dataset: undefined,
      ...(!('algorithm' in changes) && { precomputeRefLogProbs: true }),
      ...changes,
    });
    await expect(collectEvents(trainer)).rejects.toThrow(message);
  });

  it.each([
    ['a row without a rejected side', [{ prompt: '1', chosen: '2' }], 'TW_TRAINERS_ROW_INVALID', /no rejected/],
    ['rows that are all too long', [{ prompt: '1', chosen: '2', rejected: '3' }], 'TW_TRAINERS_NO_ROWS', /Raise/],
  ])('refuses %s', async (_, given, code, message) => {
    const { trainer } = setUp({ stream: dataset(given).stream(), maxLength: 2 });
    await expect(collectEvents(trainer)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('does not hang on an endless stream of pairs that are too long', async () => {
    const { trainer } = setUp({ maxLength: 2 });
    await expect(collectEvents(trainer)).rejects.toMatchObject({ code: 'TW_TRAINERS_NO_ROWS' });
  });

  it.each([
    ['no maxSteps', {}, /maxSteps is missing/],
    ['weights for other losses', { maxSteps: 1, lossWeights: [1, 2] }, /one for each/],
    ['EXO without smoothing', { maxSteps: 1, lossType: 'exo_pair' }, /1e-3/],
    ['labels that are noise', { maxSteps: 1, labelSmoothing: 0.5 }, /below 0.5/],
    ['WPO without pairs of a reference', { maxSteps: 1, algorithm: 'orpo', useWeighting: true }, /belong to/],
    [
      'a smoothed hinge',
      { maxSteps: 1, algorithm: 'cpo', referenceFreeLoss: 'hinge', labelSmoothing: 0.1 },
      /no label/,
    ],
    ['AOT in micro-batches', { maxSteps: 1, lossType: 'aot', gradientAccumulationSteps: 2 }, /micro-batches/],
    ['a reference that there is not', { maxSteps: 1, algorithm: 'orpo', syncRefModel: true }, /no reference/],
    ['log-probs of what moves', { maxSteps: 1, precomputeRefLogProbs: true, syncRefModel: true }, /moves/],
    ['precomputed mismatches', { maxSteps: 1, algorithm: 'kto', precomputeRefLogProbs: true }, /apo_zero_unpaired/],
    ['KTO alone', { maxSteps: 1, algorithm: 'kto', perDeviceTrainBatchSize: 1 }, /at least 2/],
    ['an unknown loss', { maxSteps: 1, lossType: 'dpo' }, /lossType/],
  ])('refuses %s', (_, options, message) => {
    expect(() => parsePreferenceOptions(options)).toThrow(message);
  });
});
