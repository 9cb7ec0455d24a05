// Weights as products read them, in float32 or fewer bits: rounded as ggml's Python reference does, and products with them have the
// bits of products with the same values in rows of float32, forward and backward.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { currentDevice, listDevices, useDevice } from './devices/discovery.ts';
import { memoryReport } from './memory-report.ts';
import { embedding } from './ops/embedding.ts';
import { linear } from './ops/linear.ts';
import { tokenLogProbs } from './ops/token-log-probs.ts';
import { overwrite } from './overwrite.ts';
import { assignValues, type StorageType, storageOf, storeAs, storeBlocks } from './storage.ts';
import { randomTensor } from './test/random-tensors.ts';
import { tf } from './tfjs.ts';
import { createAdamW } from './training/adam-w.ts';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);
const made = ['bfloat16', 'float16', 'q8_0', 'q4_0', 'q4_1'] as const;

/** What gguf-py (gguf.quants, numpy) makes of 3 x 64 values: its blocks, and their values as bits. */
const golden: { values: number[]; shape: [number, number] } & Record<string, { blocks: string; bits: number[] }> =
  JSON.parse(readFileSync(new URL('./test/fixtures/storage.json', import.meta.url), 'utf8'));
const floats = (bits: number[]) => new Float32Array(Uint32Array.from(bits).buffer);
const positive = (values: ArrayLike<number>) => Array.from(values, (value) => value + 0); // no -0

const matrix = (rows: number, columns: number, seed: number) => randomTensor([rows, columns], seed) as tf.Tensor2D;

/** The same values as an ordinary tensor. */
const plain = (weight: tf.Tensor2D) => tf.tensor2d(weight.dataSync(), weight.shape);

const bytesInUse = () => currentDevice().memory!().bytesInUse;
const bitsOf = (tensor: tf.Tensor) => Array.from(new Uint32Array(tensor.dataSync().buffer));

function expectSameBits(found: tf.Tensor, expected: tf.Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  expect(Buffer.from(found.dataSync().buffer).equals(Buffer.from(expected.dataSync().buffer))).toBe(true);
}

