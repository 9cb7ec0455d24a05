// rope with norms against rmsNorm and rope one after the other, on every device, and what it keeps for the backward pass.
import { beforeAll, describe, expect, test } from 'vitest';
import { computeGradients, createLayout, memoryReport, tf, useDevice } from '../index.ts';
import { presentDevices } from '../test/present-devices.ts';
import { randomTensor } from '../test/random-tensors.ts';
import { attention } from './attention.ts';
import { linear } from './linear.ts';
import { rmsNorm } from './rms-norm.ts';
import { rope } from './rope.ts';
import { roundKeyValues } from './round-key-values.ts';

const ROWS = 45; // 90 query heads: two ranges of rows in the norm's gradient
const HEADS = { headCount: 2, keyValueHeadCount: 1, headDimension: 12 };
const EPSILON = 1e-6;
const ROTARY = { headDimension: 12, headCount: 3 };

interface Inputs {
  x: tf.Tensor2D; // [T, 48]
  query: tf.Tensor1D;
  key: tf.Tensor1D;
}

const tables = () => ({
  table: randomTensor([50, 12], 4) as tf.Tensor2D,
  positions: tf.tensor1d(
    Array.from({ length: ROWS }, (_, row) => (7 * row) % 50),
    'int32',
  ),
});

function together({ x, query, key }: Inputs): tf.Tensor2D {
  const { table, positions } = tables();
  return rope(x, table, positions, { ...ROTARY, norms: { query, key, queryHeadCount: 2, epsilon: EPSILON } });
}

function oneAfterTheOther({ x, query, key }: Inputs): tf.Tensor2D {
  const { table, positions } = tables();
  const normalized = (from: number, heads: number, weight: tf.Tensor1D) => {
    const part = tf.reshape(tf.slice(x, [0, from], [ROWS, heads * 12]), [ROWS * heads, 12]) as tf.Tensor2D;
    return tf.reshape(rmsNorm(part, weight, { epsilon: EPSILON }), [ROWS, heads * 12]) as tf.Tensor2D;
  };
  const values = tf.slice(x, [0, 36], [ROWS, 12]);
  const rows = tf.concat([normalized(0, 2, query), normalized(24, 1, key), values], 1);
  return rope(rows, table, positions, ROTARY);
}

/** The output and the gradients of Σ output * random, as lists of numbers. */
function evaluate(op: (inputs: Inputs) => tf.Tensor2D): Record<string, number[]> {
  const shapes = { x: [ROWS, 48], query: [12], key: [12] };
  const parameters = Object.entries(shapes).map(([name, shape], index) => {
    const variable = tf.tidy(() => tf.variable(randomTensor(shape, 10 + index)));
    return { name, variable, decay: false };
  });
  const inputs = Object.fromEntries(parameters.map(({ name, variable }) => [name, variable])) as unknown as Inputs;
  const { loss, gradients, kept } = computeGradients(() => {
    const y = op(inputs);
    return { loss: tf.sum(tf.mul(y, randomTensor([ROWS, 48], 20))) as tf.Scalar, keep: { y } };
  }, parameters);
  const tensors: [string, tf.Tensor][] = [['y', kept.y], ...gradients];
  const found = Object.fromEntries(tensors.map(([name, tensor]) => [name, [...tensor.dataSync()]]));
  tf.dispose([loss, kept.y, ...gradients.values(), ...Object.values(inputs)]);
  return found;
}

for (const device of await presentDevices()) {
  describe(`rope with norms on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });

    test('equals rmsNorm of the heads, then rope, forward and backward, bit for bit', () => {
      const found = evaluate(together);
      expect(Object.keys(found).sort()).toEqual(['key', 'query', 'x', 'y']);
      expect(found).toEqual(evaluate(oneAfterTheOther));
    });
  });
}

const hasNative = (await presentDevices()).includes('native');

describe.skipIf(!hasNative)('the tape on the native device', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  interface Block {
    withNorms: boolean;
    /** Keys and values in bfloat16. */
    rounded: boolean;
    /** What attention reads comes out of an op that is always kept. */
    kept?: boolean;
  }

  /** Bytes of the device that are in use after a block has run and before its backward pass, and the gradient of its weight. */
  function run({ withNorms, rounded, kept = false }: Block): { bytes: number; gradient: number[] } {
    const before = memoryReport().deviceBytes!;
    let bytes = 0;
    const weight = tf.tidy(() => tf.variable(randomTensor([48, 20], 5))) as tf.Variable<tf.Rank.R2>;
    const [query, key] = [6, 7].map((seed) => tf.tidy(() => tf.variable(randomTensor([12], seed))));
    const layout = createLayout([20, ROWS - 20]);
    const { table, positions } = tables();
    const input = randomTensor([ROWS, 20], 8) as tf.Tensor2D;
    const cotangent = randomTensor([ROWS, 24], 9);
    const parameters = [{ name: 'weight', variable: weight, decay: false }];
    const { loss, gradients } = computeGradients(() => {
      const y = tf.tidy(() => {
        const norms = { query, key, queryHeadCount: 2, epsilon: EPSILON } as never;
        const turned = rope(linear(input, weight), table, positions, { ...ROTARY, ...(withNorms && { norms }) });
        const rows = rounded ? roundKeyValues(turned, HEADS) : turned;
        return attention(kept ? tf.mul(rows, 1) : rows, layout, HEADS);
      });
      bytes = memoryReport().deviceBytes! - before;
      return tf.sum(tf.mul(y, cotangent));
    }, parameters);
    const gradient = [...gradients.get('weight')!.dataSync()];
    tf.dispose([loss, ...gradients.values(), weight, query!, key!, table, positions, input, cotangent]);
    layout.dispose();
    return { bytes, gradient };
  }

  test.each([false, true])(
    'keeps the rows once, before the norms: the rest is computed again, to the same gradients (keys and values rounded: %s)',
    (rounded) => {
      const found = run({ withNorms: true, rounded });
      const halfOfTheRows = ROWS * 48 * 2;
      expect(found.bytes).toBeLessThan(run({ withNorms: false, rounded }).bytes + halfOfTheRows);
      expect(found.gradient).toEqual(run({ withNorms: true, rounded, kept: true }).gradient);
    },
  );
});
