// What distillation asks of the head: the likeliest tokens and several targets against plain log-probs, and the divergence of two heads, in
// blocks of rows, whatever the batch, against a teacher in fewer bits, and where both heads agree.
import { beforeAll, describe, expect, test } from 'vitest';
import { listDevices, tf, useDevice } from '../index.ts';
import { storeAs } from '../storage.ts';
import { expectClose } from '../test/conformance.ts';
import { randomIntegers, randomTensor } from '../test/random-tensors.ts';
import { headDivergence, headDivergenceComposite, headDivergenceInBlocks } from './head-divergence.ts';
import { tokenLogProbs } from './token-log-probs.ts';
import { topTokenLogProbs, topTokensInBlocks } from './top-token-log-probs.ts';

const devices = (await listDevices()).flatMap(({ name, available }) =>
  available && (name === 'cpu' || name === 'native') ? [name] : [],
);
const [ROWS, CHANNELS, VOCABULARY] = [37, 32, 1000];

const matrix = (rows: number, columns: number, seed: number) => randomTensor<tf.Tensor2D>([rows, columns], seed);
const integers = (values: ArrayLike<number>) => tf.tensor1d(Int32Array.from(values), 'int32');
const rowsOf = (x: tf.Tensor2D, from: number, count: number) => tf.slice(x, [from, 0], [count, x.shape[1]]);
const student = () => ({ hidden: matrix(ROWS, CHANNELS, 1), weight: matrix(VOCABULARY, CHANNELS, 2) });
const teacher = () => ({ hidden: matrix(ROWS, 64, 3), weight: matrix(VOCABULARY, 64, 4) });
const targets = () => integers(randomIntegers(ROWS, VOCABULARY, 5));

describe.each(devices)('the head on the %s device', (device) => {
  beforeAll(async () => {
    await useDevice(device);
  });

  test('gives the likeliest tokens in falling order, of equals the smaller id first, with the log-probs of tokenLogProbs', () => {
    tf.tidy(() => {
      const { hidden, weight: some } = student();
      const weight = tf.concat([some, some]); // every logit twice
      const options = { temperature: 0.8, logitScale: 0.5, finalLogitSoftcapping: 3 };
      const every = tf.tile(tf.expandDims(tf.range(0, 2 * VOCABULARY, 1, 'int32'), 0), [ROWS, 1]) as tf.Tensor2D;
      const all = tokenLogProbs(hidden, weight, every, options).logProbs.arraySync();
      const { ids, logProbs } = topTokenLogProbs(hidden, weight, 50, options);
      expect(ids.dtype).toBe('int32');
      const found = { ids: ids.arraySync(), logProbs: logProbs.arraySync() };
      for (const [row, own] of all.entries()) {
        const order = own.map((_, id) => id).sort((a, b) => own[b]! - own[a]! || a - b);
        expect(found.ids[row]).toEqual(order.slice(0, 50));
        expect(found.logProbs[row]).toEqual(order.slice(0, 50).map((id) => own[id]));
      }
    });
  });

  test.each([0, 0.4, 1])('gives a row its divergence and gradient whatever the batch (beta %d)', (beta) => {
    tf.tidy(() => {
      const [own, other, ids] = [student(), teacher(), targets()];
      const run = (from: number, count: number) => {
        const part = (x: tf.Tensor2D) => rowsOf(x, from, count);
        const divergenceOf = (hidden: tf.Tensor2D) =>
          headDivergence(
            { hidden, weight: own.weight },
            { hidden: part(other.hidden), weight: other.weight },
            tf.slice(ids, from, count),
            { beta, temperature: 0.9 },
          ).divergence;
        const gradient = tf.grad((hidden) => divergenceOf(hidden as tf.Tensor2D))(part(own.hidden));
        return [divergenceOf(part(own.hidden)), gradient].map((x) => Array.from(x.dataSync()));
      };
      const [divergence, gradient] = run(0, ROWS);
      for (const [from, count] of [
        [0, 1],
        [5, 3],
        [ROWS - 1, 1],
      ] as const) {
        const [alone, aloneGradient] = run(from, count);
        expect(alone).toEqual(divergence!.slice(from, from + count));
        expect(aloneGradient).toEqual(gradient!.slice(from * CHANNELS, (from + count) * CHANNELS));
      }
    });
  });

  test.each([0, 0.4, 1])('is no divergence from itself, and small where heads nearly agree (beta %d)', (beta) => {
    tf.tidy(() => {
      const own = student();
      const run = (hidden: tf.Tensor2D) =>
        headDivergence(own, { hidden, weight: own.weight }, targets(), { beta }).divergence.dataSync<'float32'>();
      expect(Math.max(...run(own.hidden).map(Math.abs))).toBeLessThan(1e-6);
      // KL of z + e from z is half the variance of e, of which (1 - beta) beta is left of the mixture's.
      const step = tf.mul<tf.Tensor2D>(matrix(ROWS, CHANNELS, 6), 0.003);
      const p = tf.softmax(tf.matMul(own.hidden, own.weight, false, true));
      const e = tf.matMul(step, own.weight, false, true);
      const mean = tf.sum(tf.mul(p, e), 1, true);
      const variance = tf.sum(tf.mul(p, tf.square(tf.sub(e, mean))), 1);
      const share = beta === 0.4 ? beta * (1 - beta) : 1;
      expectClose('divergence', run(tf.add(own.hidden, step)), tf.mul(variance, share / 2).dataSync(), 0.05);
    });
  });
});

