import { beforeAll, describe, expect, test } from 'vitest';
import { createAdamW, createLayout, memoryReport, tf, useDevice } from '../index.ts';
import { presentDevices } from '../test/present-devices.ts';
import { randomIntegers, randomTensor } from '../test/random-tensors.ts';
import { tinyLoss, tinyParameters } from '../test/tiny-network.ts';
import { checkpoint } from './checkpoint.ts';
import { computeGradients } from './compute-gradients.ts';
import { clipScale, globalNorm } from './global-norm.ts';

const valuesOf = (gradients: Map<string, tf.Tensor>) =>
  Object.fromEntries(Array.from(gradients, ([name, gradient]) => [name, Array.from(gradient.dataSync())]));
const free = (gradients: Map<string, tf.Tensor>) => tf.dispose([...gradients.values()]);

for (const device of await presentDevices()) {
  describe(`gradients on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });

    // Where several ops lead to one tensor, tfjs adds whole gradients; ours may go on from the sum so far within a product.
    test('equal those of tfjs itself to rounding', () => {
      const parameters = tinyParameters(1);
      const { loss, gradients } = computeGradients(() => tinyLoss(parameters), parameters);
      const variables = parameters.map(({ variable }) => variable);
      const expected = tf.tidy(() => tf.engine().gradients(() => tinyLoss(parameters), variables as tf.Tensor[]));
      expect(loss.dataSync()).toEqual(expected.value.dataSync());
      for (const [index, { name }] of parameters.entries()) {
        const [ours, theirs] = [gradients.get(name)!, expected.grads[index]!];
        const largest = tf.max(tf.abs(theirs)).dataSync()[0]!;
        const off = tf.max(tf.abs(tf.sub(ours, theirs))).dataSync()[0]!;
        expect(off / largest, name).toBeLessThan(3e-7);
      }
      tf.dispose([loss, expected.value, ...expected.grads, ...variables]);
      free(gradients);
    });

    test('of a checkpointed stretch are bit-identical', () => {
      const parameters = tinyParameters(2);
      const run = (wrap: boolean) =>
        computeGradients(() => tinyLoss(parameters, wrap ? checkpoint : undefined), parameters);
      const plain = run(false);
      const wrapped = run(true);
      expect(wrapped.loss.dataSync()).toEqual(plain.loss.dataSync());
      expect(valuesOf(wrapped.gradients)).toEqual(valuesOf(plain.gradients));
      tf.dispose([plain.loss, wrapped.loss, ...parameters.map(({ variable }) => variable)]);
      free(plain.gradients);
      free(wrapped.gradients);
    });

    test('skip parameters that do not lead to the loss, and frozen ones', () => {
      const parameters = tinyParameters(3);
      const unused = { name: 'unused', variable: tf.variable(tf.zeros([2])), decay: false };
      const trained = [parameters[1]!, unused];
      const { loss, gradients } = computeGradients(() => tinyLoss(parameters), trained);
      expect([...gradients.keys()]).toEqual([parameters[1]!.name]);
      tf.dispose([loss, unused.variable, ...parameters.map(({ variable }) => variable)]);
      free(gradients);
    });

    test('refuse a loss that no parameter leads to, and one that is no scalar, leaking nothing', () => {
      const parameters = tinyParameters(4);
      const before = memoryReport().liveTensors;
      expect(() => computeGradients(() => tf.scalar(1), parameters)).toThrow(/TW_TENSORS_NO_GRADIENT/);
      const vector = () => tf.mul(parameters[0]!.variable, 2);
      expect(() => computeGradients(vector, parameters)).toThrow(/TW_TENSORS_SHAPE/);
      const failing = () => {
        tinyLoss(parameters);
        throw new Error('the reward went away');
      };
      expect(() => computeGradients(failing, parameters)).toThrow('the reward went away');
      expect(memoryReport().liveTensors).toBe(before);
      tf.dispose(parameters.map(({ variable }) => variable));
    });

    test('of micro-batches are added to the sum with the bits of a separate addition, where the sum lies', () => {
      const parameters = tinyParameters(5);
      const losses = [() => tinyLoss(parameters), () => tf.mul<tf.Scalar>(tinyLoss(parameters, checkpoint), 0.3)];
      const alone = losses.map((loss) => computeGradients(loss, parameters));
      const sums = new Map<string, tf.Tensor>();
      const first = computeGradients(losses[0]!, parameters, sums);
      const places = Array.from(sums.values(), ({ dataId }) => dataId);
      const before = memoryReport().liveTensors;
      const second = computeGradients(losses[1]!, parameters, sums);
      expect(memoryReport().liveTensors).toBe(before + 1); // the loss
      expect(second.gradients).toBe(sums);
      for (const { name } of parameters) {
        const expected = tf.tidy(() =>
          tf.add(alone[0]!.gradients.get(name)!, alone[1]!.gradients.get(name)!).dataSync(),
        );
        // The table is used twice, and each use is added to the sum by itself.
        const bound = name === 'embedding' ? 1e-6 : 0;
        for (const [index, value] of sums.get(name)!.dataSync().entries())
          expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(bound);
      }
      if (device !== 'cpu') expect(Array.from(sums.values(), ({ dataId }) => dataId)).toEqual(places);
      for (const { gradients } of alone) free(gradients);
      tf.dispose([...alone, first, second].map(({ loss }) => loss));
      tf.dispose(parameters.map(({ variable }) => variable));
      free(sums);
    });

    test('a parameter used twice in one op and one that a micro-batch leaves out keep their sums', () => {
      const parameters = tinyParameters(9);
      const [table, norm] = parameters.map(({ variable }) => variable) as [tf.Variable, tf.Variable];
      const sums = new Map<string, tf.Tensor>();
      const twice = () => tf.sum(tf.add(tf.mul(table, table), norm));
      computeGradients(twice, parameters, sums).loss.dispose();
      const ofNorm = Array.from(sums.get('norm')!.dataSync());
      computeGradients(() => tf.sum(tf.add(table, table)), parameters, sums).loss.dispose();
      expect(Array.from(sums.get('norm')!.dataSync())).toEqual(ofNorm);
      const expected = Array.from(table.dataSync(), (value) => Math.fround(2 * value + 2));
      for (const [index, value] of sums.get('embedding')!.dataSync().entries())
        expect(value).toBeCloseTo(expected[index]!, 5);
      tf.dispose(parameters.map(({ variable }) => variable));
      free(sums);
    });

    test('sums are given up when a backward pass fails, and kept when a forward pass does', () => {
      const parameters = tinyParameters(10);
      const { loss, gradients: sums } = computeGradients(() => tinyLoss(parameters), parameters);
      const before = memoryReport().liveTensors;
      const failingForward = () => {
        throw new Error('no reward');
      };
      expect(() => computeGradients(failingForward, parameters, sums)).toThrow('no reward');
      expect(memoryReport().liveTensors).toBe(before);
      const failingBackward = tf.customGrad((x) => ({
        value: tf.clone(x as tf.Tensor),
        gradFunc: () => {
          throw new Error('no gradient');
        },
      }));
      const { variable } = parameters[0]!;
      expect(() => computeGradients(() => tf.sum(failingBackward(variable)), parameters, sums)).toThrow('no gradient');
      expect(sums.size).toBe(0);
      expect(memoryReport().liveTensors).toBe(before - parameters.length);
      tf.dispose([loss, ...parameters.map((parameter) => parameter.variable)]);
    });

    test('the global norm and its clipping factor equal the definition', () => {
      const tensors = [randomTensor([3, 5], 1), randomTensor([7], 2), tf.scalar(-2)];
      const all = tensors.flatMap((tensor) => Array.from(tensor.dataSync()));
      const expected = Math.sqrt(all.reduce((sum, value) => sum + value * value, 0));
      const norm = globalNorm(tensors);
      const scale = clipScale(norm, 1);
      const loose = clipScale(norm, 100);
      expect(norm.dataSync()[0]).toBeCloseTo(expected, 5);
      expect(scale.dataSync()[0]).toBeCloseTo(1 / (expected + 1e-6), 6);
      expect(loose.dataSync()[0]).toBe(1);
      tf.dispose([...tensors, norm, scale, loose]);
      expect(() => globalNorm([])).toThrow(/TW_TENSORS_OPTION/);
    });

    test('a clone of a parameter is a snapshot: updates do not change it', () => {
      const variable = tf.variable(tf.tensor1d([1, 2, 3]));
      const parameter = { name: 'w', variable, decay: false };
      const optimizer = createAdamW([parameter]);
      const snapshot = tf.clone(variable);
      const gradient = tf.tensor1d([1, -1, 1]);
      optimizer.update(new Map([['w', gradient]]), 0.5);
      expect(Array.from(snapshot.dataSync())).toEqual([1, 2, 3]);
      expect(variable.dataSync()[0]).toBeCloseTo(0.5, 5);
      tf.dispose([variable, snapshot, gradient]);
      optimizer.dispose();
    });

    test('a saved optimizer state resumes to the same bits', async () => {
      const train = (
        parameters: ReturnType<typeof tinyParameters>,
        optimizer: ReturnType<typeof createAdamW>,
        steps: number,
      ) => {
        for (let step = 0; step < steps; step++) {
          const { loss, gradients } = computeGradients(() => tinyLoss(parameters), parameters);
          optimizer.update(gradients, 0.01);
          loss.dispose();
          free(gradients);
        }
      };
      const straight = tinyParameters(6);
      const straightOptimizer = createAdamW(straight, { weightDecay: 0.1 });
      train(straight, straightOptimizer, 3);
      const saved = new Map(
        Array.from(straightOptimizer.state(), ([name, tensor]) => [
          name,
          { shape: tensor.shape, data: tensor.dataSync() as Float32Array },
        ]),
      );
      const resumed = tinyParameters(7);
      for (const [index, { variable }] of resumed.entries()) {
        tf.tidy(() => variable.assign(tf.tensor(straight[index]!.variable.dataSync(), variable.shape)));
      }
      const resumedOptimizer = createAdamW(resumed, { weightDecay: 0.1 });
      await resumedOptimizer.load(3, saved);
      train(straight, straightOptimizer, 2);
      train(resumed, resumedOptimizer, 2);
      expect(resumedOptimizer.step).toBe(5);
      for (const [index, { variable }] of resumed.entries()) {
        expect(variable.dataSync()).toEqual(straight[index]!.variable.dataSync());
      }
      saved.delete(`${resumed[0]!.name}.exp_avg`);
      await expect(resumedOptimizer.load(3, saved)).rejects.toThrow(/TW_TENSORS_OPTIMIZER_STATE/);
      straightOptimizer.dispose();
      resumedOptimizer.dispose();
      tf.dispose([...straight, ...resumed].map(({ variable }) => variable));
    });

    test('1,000 training steps leave live tensors flat', () => {
      const parameters = tinyParameters(8);
      const optimizer = createAdamW(parameters);
      const step = () => {
        const { loss, gradients } = computeGradients(() => tinyLoss(parameters, checkpoint), parameters);
        const norm = globalNorm(gradients.values());
        const gradientScale = clipScale(norm, 1);
        optimizer.update(gradients, 1e-3, { gradientScale });
        tf.dispose([loss, norm, gradientScale]);
        free(gradients);
      };
      step();
      const before = memoryReport();
      for (let count = 0; count < (device === 'cpu' ? 100 : 1000); count++) step();
      expect(memoryReport()).toEqual(before);
      optimizer.dispose();
      tf.dispose(parameters.map(({ variable }) => variable));
    });
  });
}

test('a layout is a set of offsets and positions, and refuses nonsense', () => {
  const layout = createLayout([2, 3]);
  expect(Array.from(layout.offsets.dataSync())).toEqual([0, 2, 5]);
  expect(Array.from(layout.positions.dataSync())).toEqual([0, 1, 0, 1, 2]);
  expect(layout).toMatchObject({ total: 5, maxLength: 3 });
  layout.dispose();
  const shifted = createLayout([2], { positions: Int32Array.of(4, 5) });
  expect(Array.from(shifted.positions.dataSync())).toEqual([4, 5]);
  shifted.dispose();
  expect(() => createLayout([])).toThrow(/TW_TENSORS_LAYOUT/);
  expect(() => createLayout([3, 0])).toThrow(/sequence 1 has length 0/);
  expect(() => createLayout([2], { positions: randomIntegers(3, 5, 1) })).toThrow(/3 positions for 2 rows/);
});
