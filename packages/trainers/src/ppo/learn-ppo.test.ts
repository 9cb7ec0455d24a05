// The objective of a window: its gradient agrees with finite differences on a two-layer model, and cutting the window into
// micro-batches or turning its order changes nothing beyond rounding.
import { createLinearHead, type LanguageModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { uniform, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { gradientDeviation, PLAIN_SGD } from '../test/finite-differences.ts';
import { type Critic, criticParameters } from './critic.ts';
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

/** The head stands on a value model. */
const own = { ownLayers: true };
async function fresh<T>(run: (made: ReturnType<typeof parts>) => Promise<T>, { ownLayers = false } = {}): Promise<T> {
  const made = parts(ownLayers);
  try {
    return await run(made);
  } finally {
    made.window.dispose();
    made.critic.head.dispose();
    made.critic.model?.dispose();
    made.model.dispose();
  }
}
function parts(ownLayers: boolean) {
  const model = tinyModel({ seed: 9 });
  const head = createLinearHead({ name: 'v', inputs: 16, outputs: 1, bias: true, std: 0.3, seed: 1 });
  const critic: Critic = { head, ...(ownLayers && { model: tinyModel({ seed: 4 }) }) };
  return { model, critic, window: new OptimizerWindow(model, PLAIN_SGD, criticParameters(critic)) };
}
const train = (given: PpoRollout[], more: Partial<LearnPpoOptions> = {}, layers = {}) =>
  fresh(
    async ({ model, critic, window }) =>
      (await learnPpo(model, critic, window, given, 1e-3, { ...options, ...more })).metrics,
    layers,
  );

describe('learnPpo', () => {
  it.each([
    ['the layers they share', {}],
    ['layers of their own', own],
  ])('has the gradient of finite differences, through policy, values and %s', async (_, layers) => {
    const deviation = await fresh(
      ({ model, critic, window }) =>
        gradientDeviation(
          window.parameters,
          async () => (await learnPpo(model, critic, window, rollouts, 1, options)).metrics.loss!,
        ),
      layers,
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

  it('keeps policy and values apart where the values have layers of their own', async () => {
    /** The steps of policy and value model under plain SGD. */
    const stepOf = (vfCoef: number, advantage: number) =>
      fresh(async ({ model, critic, window }) => {
        const read = async (of: LanguageModel) =>
          (await Promise.all(of.parameters().map(async ({ variable }) => Array.from(await variable.data())))).flat();
        const given = rollouts.map((rollout) => ({
          ...rollout,
          advantages: rollout.advantages.map((a) => a * advantage),
        }));
        await learnPpo(model, critic, window, given, 1e-2, { ...options, vfCoef });
        return { policy: await read(model), values: await read(critic.model!) };
      }, own);
    const plain = await stepOf(0.5, 1);
    expect((await stepOf(2, 1)).policy).toEqual(plain.policy);
    expect((await stepOf(0.5, -1)).values).toEqual(plain.values);
    expect((await stepOf(2, 1)).values).not.toEqual(plain.values);
  });

  it('moves the value head alone in the warm-up', async () => {
    const { loss, ...metrics } = await train(rollouts, { valueOnly: true });
    expect(loss).toBeCloseTo(0.5 * metrics['loss/value_avg']!, 6);
  });
});
