// Rules without a fixture, and what all of them share: state that resumes to the same bits, and honest errors.
import { type Parameter, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOptimizer, OPTIMIZERS } from './create-optimizer.ts';
import { lion } from './lion.ts';
import { orthogonalise } from './muon.ts';
import { createRuleOptimizer } from './rule-optimizer.ts';
import { sgd } from './sgd.ts';

const start = [0.5, -0.25, 1, 0.125, -2, 0.75];
const parametersOf = (values = start): Parameter[] => [
  { name: 'layers.0.q_proj.weight', variable: tf.variable(tf.tensor2d(values, [2, 3])), decay: true },
  { name: 'norm.weight', variable: tf.variable(tf.tensor1d([1, 1])), decay: false },
];
const gradientsAt = (step: number) =>
  new Map<string, tf.Tensor>([
    [
      'layers.0.q_proj.weight',
      tf.tensor2d(
        start.map((x, i) => Math.sin(x + i + step)),
        [2, 3],
      ),
    ],
    ['norm.weight', tf.tensor1d([0.1 * step, -0.2])],
  ]);

beforeAll(async () => {
  await useDevice('cpu');
});

const kinds = [...OPTIMIZERS.map((optim) => ({ optim, amsgrad: false })), { optim: 'adamw' as const, amsgrad: true }];
describe.each(kinds)('$optim, amsgrad $amsgrad', (kind) => {
  const options = { ...kind, adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-8, weightDecay: 0.1 };

  it('resumes to the same bits', async () => {
    const whole = parametersOf();
    const optimizer = createOptimizer(whole, options);
    for (let step = 0; step < 2; step++) optimizer.update(gradientsAt(step), 0.01);
    const half = await Promise.all(whole.map(({ variable }) => variable.data()));
    const state = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [name, tensor] of optimizer.state()) {
      state.set(name, { shape: [...tensor.shape], data: Float32Array.from(await tensor.data()) });
    }
    const resumed = parametersOf(Array.from(half[0]!));
    resumed[1]!.variable.assign(tf.tensor1d(half[1]!));
    const second = createOptimizer(resumed, options);
    await second.load(optimizer.step, state, optimizer.missedUpdates());
    for (const one of [optimizer, second]) one.update(gradientsAt(2), 0.01);
    for (const [i, { variable }] of whole.entries()) {
      expect(Array.from(await resumed[i]!.variable.data())).toEqual(Array.from(await variable.data()));
    }
    expect(second.step).toBe(3);
  });

  it('leaves a parameter without a gradient as it is', async () => {
    const parameters = parametersOf();
    const optimizer = createOptimizer(parameters, options);
    const gradients = gradientsAt(1);
    gradients.delete('norm.weight');
    optimizer.update(gradients, 0.01);
    expect(Array.from(await parameters[1]!.variable.data())).toEqual([1, 1]);
    expect(optimizer.missedUpdates()).toEqual({ 'norm.weight': 1 });
  });
});

describe('Lion', () => {
  it('moves every weight by the learning rate, whatever the gradient', async () => {
    const [parameter] = parametersOf();
    createRuleOptimizer([parameter!], lion()).update(gradientsAt(0), 0.125);
    const values = await parameter!.variable.data();
    for (const [i, value] of values.entries()) expect(Math.abs(value - start[i]!)).toBeCloseTo(0.125, 6);
  });
});

describe('Muon', () => {
  it('makes the singular values of a matrix nearly one', async () => {
    const tall = tf.tensor2d([3, 0, 0, 0.5, 0, 0], [3, 2]); // singular values 3 and 0.5
    const [a, , , d] = await orthogonalise(tall).data();
    for (const value of [a!, d!]) expect(Math.abs(value - 0.95)).toBeLessThan(0.3);
  });
});

describe('saved states', () => {
  it('of another optimizer are refused by name', async () => {
    const optimizer = createRuleOptimizer(parametersOf(), sgd({ momentum: 0.9 }));
    await expect(optimizer.load(1, new Map())).rejects.toThrow(/has no layers.0.q_proj.weight.momentum_buffer/);
  });
});
