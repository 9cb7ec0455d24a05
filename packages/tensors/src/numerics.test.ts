// Products in int8 and bf16 numerics against the same sums of rounded numbers in double precision, and what must hold of them: a row's bits do not
// depend on the rows beside it, and nothing is differentiated through them.
import { beforeAll, describe, expect, it } from 'vitest';
import { listDevices, useDevice } from './devices/discovery.ts';
import { embedding } from './ops/embedding.ts';
import { linear } from './ops/linear.ts';
import { tokenLogProbs } from './ops/token-log-probs.ts';
import { numericsOf, storageOf, storeAs } from './storage.ts';
import { randomTensor } from './test/random-tensors.ts';
import { tf } from './tfjs.ts';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);
const formats = ['q8_0', 'q4_0', 'q4_1'] as const;
const matrix = (rows: number, columns: number, seed: number) => randomTensor([rows, columns], seed) as tf.Tensor2D;

/** x rounded to 127 steps of the largest of every 32 numbers, in double precision. */
function quantised(x: Float32Array): Float64Array {
  const result = new Float64Array(x.length);
  for (let block = 0; block < x.length; block += 32) {
    const most = Math.max(...x.subarray(block, block + 32).map(Math.abs));
    for (let i = block; i < block + 32; i++) result[i] = (Math.round((x[i]! / most) * 127) * most) / 127;
  }
  return result;
}

function productOf(x: Float64Array, weight: Float32Array, rows: number, n: number, k: number): number[] {
  return Array.from({ length: rows * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n) * k, (index % n) * k];
    let sum = 0;
    for (let i = 0; i < k; i++) sum += x[row + i]! * weight[column + i]!;
    return sum;
  });
}

describe.skipIf(!hasNative)('numerics that are not exact, on the native device', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  it.each(formats)('%s: products are those of the rounded activations in float64', (storage) => {
    tf.tidy(() => {
      const [n, k] = [53, 96];
      const weight = storeAs(matrix(n, k, 1), storage, { numerics: 'int8' });
      expect([storageOf(weight), numericsOf(weight)]).toEqual([storage, 'int8']);
      for (const rows of [1, 3, 8, 40]) {
        const x = matrix(rows, k, 2 + rows);
        const expected = productOf(quantised(x.dataSync<'float32'>()), weight.dataSync<'float32'>(), rows, n, k);
        const scale = Math.max(...expected.map(Math.abs));
        const worst = linear(x, weight)
          .dataSync<'float32'>()
          .reduce((most, y, i) => Math.max(most, Math.abs(y - expected[i]!)), 0);
        expect(worst / scale).toBeLessThan(1e-6);
      }
    });
  });

  it.each(formats)(
    '%s: a row has the same bits whatever is beside it, exact weights side by side stay exact',
    (storage) => {
      tf.tidy(() => {
        const weights = [48, 32, 21].map((n, index) => storeAs(matrix(n, 64, index), storage, { numerics: 'int8' }));
        const mixed = [weights[0]!, storeAs(matrix(16, 64, 9), storage), weights[2]!];
        const x = matrix(70, 64, 5);
        for (const some of [weights, mixed]) {
          const whole = linear(x, some).arraySync() as number[][];
          for (const rows of [1, 2, 7, 31])
            expect(linear(tf.slice(x, [3, 0], [rows, 64]), some).arraySync()).toEqual(whole.slice(3, 3 + rows));
        }
        const exact = linear(x, [mixed[1]!]).arraySync();
        expect((linear(x, mixed).arraySync() as number[][]).map((row) => row.slice(48, 64))).toEqual(exact);
      });
    },
  );

  it('bf16: products are those of bfloat16 operands in float64, and rows do not depend on the rows beside them', () => {
    tf.tidy(() => {
      const bfloat = (values: Float32Array) => {
        const rounded = storeAs(tf.tensor2d(values, [1, values.length]), 'bfloat16');
        return Float64Array.from(rounded.dataSync());
      };
      for (const k of [43, 96]) {
        const weight = storeAs(matrix(53, k, 1), 'bfloat16', { numerics: 'bf16' });
        expect(numericsOf(weight)).toBe('bf16');
        const x = matrix(40, k, 3);
        const whole = linear(x, weight);
        const expected = productOf(bfloat(x.dataSync<'float32'>()), weight.dataSync<'float32'>(), 40, 53, k);
        const scale = Math.max(...expected.map(Math.abs));
        const worst = whole.dataSync<'float32'>().reduce((most, y, i) => Math.max(most, Math.abs(y - expected[i]!)), 0);
        expect(worst / scale).toBeLessThan(1e-6);
        for (const rows of [1, 2, 7, 31])
          expect(linear(tf.slice(x, [3, 0], [rows, k]), weight).arraySync()).toEqual(
            (whole.arraySync() as number[][]).slice(3, 3 + rows),
          );
      }
    });
  });

  it('a head scores as its product says, and a table looks up the stored values', () => {
    tf.tidy(() => {
      const head = storeAs(matrix(600, 64, 3), 'q4_0', { numerics: 'int8' });
      const hidden = matrix(9, 64, 4);
      const targets = tf.tensor1d([0, 1, 599, 300, 17, 512, 511, 2, 3], 'int32');
      const { logProbs } = tokenLogProbs(hidden, head, targets);
      const expected = tf.sum(tf.mul(tf.logSoftmax(linear(hidden, head)), tf.oneHot(targets, 600)), 1);
      expect(tf.max(tf.abs(tf.sub(logProbs, expected))).dataSync()[0]).toBeLessThan(1e-4);
      const rows = embedding(head, tf.tensor1d([5, 599], 'int32')).dataSync();
      expect(rows).toEqual(embedding(storeAs(matrix(600, 64, 3), 'q4_0'), tf.tensor1d([5, 599], 'int32')).dataSync());
    });
  });

  it('has no gradient', () => {
    tf.tidy(() => {
      const weight = storeAs(matrix(32, 32, 1), 'q8_0', { numerics: 'int8' });
      expect(() => tf.grad((x) => linear(x as tf.Tensor2D, weight))(matrix(4, 32, 2))).toThrow(/inference only/);
      const targets = tf.tensor1d([1, 2, 3, 4], 'int32');
      const loss = (x: tf.Tensor) => tf.sum(tokenLogProbs(x as tf.Tensor2D, weight, targets).logProbs);
      expect(() => tf.grad(loss)(matrix(4, 32, 2))).toThrow(/inference only/);
    });
  });

  it('is refused for storage without blocks, and by an unknown name', () => {
    const weight = matrix(4, 32, 1);
    expect(() => storeAs(weight, 'bfloat16', { numerics: 'int8' })).toThrow(
      /need q8_0,q4_0,q4_1,q4_k weights, not bfloat16/,
    );
    expect(() => storeAs(weight, 'q4_0', { numerics: 'int4' as 'int8' })).toThrow(/expected one of exact, int8, bf16/);
    weight.dispose();
  });
});

describe('int8 numerics on a device without them', () => {
  it('are refused, not ignored', async () => {
    await useDevice('cpu');
    const weight = matrix(4, 32, 1);
    expect(() => storeAs(weight, 'q4_0', { numerics: 'int8' })).toThrow(/float32 only/);
  });
});
