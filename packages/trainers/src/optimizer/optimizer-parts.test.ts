// Parameters with a learning rate of their own, and the moving average of the weights.
import { createAdamW, type Parameter, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOptimizer, type OptimizerOptions } from './create-optimizer.ts';
import { splitByGroup } from './learning-rate-groups.ts';
import { averageWeights } from './weight-average.ts';

const options: OptimizerOptions = {
  optim: 'adamw',
  adamBeta1: 0.9,
  adamBeta2: 0.99,
  adamEpsilon: 1e-8,
  weightDecay: 0,
};
const names = ['model.embed_tokens.weight', 'layers.0.q_proj.lora_A.weight', 'layers.0.q_proj.lora_B.weight'];
const parametersOf = (): Parameter[] =>
  names.map((name) => ({ name, variable: tf.variable(tf.tensor2d([[1, 2]])), decay: true }));
const gradients = () => new Map(names.map((name) => [name, tf.tensor2d([[0.5, -1]])]));
const valuesOf = (parameters: Parameter[]) => parameters.map(({ variable }) => Array.from(variable.dataSync()));

beforeAll(async () => {
  await useDevice('cpu');
});

describe('learning-rate groups', () => {
  it('train as separate optimizers with their own rates would', () => {
    const grouped = parametersOf();
    const groups = [
      { match: 'lora_B', scale: 16 },
      { match: 'embed', scale: 0 },
    ];
    const optimizer = createOptimizer(grouped, { ...options, learningRateGroups: groups });
    const alone = parametersOf();
    const rates = [0, 0.001, 0.016];
    const separate = alone.map((parameter) => createAdamW([parameter], { beta2: 0.99 }));
    for (let step = 0; step < 3; step++) {
      optimizer.update(gradients(), 0.001);
      for (const [i, one] of separate.entries()) one.update(gradients(), rates[i]!);
    }
    expect(valuesOf(grouped)).toEqual(valuesOf(alone));
    expect(valuesOf(grouped)[0]).toEqual([1, 2]);
    expect([...optimizer.state().keys()].length).toBe(6);
  });

  it('give a parameter to the first group that matches it, and refuse a group of none', () => {
    const twice = [
      { match: 'q_proj', scale: 2 },
      { match: 'lora_B', scale: 3 },
    ];
    expect(() => splitByGroup(parametersOf(), twice)).toThrow(/"lora_B" matches no trainable parameter/);
    const all = splitByGroup(parametersOf(), [{ match: '', scale: 2 }]);
    expect(all.map(({ members, scale }) => [members.length, scale])).toEqual([[3, 2]]);
  });
});

describe('the average of the weights', () => {
  it('follows the recurrence, changes places with the weights and back, and resumes', async () => {
    const parameters = parametersOf().slice(0, 1);
    const averaged = averageWeights(createOptimizer(parameters, options), parameters, 0.9);
    let expected = [1, 2];
    for (let step = 0; step < 4; step++) {
      averaged.update(gradients(), 0.1);
      expected = valuesOf(parameters)[0]!.map((weight, i) => expected[i]! + 0.1 * (weight - expected[i]!));
    }
    const weights = valuesOf(parameters)[0]!;
    await averaged.swap();
    for (const [i, value] of valuesOf(parameters)[0]!.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    await averaged.swap();
    expect(valuesOf(parameters)[0]).toEqual(weights);

    const state = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [name, { shape, data }] of averaged.state())
      state.set(name, { shape: [...shape], data: Float32Array.from(await data.call(averaged.state().get(name))) });
    const again = parametersOf().slice(0, 1);
    again[0]!.variable.assign(tf.tensor2d([weights]));
    const resumed = averageWeights(createOptimizer(again, options), again, 0.9);
    await resumed.load(averaged.step, state);
    for (const one of [averaged, resumed]) one.update(gradients(), 0.1);
    await resumed.swap();
    await averaged.swap();
    expect(valuesOf(again)).toEqual(valuesOf(parameters));
    state.delete(`${names[0]}.ema`);
    await expect(resumed.load(1, state)).rejects.toMatchObject({ code: 'TW_TRAINERS_CHECKPOINT_MISMATCH' });
  });
});
