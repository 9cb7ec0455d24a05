import { beforeAll, describe, expect, test } from 'vitest';
import { createKeyValueCache, createLayout, type KeyValueCache, memoryReport, tf, useDevice } from '../index.ts';
import { expectClose } from '../test/conformance.ts';
import { presentDevices } from '../test/present-devices.ts';
import { randomTensor } from '../test/random-tensors.ts';
import { attention } from './attention.ts';
import { cachedAttention } from './cached-attention.ts';
import { softcapLogits } from './head-logits.ts';
import { linear } from './linear.ts';
import { roundColumnsComposite, roundKeyValues } from './round-key-values.ts';
import { sampleRows, sampleRowsComposite } from './sample-rows.ts';
import { alike, sampleTokens } from './sample-tokens.ts';
import { packSettings, SETTINGS_WIDTH } from './sampling-settings.ts';
import { createTokenCounts, startCounts } from './token-counts.ts';
import { tokenLogProbs } from './token-log-probs.ts';

const HEADS = { headCount: 4, keyValueHeadCount: 2, headDimension: 6 };
const WIDTH = 48;
const LENGTHS = [5, 41, 12];
const indices = (values: number[]) => tf.tensor1d(values, 'int32');

for (const device of await presentDevices()) {
  describe(`decoding on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });

    test.each([
      ['float32', undefined],
      ['bfloat16', undefined],
      ['float32', 5],
    ] as const)(
      'token by token with a cache of %s and a window of %s equals the training forward bit for bit',
      (storage, window) => {
        const heads = { ...HEADS, ...(window && { window }) };
        const before = memoryReport().liveTensors;
        const sequences = LENGTHS.map((length, index) => randomTensor<tf.Tensor2D>([length, WIDTH], index + 1));
        const layout = createLayout(LENGTHS);
        const expected = tf.tidy(() => {
          const qkv = tf.concat(sequences, 0);
          return attention(storage === 'bfloat16' ? roundKeyValues(qkv, heads) : qkv, layout, heads).dataSync();
        });
        const shape = { layers: 1, slots: 4, capacity: 45, keyValueHeadCount: 2, headDimension: 6 };
        const cache = createKeyValueCache({ ...shape, storage });
        expect(cache.capacity).toBe(64);
        const found = LENGTHS.map((length) => new Float32Array(length * 24));
        // Prefill of different lengths in one call, then decoding of whoever is not finished, in slots 3, 0, 2.
        const slots = [3, 0, 2];
        const done = [4, 17, 1];
        const step = (rows: { sequence: number; position: number }[]) =>
          tf.tidy(() => {
            const parts = rows.map(({ sequence, position }) =>
              tf.slice(sequences[sequence]!, [position, 0], [1, WIDTH]),
            );
            const out = cachedAttention(
              tf.concat(parts, 0),
              cache,
              0,
              indices(rows.map(({ sequence }) => slots[sequence]!)),
              indices(rows.map(({ position }) => position)),
              heads,
            ).dataSync();
            for (const [index, { sequence, position }] of rows.entries()) {
              found[sequence]!.set(out.subarray(index * 24, (index + 1) * 24), position * 24);
            }
          });
        step(
          done.flatMap((count, sequence) => Array.from({ length: count }, (_, position) => ({ sequence, position }))),
        );
        while (done.some((count, sequence) => count < LENGTHS[sequence]!)) {
          const open = [0, 1, 2].filter((sequence) => done[sequence]! < LENGTHS[sequence]!);
          step(open.map((sequence) => ({ sequence, position: done[sequence]! })));
          for (const sequence of open) done[sequence]!++;
        }
        expect(Float32Array.from(found.flatMap((rows) => Array.from(rows)))).toEqual(expected);
        cache.dispose();
        layout.dispose();
        tf.dispose(sequences);
        expect(memoryReport().liveTensors).toBe(before);
      },
    );

    test.each(['float32', 'bfloat16'] as const)('a copied prefix in %s continues like the original', (storage) => {
      const shape = { layers: 2, slots: 3, capacity: 40, keyValueHeadCount: 2, headDimension: 6 };
      const cache = createKeyValueCache({ ...shape, storage });
      const prompt = randomTensor<tf.Tensor2D>([35, WIDTH], 4);
      const next = randomTensor<tf.Tensor2D>([1, WIDTH], 5);
      const positions = indices(Array.from({ length: 35 }, (_, position) => position));
      const outputs = tf.tidy(() => {
        for (const layer of [0, 1]) cachedAttention(prompt, cache, layer, tf.onesLike(positions), positions, HEADS);
        cache.copyPrefix(1, [0, 2], 35);
        return [0, 1, 2].map((slot) =>
          cachedAttention(next, cache, 1, indices([slot]), indices([35]), HEADS).dataSync(),
        );
      });
      expect(outputs[0]).toEqual(outputs[1]);
      expect(outputs[2]).toEqual(outputs[1]);
      expect(() => cache.copyPrefix(1, [1], 3)).toThrow(/both source and target/);
      expect(() => cache.copyPrefix(1, [3], 3)).toThrow(/slot 3/);
      cache.dispose();
      tf.dispose([prompt, next, positions]);
    });

    test('rounding keys and values is to the nearest even bfloat16; its gradient passes through', () => {
      tf.tidy(() => {
        // 1 + 2^-8 and 1 + 3 * 2^-8 lie half way; the largest number rounds to infinity
        const special = [1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8) - 2 ** -20, 3.4e38, 1e-40, 0];
        const row = [...Array.from({ length: 24 }, () => 1 + 2 ** -8), ...special, ...special, ...special, ...special];
        const x = tf.tensor2d([row]);
        const found = Array.from(roundKeyValues(x, HEADS).dataSync());
        expect(found.slice(0, 24)).toEqual(row.slice(0, 24));
        const expected = [1, 1 + 2 ** -6, -(1 + 2 ** -7), Number.POSITIVE_INFINITY, found[28], 0];
        expect(found.slice(24, 30)).toEqual(expected);
        expect(Math.abs(found[28]! - 1e-40)).toBeLessThan(2 ** -133);
        expect(found.slice(24)).toEqual(Array.from(roundColumnsComposite(x, 24).dataSync()).slice(24));
        const dy = randomTensor<tf.Tensor2D>([1, WIDTH], 3);
        const gradient = tf.grad((one) => tf.sum(tf.mul(roundKeyValues(one as tf.Tensor2D, HEADS), dy)))(x);
        expect(gradient.dataSync()).toEqual(dy.dataSync());
      });
    });

    test('a cache of bfloat16 takes half the memory', async () => {
      if (device !== 'native') return;
      const bytesOf = (storage: 'float32' | 'bfloat16') => {
        const before = memoryReport().bytes;
        const cache = createKeyValueCache({
          layers: 2,
          slots: 4,
          capacity: 1024,
          keyValueHeadCount: 2,
          headDimension: 6,
          storage,
        });
        const bytes = memoryReport().bytes - before;
        cache.dispose();
        return bytes;
      };
      expect(bytesOf('bfloat16')).toBe(bytesOf('float32') / 2);
    });

    test('a cache that grows keeps what it holds', () => {
      const prompt = randomTensor<tf.Tensor2D>([35, WIDTH], 4);
      const next = randomTensor<tf.Tensor2D>([1, WIDTH], 5);
      const positions = indices(Array.from({ length: 35 }, (_, position) => position));
      const continued = (grow: (cache: KeyValueCache) => void) =>
        tf.tidy(() => {
          const cache = createKeyValueCache({
            layers: 2,
            slots: 2,
            capacity: 40,
            keyValueHeadCount: 2,
            headDimension: 6,
          });
          for (const layer of [0, 1]) cachedAttention(prompt, cache, layer, tf.onesLike(positions), positions, HEADS);
          grow(cache);
          cache.copyPrefix(1, [cache.slots - 2], 35);
          const out = [cache.slots - 2, 1].map((slot) =>
            cachedAttention(next, cache, 1, indices([slot]), indices([35]), HEADS).dataSync<'float32'>(),
          );
          const held = cache.keys[0]!.shape;
          cache.dispose();
          return { out, held };
        });
      const small = continued(() => {});
      const large = continued((cache) => {
        cache.grow(5, 70);
        expect([cache.slots, cache.capacity]).toEqual([5, 96]);
        expect(() => cache.grow(4, 96)).toThrow(/less than/);
      });
      expect(large.held).toEqual([5, 2, 96, 6]);
      expect(large.out).toEqual(small.out);
      tf.dispose([prompt, next, positions]);
    });

    test('the log-prob of a sampled token equals tokenLogProbs bit for bit', () => {
      tf.tidy(() => {
        const hidden = randomTensor<tf.Tensor2D>([33, 10], 6);
        const weight = randomTensor<tf.Tensor2D>([77, 10], 7);
        const keys = indices(Array.from({ length: 33 }, (_, row) => row - 5));
        for (const temperature of [1, 0.7]) {
          const logits = linear(hidden, weight);
          const random = { seed: 3, keys, positions: tf.onesLike(keys) };
          const { ids, logProbs } = sampleTokens(logits, { temperature }, random);
          const trained = tokenLogProbs(hidden, weight, ids, { temperature });
          expect(logProbs.dataSync()).toEqual(trained.logProbs.dataSync());
          const cap = { logitScale: 0.8, finalLogitSoftcapping: 1.5 };
          const capped = sampleTokens(softcapLogits(logits, 1.5, 0.8), { temperature }, random);
          const trainedWithCap = tokenLogProbs(hidden, weight, capped.ids, { temperature, ...cap });
          expect(capped.logProbs.dataSync()).toEqual(trainedWithCap.logProbs.dataSync());
          expect(capped.logProbs.dataSync()).not.toEqual(logProbs.dataSync());
        }
        const greedy = sampleTokens(linear(hidden, weight), { temperature: 0 }, { seed: 3, keys, positions: keys });
        expect(greedy.ids.dataSync()).toEqual(tf.argMax(linear(hidden, weight), 1).dataSync());
        expect(greedy.logProbs.dataSync()).toEqual(tokenLogProbs(hidden, weight, greedy.ids).logProbs.dataSync());
      });
    });

    test('draws equal those of the composite, with and without filters', () => {
      tf.tidy(() => {
        const logits = tf.mul<tf.Tensor2D>(randomTensor<tf.Tensor2D>([200, 50], 8), 2);
        const keys = indices(Array.from({ length: 200 }, (_, row) => row * 7919));
        const random = { seed: -9, keys, positions: tf.zerosLike(keys) };
        for (const filters of [{}, { topK: 5 }, { topP: 0.8 }, { minP: 0.1 }, { topK: 9, topP: 0.9, minP: 0.02 }]) {
          const options = { temperature: 0.9, topK: 0, topP: 1, minP: 0, ...filters };
          const found = sampleTokens(logits, options, random);
          const expected = sampleRowsComposite(logits, alike(200, options, random));
          expect(found.ids.dataSync()).toEqual(expected.ids.dataSync());
          expectClose('log-probs', found.logProbs.dataSync(), expected.logProbs.dataSync(), 2e-6);
        }
      });
    });

    test('each row has its own settings and history, in the batch as alone, like the composite', () => {
      const rows = 24;
      const vocabulary = 40;
      const options = Array.from({ length: rows }, (_, row) => ({
        temperature: row % 5 === 0 ? 0 : 0.5 + row / 20,
        topK: row % 3 === 0 ? 6 : 0,
        topP: row % 4 === 1 ? 0.7 : 1,
        repetitionPenalty: row % 2 === 0 ? 1.4 : 1,
        frequencyPenalty: row % 3 === 1 ? 0.3 : 0,
        presencePenalty: row % 6 === 5 ? -0.5 : 0,
      }));
      const run = (members: number[], sample: typeof sampleRows) => {
        const counts = createTokenCounts(rows, vocabulary);
        const drawn = Array.from({ length: 6 }, () => new Map<number, { id: number; logProb: number }>());
        tf.tidy(() => {
          for (const row of members) startCounts(counts, row, indices([row, 3, 3]));
          for (const [step, found] of drawn.entries()) {
            const logits = members.map((row) => randomTensor<tf.Tensor2D>([1, vocabulary], 31 + (row % 3)));
            const settings = packSettings(members.map((row) => options[row]!));
            const { ids, logProbs } = sample(
              tf.mul(tf.concat(logits, 0), 2),
              {
                settings: tf.tensor2d(settings, [members.length, SETTINGS_WIDTH]),
                seeds: indices(members.map((row) => row % 4)),
                keys: indices(members),
                positions: indices(members.map(() => step)),
                slots: indices(members),
              },
              counts,
            );
            const [id, logProb] = [ids.dataSync(), logProbs.dataSync()];
            for (const [index, row] of members.entries()) found.set(row, { id: id[index]!, logProb: logProb[index]! });
          }
        });
        counts.dispose();
        return drawn;
      };
      const all = Array.from({ length: rows }, (_, row) => row);
      const together = run(all, sampleRows);
      const composite = run(all, sampleRowsComposite);
      const few = run([22, 5, 13], sampleRows);
      for (const [step, drawn] of together.entries()) {
        for (const row of all) {
          expect(drawn.get(row)!.id).toBe(composite[step]!.get(row)!.id);
          expect(Math.abs(drawn.get(row)!.logProb - composite[step]!.get(row)!.logProb)).toBeLessThan(3e-6);
        }
        for (const [row, alone] of few[step]!) expect(alone).toEqual(drawn.get(row));
      }
    });

    test('draws follow the distribution and do not depend on the batch', () => {
      tf.tidy(() => {
        const probabilities = [0.5, 0.3, 0.15, 0.05];
        const count = 4000;
        const logits = tf.tile(tf.log(tf.tensor2d([probabilities])), [count, 1]) as tf.Tensor2D;
        const keys = indices(Array.from({ length: count }, (_, row) => row));
        const { ids } = sampleTokens(logits, { temperature: 1 }, { seed: 1, keys, positions: tf.zerosLike(keys) });
        const drawn = ids.dataSync();
        for (const [token, probability] of probabilities.entries()) {
          const share = drawn.filter((id) => id === token).length / count;
          expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / count));
        }
        const one = { seed: 1, keys: indices([17]), positions: indices([0]) };
        const alone = sampleTokens(tf.slice(logits, [0, 0], [1, 4]), { temperature: 1 }, one);
        expect(alone.ids.dataSync()[0]).toBe(drawn[17]);
      });
    });
  });
}
