// The objective of a window: its gradient agrees with finite differences on a two-layer model, and cutting the window into
// micro-batches or turning its order changes nothing beyond rounding.
import { createLinearHead } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { uniform, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { gradientDeviation, PLAIN_SGD } from '../test/finite-differences.ts';
import { type LearnPpoOptions, learnPpo } from './learn-ppo.ts';
import type { PpoRollout } from './ppo-rollout.ts';

const options: LearnPpoOptions = {
  temperature: 0.9,
  gradientCheckpointing: false,
  perDeviceTrainBatchSize: 4,
  cliprange: 0.2,
  cliprangeValue: 0.2,
  vfCoef: 0.5,
  valueOnly: false,
};
const rollouts = [5, 2, 7, 3].map((length, key): PpoRollout => {
  const random = (stream: number, low: number, high: number) =>
    Float32Array.from({ length }, (_, t) => low + (high - low) * uniform(stream, key, t));
  const ids = (count: number, stream: number) =>
    Int32Array.from({ length: count }, (_, i) => 3 + Math.floor(uniform(stream, key, i) * 29));
  return {
    key: String(key),
    sample: 0,
    group: key,
    promptIds: ids(3, 1),
    ids: ids(length, 2),
    samplerLogProbs: random(3, -4, -3),
    oldLogProbs: random(3, -4, -3),
    values: random(4, -1, 1),
    advantages: random(5, -2, 2),
    returns: random(6, -1, 1),
    finish: 'stop',
    reward: 0,
    parts: {},
    advantage: 0,
    zeroSignal: false,
  };
});

beforeAll(async () => {
  await useDevice('cpu');
});

async function fresh<T>(run: (made: ReturnType<typeof parts>) => Promise<T>): Promise<T> {
  const made = parts();
  try {
    return await run(made);
  } finally {
    made.window.dispose();
    made.head.dispose();
    made.model.dispose();
  }
}
function parts() {
  const model = tinyModel({ seed: 9 });
  const head = createLinearHead({ name: 'v', inputs: 16, outputs: 1, bias: true, std: 0.3, seed: 1 });
  return { model, head, window: new OptimizerWindow(model, PLAIN_SGD, head.parameters()) };
}
const train = (given: PpoRollout[], more: Partial<LearnPpoOptions> = {}) =>
  fresh(
    async ({ model, head, window }) =>
      (await learnPpo(model, head, window, given, 1e-3, { ...options, ...more })).metrics,
  );

describe('learnPpo', () => {
  it('has the gradient of finite differences, through policy, values and the layers they share', async () => {
    const deviation = await fresh(({ model, head, window }) =>
      gradientDeviation(
        window.parameters,
        async () => (await learnPpo(model, head, window, rollouts, 1, options)).metrics.loss!,
      ),
    );
    expect(deviation).toBeLessThan(1e-2);
  });

  it.each([1, 2, 3])('gives the gradient of one batch with micro-batches of %i', async (perDeviceTrainBatchSize) => {
    const whole = await train(rollouts);
    const cut = await train(rollouts, { perDeviceTrainBatchSize });
    expect(Math.abs(cut.loss! - whole.loss!)).toBeLessThan(2e-6);
    expect(Math.abs(cut.grad_norm! / whole.grad_norm! - 1)).toBeLessThan(2e-6);
    expect(cut['val/ratio_var']).toBeCloseTo(whole['val/ratio_var']!, 5);
    const turned = await train(rollouts.toReversed(), { perDeviceTrainBatchSize });
    expect(Math.abs(turned.grad_norm! / whole.grad_norm! - 1)).toBeLessThan(2e-6);
  });

  it('moves the value head alone in the warm-up', async () => {
    const { loss, ...metrics } = await train(rollouts, { valueOnly: true });
    expect(loss).toBeCloseTo(0.5 * metrics['loss/value_avg']!, 6);
  });
});
