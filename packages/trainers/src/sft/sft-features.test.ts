// What SFT does beside the plain loop: noise on the embeddings, packing strategies, evaluation, early stopping, averaged weights.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine, loadModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { tf, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectEvents } from '../test/index.ts';
import { evaluateSequences } from './evaluate-sequences.ts';
import { generatedAccuracy } from './generated-accuracy.ts';
import { neftuneNoise } from './neftune.ts';
import type { SftRow } from './row-to-sequence.ts';
import { SequenceSource } from './sequence-source.ts';
import { createSftTrainer } from './sft-trainer.ts';

const format = presetFormat('quickstart');
const rows = ['1+2=3', '2+3=5', '3+4=7', '1+1=2*3=6'].map((text) => ({ prompt: '', text }));
const dataset = (texts = rows) => arrayDataset('sums', texts);
const model = () => tinyModel({ seed: 1, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
const small = { format, perDeviceTrainBatchSize: 4, learningRate: 0.02, lrSchedulerType: 'constant' as const };
let folder = '';
beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-sft-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Metrics of every step. */
async function losses(more: Record<string, unknown>): Promise<number[]> {
  const trainer = createSftTrainer({ model: model(), dataset: dataset(), ...small, maxSteps: 3, ...more } as never);
  const { events } = await collectEvents(trainer);
  return events.flatMap((event) => (event.type === 'step-end' ? [event.metrics.loss!] : []));
}

describe('NEFTune', () => {
  it('draws noise below alpha / sqrt(L C), by key, with a mean near 0 and the variance of a uniform', () => {
    const noise = neftuneNoise([50, 10], 16, 5, { seed: 1, stream: 2 });
    const bound = 5 / Math.sqrt(50 * 16);
    const first = Array.from(noise.slice(0, 50 * 16));
    expect(Math.max(...first.map(Math.abs))).toBeLessThanOrEqual(bound);
    const variance = first.reduce((sum, x) => sum + x * x, 0) / first.length;
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.15);
    expect(neftuneNoise([50, 10], 16, 5, { seed: 1, stream: 2 })).toEqual(noise);
    expect(neftuneNoise([50, 10], 16, 5, { seed: 1, stream: 3 })).not.toEqual(noise);
  });

  it('changes training, vanishes with alpha, and is the same in a second run and under activation checkpointing', async () => {
    const plain = await losses({});
    const noisy = await losses({ neftuneNoiseAlpha: 5 });
    expect(noisy).not.toEqual(plain);
    expect(await losses({ neftuneNoiseAlpha: 5 })).toEqual(noisy);
    expect(await losses({ neftuneNoiseAlpha: 5, gradientCheckpointing: true })).toEqual(noisy);
    for (const [i, loss] of (await losses({ neftuneNoiseAlpha: 1e-9 })).entries())
      expect(loss).toBeCloseTo(plain[i]!, 5);
  });
});

describe('long rows', () => {
  const long = Array.from({ length: 20 }, (_, i) => i % 7);
  const ids = [long, [1, 2, 3]].map((numbers) => ({ ids: numbers, prompt: '' }));
  const settings = { completionOnlyLoss: null, assistantOnlyLoss: false, appendEos: false, packingBuffer: 10 };
  const read = async (more: object) => {
    const source = new SequenceSource(arrayDataset<SftRow>('ids', ids as never).stream({ epochs: 1, shuffle: false }), {
      ...settings,
      maxLength: 8,
      packing: false,
      ...more,
    });
    return (await source.take(100)).map((row) => row.map((sequence) => Array.from(sequence.ids)));
  };

  it('are left out, cut at either end, cut into pieces, or run on into the next', async () => {
    expect(await read({})).toEqual([[[1, 2, 3]]]);
    expect(await read({ truncationMode: 'keep_start' })).toEqual([[long.slice(0, 8)], [[1, 2, 3]]]);
    expect(await read({ truncationMode: 'keep_end' })).toEqual([[long.slice(-8)], [[1, 2, 3]]]);
    expect(await read({ packing: true })).toEqual([[[1, 2, 3]]]);
    const split = await read({ packing: true, packingStrategy: 'bfd_split' });
    expect(split).toEqual([[long.slice(0, 8)], [long.slice(8, 16)], [long.slice(16), [1, 2, 3]]]);
    const all = [...long, 1, 2, 3];
    expect(await read({ packing: true, packingStrategy: 'wrapped' })).toEqual([
      [all.slice(0, 8)],
      [all.slice(8, 16)],
      [all.slice(16)],
    ]);
  });

  it('in pieces do not attend to each other: packed pieces give the loss of separate rows', async () => {
    const rowsOf = (list: number[][]) =>
      arrayDataset<SftRow>('ids', list.map((numbers) => ({ ids: numbers, prompt: '' })) as never);
    const first = async (given: object) => {
      const trainer = createSftTrainer({ model: model(), ...small, maxSteps: 1, ...given } as never);
      const { events } = await collectEvents(trainer);
      return events.flatMap((event) => (event.type === 'step-end' ? [event.metrics.loss!] : []))[0]!;
    };
    const packed = {
      perDeviceTrainBatchSize: 3,
      stream: rowsOf([long, [1, 2, 3]]).stream({ epochs: 1, shuffle: false }),
      packing: true,
      packingStrategy: 'bfd_split',
      maxLength: 8,
    };
    const separate = { dataset: rowsOf([long.slice(0, 8), long.slice(8, 16), long.slice(16), [1, 2, 3]]) };
    expect(Math.abs((await first(packed)) / (await first(separate)) - 1)).toBeLessThan(2e-6);
  });
});

describe('evaluation during training', () => {
  it('gives the loss that training on the same rows would see, in any batch', async () => {
    const evaluated = model();
    const options = { completionOnlyLoss: null, assistantOnlyLoss: true, appendEos: true, format };
    const given = { ...options, maxLength: 1024, packing: false, packingBuffer: 1 };
    const before = tf.memory().numTensors;
    const one = await evaluateSequences(evaluated, dataset(), { ...given, perDeviceEvalBatchSize: 1 });
    const four = await evaluateSequences(evaluated, dataset(), { ...given, perDeviceEvalBatchSize: 4 });
    expect(tf.memory().numTensors).toBe(before);
    const [loss] = await losses({});
    expect(one.eval_loss).toBeCloseTo(loss!, 5);
    expect(four.eval_loss).toBeCloseTo(one.eval_loss!, 5);
    expect(four.eval_mean_token_accuracy).toBe(one.eval_mean_token_accuracy);
    const nothing = arrayDataset<SftRow>('masked', [{ ids: [1, 2], mask: [0, 0] } as never]);
    await expect(evaluateSequences(evaluated, nothing, { ...given, perDeviceEvalBatchSize: 1 })).rejects.toMatchObject({
      code: 'TW_TRAINERS_NOTHING_SUPERVISED',
    });
  });

  it("joins the rows, generated answers and the caller's own metrics in one event", async () => {
    const trained = model();
    const generated = generatedAccuracy({
      engine: createEngine(trained),
      format,
      reward: (batch) => batch.map(({ ids }) => (ids.length > 1 ? 1 : 0)),
      dataset: arrayDataset('problems', [{ prompt: '1+2=' }, { prompt: '2+2=' }]),
      maxCompletionLength: 4,
    });
    const trainer = createSftTrainer({
      ...{ model: trained, dataset: dataset(), ...small, maxSteps: 2, evalSteps: 2, evalDataset: dataset() },
      evaluate: generated,
    });
    const { events } = await collectEvents(trainer);
    const [found] = events.filter(({ type }) => type === 'eval-end') as { metrics: Record<string, number> }[];
    expect(Object.keys(found!.metrics)).toEqual(
      expect.arrayContaining([
        'eval_loss',
        'eval_mean_token_accuracy',
        'eval_accuracy',
        'eval_completions/clipped_ratio',
      ]),
    );
    expect(found!.metrics.eval_accuracy).toBeGreaterThanOrEqual(0);
  });
});

describe('the best evaluation', () => {
  /** 3 2 4 5 6 ... : best at the second. */
  const worsening = ({ step }: { step: number }) => ({ eval_loss: step === 1 ? 3 : step });
  const settings = (outputDir: string) => ({
    ...{ ...small, outputDir, saveSteps: 0, maxSteps: 20, evalSteps: 1, evaluate: worsening },
    ...{ earlyStoppingPatience: 3, loadBestModelAtEnd: true },
  });

  it('stops after earlyStoppingPatience evaluations without improvement and goes back to the best weights', async () => {
    const outputDir = join(folder, 'early');
    const trained = model();
    const trainer = createSftTrainer({ model: trained, dataset: dataset(), ...settings(outputDir) });
    const { summary } = await collectEvents(trainer);
    expect(summary).toMatchObject({ reason: 'stalled', step: 5, best: { step: 2, value: 2 } });
    expect((await readdir(outputDir)).sort()).toEqual(['best', 'checkpoint-5']);
    const best = await loadModel(join(outputDir, 'best'));
    const again = createSftTrainer({ model: model(), dataset: dataset(), ...small, maxSteps: 2 });
    await collectEvents(again);
    for (const [name, tensor] of best.namedTensors())
      expect(Array.from(await trained.namedTensors().get(name)!.data()), name).toEqual(Array.from(await tensor.data()));
  });

  it('is remembered across a resume', async () => {
    const outputDir = join(folder, 'resumed');
    const first = createSftTrainer({ model: model(), dataset: dataset(), ...settings(outputDir) });
    await collectEvents(first, { untilStep: 4 });
    const second = createSftTrainer({
      ...{ model: model(), dataset: dataset(), ...settings(outputDir), resumeFromCheckpoint: true },
    });
    expect((await collectEvents(second)).summary).toMatchObject({ reason: 'stalled', step: 5, best: { step: 2 } });
  });

  it('lowers the learning rate of reduce_lr_on_plateau, across a resume too', async () => {
    const outputDir = join(folder, 'plateau');
    const settings = {
      ...{ ...small, outputDir, maxSteps: 6, evalSteps: 1, evaluate: worsening, learningRate: 1e-3 },
      ...{ lrSchedulerType: 'reduce_lr_on_plateau' as const, lrSchedulerKwargs: { patience: 1, factor: 0.5 } },
    };
    const ratesOf = async (more: object, options = {}) => {
      const trainer = createSftTrainer({ model: model(), dataset: dataset(), ...settings, ...more });
      const { events } = await collectEvents(trainer, options);
      return events.flatMap((event) => (event.type === 'step-end' ? [event.metrics.learning_rate] : []));
    };
    const rates = await ratesOf({});
    expect(rates).toEqual([1e-3, 1e-3, 1e-3, 1e-3, 5e-4, 5e-4]); // 3 2, then 4 and 5 are worse
    await ratesOf({ outputDir: join(folder, 'plateau-half') }, { untilStep: 3 });
    const rest = await ratesOf({ outputDir: join(folder, 'plateau-half'), resumeFromCheckpoint: true });
    expect(rest).toEqual(rates.slice(3));
  });

  it('needs evaluations, a folder, and a metric that exists', async () => {
    const refused = (more: object) => () =>
      createSftTrainer({ model: model(), dataset: dataset(), ...small, maxSteps: 2, ...more });
    expect(refused({ earlyStoppingPatience: 1 })).toThrow(/evalSteps is 0/);
    expect(refused({ lrSchedulerType: 'reduce_lr_on_plateau' })).toThrow(/reduce_lr_on_plateau" needs evaluations/);
    expect(refused({ loadBestModelAtEnd: true, evalSteps: 1 })).toThrow(/no outputDir/);
    const trainer = refused({
      earlyStoppingPatience: 1,
      evalSteps: 1,
      metricForBestModel: 'f1',
      evalDataset: dataset(),
    })();
    await expect(collectEvents(trainer)).rejects.toThrow(/"f1" is not among the metrics of the evaluation: eval_loss/);
  });
});

describe('emaDecay', () => {
  it('evaluates and saves the average, trains the weights, and resumes to the same bytes', async () => {
    const outputDir = join(folder, 'ema');
    const shared = { ...small, emaDecay: 0.5, saveSteps: 2, seed: 3 };
    const whole = createSftTrainer({ model: model(), dataset: dataset(), ...shared, maxSteps: 4 });
    await collectEvents(whole);
    await whole.save(join(folder, 'whole'));
    const half = createSftTrainer({ model: model(), dataset: dataset(), ...shared, maxSteps: 4, outputDir });
    await collectEvents(half, { untilStep: 2 });
    const rest = createSftTrainer({
      ...{ model: model(), dataset: dataset(), ...shared, maxSteps: 4, outputDir, resumeFromCheckpoint: true },
    });
    await collectEvents(rest);
    await rest.save(join(folder, 'rest'));
    const [a, b] = [await loadModel(join(folder, 'whole')), await loadModel(join(folder, 'rest'))];
    for (const [name, tensor] of a.namedTensors())
      expect(Array.from(await b.namedTensors().get(name)!.data())).toEqual(Array.from(await tensor.data()));
    expect(await losses({ ...shared, emaDecay: 0.5 })).toEqual(await losses({ ...shared, emaDecay: null }));
  });
});
