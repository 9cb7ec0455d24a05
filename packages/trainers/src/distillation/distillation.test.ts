// Distillation as its user sees it: the student comes to agree with the teacher, on given texts and on its own; the top-k divergence against the
// full one; gradients against finite differences; what cannot work is refused before anything runs.
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { FakeEngine } from '@thinkwright/rollouts';
import { tf, uniform, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { parseDistillationOptions } from '../options/distillation-options.ts';
import { gradientDeviation, PLAIN_SGD } from '../test/finite-differences.ts';
import { collectEvents } from '../test/index.ts';
import { createDistillationTrainer } from './distillation-trainer.ts';
import { generalizedJsdTerms } from './generalized-jsd.ts';
import { learnDistillation } from './learn-distillation.ts';
import { topKJsd } from './top-k-jsd.ts';

const format = presetFormat('quickstart');
const vocabularySize = format.tokenizer.vocabularySize;
const rows = Array.from({ length: 16 }, (_, i) => ({
  prompt: `${i % 10}+${(3 * i) % 10}`,
  completion: `${i % 7}${i % 3}`,
}));
const random = (shape: [number, number], stream: number) =>
  tf.tensor2d(
    Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => 4 * uniform(stream, i) - 2),
    shape,
  );

beforeAll(async () => {
  await useDevice('cpu');
});

function setUp(changes: Record<string, unknown> = {}) {
  const [model, teacher] = [1, 2].map((seed) => tinyModel({ seed, vocabularySize, layerCount: 1 })) as [
    ReturnType<typeof tinyModel>,
    ReturnType<typeof tinyModel>,
  ];
  const trainer = createDistillationTrainer({
    model,
    teacher,
    engine: createEngine(model),
    format,
    dataset: arrayDataset('rows', rows),
    maxSteps: 20,
    maxNewTokens: 4,
    temperature: 1,
    learningRate: 0.02,
    lrSchedulerType: 'constant' as const,
    ...changes,
  });
  return { model, teacher, trainer };
}
const losses = async (changes: Record<string, unknown>) => {
  const { events } = await collectEvents(setUp(changes).trainer);
  return events.filter((event) => event.type === 'step-end').map(({ metrics }) => metrics);
};

describe('createDistillationTrainer', () => {
  it.each([
    ['off-policy, forward KL', { lmbda: 0, beta: 0 }],
    ['on its own completions, reverse KL', { lmbda: 1, beta: 1 }],
    ['mixed, JSD', {}],
  ])('comes to agree with the teacher: %s', async (_, changes) => {
    const metrics = await losses(changes);
    const mean = (part: typeof metrics) => part.reduce((sum, { loss }) => sum + loss!, 0) / part.length;
    expect(mean(metrics.slice(-4))).toBeLessThan(mean(metrics.slice(0, 2)) / 2);
    const share = metrics.reduce((sum, { on_policy }) => sum + on_policy!, 0) / metrics.length;
    const { lmbda = 0.5 } = changes as { lmbda?: number };
    expect(Math.abs(share - lmbda)).toBeLessThan(0.3);
  });

  it('learns from the likeliest tokens of an engine, nearly as from all', async () => {
    const { teacher } = setUp();
    const changes = { lmbda: 0, maxSteps: 1 };
    const [full] = await losses(changes);
    const asked = { ...changes, teacher: undefined, teacherEngine: createEngine(teacher) };
    const [all] = await losses({ ...asked, topK: vocabularySize });
    const [some] = await losses({ ...asked, topK: 8 });
    expect(Math.abs(all!.loss! / full!.loss! - 1)).toBeLessThan(1e-5);
    expect(Math.abs(all!.grad_norm! / full!.grad_norm! - 1)).toBeLessThan(1e-4);
    expect(some!.loss).toBeLessThan(full!.loss!);
    expect(some!.loss).toBeGreaterThan(full!.loss! / 3);
  });

  it('learns the texts that the teacher samples (sequence-level)', async () => {
    const teacherEngine = new FakeEngine({
      vocabularySize,
      maxTokens: 64,
      script: () => [7, 8, 9, format.stopIds[0]!],
    });
    const changes = { lossType: 'nll', seqKd: true, lmbda: 0, teacher: undefined, engine: undefined, teacherEngine };
    const metrics = await losses(changes);
    expect(metrics.at(-1)!.loss).toBeLessThan(0.1);
    expect(metrics[0]!['completions/mean_length']).toBe(4);
  });

  it.each([
    ['no engine for its own completions', { engine: undefined }, /give `engine`/],
    ['no teacher', { teacher: undefined }, /there is no teacher/],
    ['top-k of an engine that cannot', { topK: 4, teacherEngine: new FakeEngine() }, /scoreTopK/],
    ['sequence-level without a sampler', { seqKd: true }, /teacherEngine/],
    ['its own likelihood', { lossType: 'nll' }, /repeat itself/],
    ['top-k without probabilities', { lossType: 'nll', lmbda: 0, topK: 3 }, /Leave topK out/],
    ['off-policy texts that are never read', { seqKd: true, lmbda: 1 }, /leaves none/],
    ["TRL's spelling in another case", { lambda: 0.5 }, /did you mean "lmbda"/],
  ])('refuses %s', (_, changes, message) => {
    expect(() => setUp(changes)).toThrow(message);
  });

  it('refuses a teacher with another vocabulary', () => {
    const teacher = tinyModel({ vocabularySize: vocabularySize + 1 });
    expect(() => setUp({ teacher })).toThrow(expect.objectContaining({ code: 'TW_TRAINERS_SHAPE' }));
  });
});