describe('without a kernel', () => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  test('blocks of rows have the bits of all rows at once, and hold no block when they are done', () => {
    tf.tidy(() => {
      const [own, other, ids] = [student(), teacher(), targets()];
      const options = { beta: 0.3, temperature: 0.9 };
      const inBlocks = (hidden: tf.Tensor2D) =>
        headDivergenceInBlocks({ ...own, hidden }, other, ids, options, 4 * VOCABULARY);
      const whole = (hidden: tf.Tensor2D) => headDivergenceComposite({ ...own, hidden }, other, ids, options);
      for (const name of ['divergence', 'logProbs', 'entropy'] as const)
        expect(inBlocks(own.hidden)[name].dataSync()).toEqual(whole(own.hidden)[name].dataSync());
      const gradientOf = (op: typeof whole) =>
        tf
          .grad((hidden) => op(hidden as tf.Tensor2D).divergence)(own.hidden)
          .dataSync();
      expect(gradientOf(inBlocks)).toEqual(gradientOf(whole));
      const { numTensors } = tf.memory();
      const [topIds, top] = topTokensInBlocks(own.hidden, own.weight, 3, {}, 4 * VOCABULARY);
      expect(tf.memory().numTensors).toBeLessThan(numTensors + 40); // its results, and views of the rows
      const { ids: expectedIds, logProbs } = topTokenLogProbs(own.hidden, own.weight, 3);
      expect(topIds!.dataSync()).toEqual(expectedIds.dataSync());
      expect(top!.dataSync()).toEqual(logProbs.dataSync());
    });
  });
});

describe.runIf(devices.includes('native'))('with weights in fewer bits', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  test.each(['bfloat16', 'q8_0', 'q4_0'] as const)(
    '%s has the bits of float32 weights of the same values',
    (storage) => {
      tf.tidy(() => {
        const [own, other, ids] = [student(), teacher(), targets()];
        const plain = (weight: tf.Tensor2D) => tf.tensor2d(weight.dataSync(), weight.shape);
        const stored = [own.weight, other.weight].map((weight) => storeAs(weight, storage)) as [
          tf.Tensor2D,
          tf.Tensor2D,
        ];
        const run = ([weight, teacherWeight]: [tf.Tensor2D, tf.Tensor2D]) => {
          const options = { beta: 0.5, temperature: 0.9 };
          const divergenceOf = (hidden: tf.Tensor2D) =>
            headDivergence({ hidden, weight }, { ...other, weight: teacherWeight }, ids, options).divergence;
          const { ids: topIds, logProbs } = topTokenLogProbs(own.hidden, weight, 9);
          return [
            divergenceOf(own.hidden),
            tf.grad((hidden) => divergenceOf(hidden as tf.Tensor2D))(own.hidden),
            topIds,
            logProbs,
          ].map((x) => x.dataSync());
        };
        expect(run(stored)).toEqual(run([plain(stored[0]), plain(stored[1])]));
      });
    },
  );
});
