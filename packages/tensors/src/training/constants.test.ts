import { expect, test } from 'vitest';
import { checkpoint, tf } from '../index.ts';
import { computeGradients } from './compute-gradients.ts';

test('a comparison of trained values is a constant mask, as in torch', () => {
  const variable = tf.variable(tf.tensor1d([-1, 2, 3]));
  const { loss, gradients } = computeGradients(() => {
    const mask = tf.cast(tf.greater(variable, 0), 'float32');
    return tf.sum(tf.mul(mask, tf.square(variable)));
  }, [{ name: 'x', variable, decay: false }]);
  expect(loss.dataSync()[0]).toBe(13);
  expect(Array.from(gradients.get('x')!.dataSync(), (value) => value + 0)).toEqual([0, 4, 6]);
  tf.dispose([variable, loss, ...gradients.values()]);
});

test('an op that reads its input in the gradient without saving it still has it: tf.logSigmoid', () => {
  const variable = tf.variable(tf.tensor1d([-1, 0.5, 30]));
  const before = tf.memory().numTensors;
  const { loss, gradients } = computeGradients(
    () => tf.tidy(() => tf.sum(tf.logSigmoid(tf.mul(variable, 2)))),
    [{ name: 'x', variable, decay: false }],
  );
  const expected = [-1, 0.5, 30].map((x) => 2 / (1 + Math.exp(2 * x)));
  for (const [i, value] of gradients.get('x')!.dataSync().entries()) expect(value).toBeCloseTo(expected[i]!, 6);
  tf.dispose([loss, ...gradients.values()]);
  expect(tf.memory().numTensors).toBe(before);
  variable.dispose();
});

test('a recomputed stretch leaves nothing behind for an input that is a constant', () => {
  const variable = tf.variable(tf.tensor1d([1, 2]));
  const constant = tf.tensor1d([3, 4]);
  const before = tf.memory().numTensors;
  const { loss, gradients } = computeGradients(
    () => tf.sum(checkpoint((x, c) => tf.mul(tf.square(x!), c!), [tf.mul(variable, 1), constant], [])),
    [{ name: 'x', variable, decay: false }],
  );
  expect(Array.from(gradients.get('x')!.dataSync())).toEqual([6, 16]);
  tf.dispose([loss, ...gradients.values()]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([variable, constant]);
});