describe('learnDistillation', () => {
  const sequences = [4, 6, 3].map((length, key) => ({
    ids: Int32Array.from({ length }, (_, i) => Math.floor(uniform(3, key, i) * 20)),
    mask: new Uint8Array(length).fill(1, 2),
  }));
  const fresh = () => {
    const model = tinyModel({ seed: 5, vocabularySize });
    return { model, window: new OptimizerWindow(model, PLAIN_SGD) };
  };

  it.each([
    ['all tokens of a model', null],
    ['the likeliest tokens of an engine', 5],
  ])('has the gradient of finite differences, and of one batch: %s', async (_, topK) => {
    const teacher = tinyModel({ seed: 6, vocabularySize });
    const options = parseDistillationOptions({ maxSteps: 1, temperature: 0.8, topK });
    const teachers = { teacher, teacherEngine: createEngine(teacher) };
    const { model, window } = fresh();
    const learn = async () =>
      (await learnDistillation(model, teachers, window, [sequences], 1, options, 0)).metrics.loss!;
    expect(await gradientDeviation(window.parameters, learn)).toBeLessThan(1e-2);
    const metrics = async (cut: (typeof sequences)[]) => {
      const { model, window } = fresh();
      return (await learnDistillation(model, teachers, window, cut, 1e-3, options, 0)).metrics;
    };
    const whole = await metrics([sequences]);
    const parts = await metrics(sequences.map((sequence) => [sequence]).toReversed());
    expect(Math.abs(parts.grad_norm! / whole.grad_norm! - 1)).toBeLessThan(2e-6);
    expect(Math.abs(parts.loss! / whole.loss! - 1)).toBeLessThan(2e-6);
  });
});

describe('topKJsd', () => {
  const [student, teacher] = [random([5, 12], 1), random([5, 12], 2)];
  const temperature = 1.3;
  const logProbsOf = (logits: tf.Tensor2D): tf.Tensor2D => tf.logSoftmax(tf.div<tf.Tensor2D>(logits, temperature));

  it.each([0, 0.3, 1])(
    'bounds the full divergence from below, and meets it when all tokens are known (beta %d)',
    async (beta) => {
      const full = await tf.sum(generalizedJsdTerms(student, teacher, { beta, temperature }), 1).data();
      let before = new Array(5).fill(0);
      for (const k of [1, 4, 8, 12]) {
        const { values, indices } = tf.topk(logProbsOf(teacher), k);
        const own = tf.gather(logProbsOf(student), indices as tf.Tensor2D, 1, 1) as tf.Tensor2D;
        const bound = Array.from(await topKJsd(own, values, { beta }).data());
        for (const [row, value] of bound.entries()) {
          expect(value).toBeLessThanOrEqual(full[row]! + 1e-5);
          expect(value).toBeGreaterThanOrEqual(before[row]! - 1e-5);
          if (k === 12) expect(Math.abs(value - full[row]!)).toBeLessThan(1e-5);
        }
        before = bound;
      }
    },
  );
});