describe.skipIf(!hasNative)('stored weights on the native device', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  it.each(made)('%s rounds as gguf-py does, and keeps its blocks as they are', (storage) => {
    const { blocks, bits } = golden[storage]!;
    const weight = tf.tensor2d(floats(golden.values), golden.shape);
    const rounded = storeAs(weight, storage);
    expect(storageOf(rounded)).toBe(storage);
    expect(positive(rounded.dataSync())).toEqual(positive(floats(bits)));
    const read = storeBlocks(Uint8Array.from(Buffer.from(blocks, 'hex')), golden.shape, storage);
    expect(positive(read.dataSync())).toEqual(positive(floats(bits)));
  });

  it.each(['float32', ...made] as const)(
    'products and gradients through %s have the bits of float32 weights',
    (storage) => {
      tf.tidy(() => {
        const stored = [48, 21, 40].map((n, index) => storeAs(matrix(n, 64, index), storage));
        const mixed = [stored[0]!, matrix(16, 64, 9), stored[1]!];
        for (const weights of [[stored[0]!], stored, mixed]) {
          const expected = weights.map(plain);
          const width = weights.reduce((sum, { shape }) => sum + shape[0], 0);
          for (const rows of [1, 2, 7, 8, 13, 70]) {
            const x = matrix(rows, 64, 100 + rows);
            const dy = matrix(rows, width, 200 + rows);
            expectSameBits(linear(x, weights), linear(x, expected));
            const gradient = (some: tf.Tensor2D[]) => tf.grad((input) => linear(input as tf.Tensor2D, some))(x, dy);
            expectSameBits(gradient(weights), gradient(expected));
          }
        }
      });
    },
  );

  it('whatever a product adds or reads may be stored too', () => {
    tf.tidy(() => {
      const names = ['x', 'first', 'second', 'wide', 'addend'] as const;
      const [rows, narrow] = [64, matrix(64, 32, 5)];
      const shapes = { x: [rows, 32], first: [32, 32], second: [64, 32], wide: [64, 32], addend: [rows, 96] };
      const stored = names.map((name, seed) =>
        storeAs(matrix(shapes[name][0]!, shapes[name][1]!, seed), name === 'addend' ? 'q8_0' : 'q4_0'),
      );
      const run =
        ([x, first, second, wide, addend]: tf.Tensor2D[]) =>
        (input: tf.Tensor) =>
          linear(x!, [first!, second!], {
            addend: addend!,
            lowRank: [null, { narrow: input as tf.Tensor2D, wide: wide! }],
          });
      const expected = stored.map(plain);
      expectSameBits(run(stored)(narrow), run(expected)(narrow));
      const dy = matrix(rows, 96, 6);
      expectSameBits(tf.grad(run(stored))(narrow, dy), tf.grad(run(expected))(narrow, dy));
    });
  });

  it.each(['float32', ...made] as const)('a %s head scores, and a table looks up, as in float32', (storage) => {
    tf.tidy(() => {
      const weight = storeAs(matrix(600, 64, 3), storage);
      const expected = plain(weight);
      const ids = tf.tensor1d([5, 0, 599, 33, 5], 'int32');
      expectSameBits(embedding(weight, ids), embedding(expected, ids));
      for (const rows of [3, 200]) {
        const hidden = matrix(rows, 64, 11);
        const targets = tf.tensor1d(
          Int32Array.from({ length: rows }, (_, row) => (row * 37) % 600),
          'int32',
        );
        const score = (head: tf.Tensor2D) => tokenLogProbs(hidden, head, targets, { temperature: 0.8 });
        expectSameBits(score(weight).logProbs, score(expected).logProbs);
        const gradient = (head: tf.Tensor2D) =>
          tf.grad((x) => tf.sum(tokenLogProbs(x as tf.Tensor2D, head, targets).logProbs))(hidden);
        expectSameBits(gradient(weight), gradient(expected));
      }
    });
  });

  it('is read by every other op as float32, and frees what it held', () => {
    const before = memoryReport();
    tf.tidy(() => {
      const weight = storeAs(matrix(33, 96, 4), 'q4_1');
      const expected = plain(weight);
      expectSameBits(tf.transpose(weight), tf.transpose(expected));
      expectSameBits(tf.reshape(weight, [96, 33]), tf.reshape(expected, [96, 33]));
      expectSameBits(tf.clone(weight), expected);
      expectSameBits(tf.add(weight, 1), tf.add(expected, 1));
    });
    expect(memoryReport()).toEqual(before);
  });

  it('takes the memory it says: q4_0 an eighth of float32 and a bit', () => {
    const deviceBytes = () => memoryReport().deviceBytes!;
    const start = deviceBytes();
    const weight = matrix(1024, 1024, 1);
    const whole = deviceBytes() - start;
    const stored = storeAs(weight, 'q4_0');
    weight.dispose();
    const share = (deviceBytes() - start) / whole / (4.5 / 32);
    expect(share).toBeGreaterThanOrEqual(1);
    expect(share).toBeLessThanOrEqual(1.25); // blocks of the arena come in four sizes a power of two
    stored.dispose();
  });

  it('float32 keeps the values, takes no more memory, and learns with the bits of rows', () => {
    const [rows, gradient] = [matrix(45, 70, 1), matrix(45, 70, 2)];
    const variables = [
      tf.tidy(() => tf.variable(storeAs(rows, 'float32'))),
      tf.tidy(() => tf.variable(tf.clone(rows))),
    ];
    expect(variables.map(bitsOf)).toEqual([bitsOf(rows), bitsOf(rows)]);
    const optimizers = variables.map((variable) =>
      createAdamW([{ name: 'w', variable, decay: true }], { weightDecay: 0.1 }),
    );
    let before = 0;
    for (let step = 0; step < 3; step++) {
      for (const optimizer of optimizers) optimizer.update(new Map([['w', gradient]]), 0.1);
      const [stored, plainOne] = variables.map(bitsOf);
      expect(stored).toEqual(plainOne);
      before ||= bytesInUse(); // gradient and moments are on the device
    }
    expect(bytesInUse()).toBe(before);
    const x = matrix(20, 70, 3);
    tf.tidy(() => {
      const [stored, plainOne] = variables.map((variable) => linear(x, variable as unknown as tf.Tensor2D));
      expectSameBits(stored!, plainOne!);
    });
    tf.dispose([...variables, rows, gradient, x]);
    for (const optimizer of optimizers) optimizer.dispose();
  });

  it('float32 takes new values in place, or as a new tensor that is kept the same way', () => {
    const variable = tf.tidy(() => tf.variable(storeAs(matrix(33, 20, 1), 'float32')));
    const [second, third] = [matrix(33, 20, 2), matrix(33, 20, 3)];
    const x = matrix(5, 20, 4);
    overwrite(variable, second.dataSync<'float32'>());
    expect(bitsOf(variable)).toEqual(bitsOf(second));
    assignValues(variable, third);
    expect(bitsOf(variable)).toEqual(bitsOf(third));
    // Of rows a product in sampling packs a copy and keeps it.
    tf.add(x, 1).dispose(); // x is on the device from here on
    const snapshot = tf.clone(variable);
    overwrite(variable, second.dataSync<'float32'>());
    expect(bitsOf(snapshot)).toEqual(bitsOf(third));
    snapshot.dispose();
    const held = bytesInUse();
    linear(x, variable as unknown as tf.Tensor2D).dispose();
    expect(bytesInUse()).toBe(held);
    tf.dispose([variable, second, third, x]);
  });

  it('in fewer bits is frozen', () => {
    const variable = tf.tidy(() => tf.variable(storeAs(matrix(32, 32, 1), 'q8_0')));
    expect(storageOf(variable)).toBe('q8_0');
    const optimizer = createAdamW([{ name: 'w', variable, decay: true }]);
    const gradients = new Map([['w', matrix(32, 32, 2) as tf.Tensor]]);
    expect(() => optimizer.update(gradients, 0.1)).toThrow(/stored as q8_0 cannot be updated/);
    optimizer.dispose();
    tf.dispose([variable, ...gradients.values()]);
  });
});

describe('stored weights on a device without them', () => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  it('are the identity', () => {
    const weight = matrix(4, 32, 1);
    expectSameBits(storeAs(weight, 'q4_0'), weight);
    expect(storageOf(weight)).toBe('float32');
    expect(() => storeBlocks(new Uint8Array(72), [4, 32], 'q4_0')).toThrow(/float32 only/);
  });

  it.each([
    ['q4_0', [4, 48], 'TW_TENSORS_SHAPE', /no whole blocks of 32/],
    ['q6_k', [4, 256], 'TW_TENSORS_OPTION', /read from files/],
    ['int3', [4, 32], 'TW_TENSORS_OPTION', /expected one of float32, bfloat16/],
  ])('refuse %s of %j', (storage, [rows, columns], code, message) => {
    const store = () => storeAs(matrix(rows!, columns!, 1), storage as StorageType);
    expect(store).toThrow(expect.objectContaining({ code }));
    expect(store).toThrow(message);
  });
});
