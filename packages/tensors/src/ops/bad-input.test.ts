import { describe, expect, test } from 'vitest';
import { createKeyValueCache, createLayout, sampleTokens, TensorError, tf } from '../index.ts';
import { attention } from './attention.ts';
import { cachedAttention } from './cached-attention.ts';
import { dropout } from './dropout.ts';
import { embedding } from './embedding.ts';
import { geglu } from './geglu.ts';
import { type HeadInputs, headDivergence } from './head-divergence.ts';
import { softcapLogits } from './head-logits.ts';
import { linear } from './linear.ts';
import { rmsNorm } from './rms-norm.ts';
import { rope } from './rope.ts';
import { swiglu } from './swiglu.ts';
import { tokenLogProbs } from './token-log-probs.ts';
import { topTokenLogProbs } from './top-token-log-probs.ts';

const matrix = (rows: number, columns: number) => tf.zeros([rows, columns]) as tf.Tensor2D;
const vector = (length: number) => tf.zeros([length]) as tf.Tensor1D;
const indices = (...values: number[]) => tf.tensor1d(values, 'int32');

const divergence = (teacher: HeadInputs, options: { beta: number }) =>
  headDivergence({ hidden: matrix(1, 2), weight: matrix(4, 2) }, teacher, indices(0), options);

/** [what is wrong, the call, code, what the message says]. */
const cases: [string, () => unknown, string, RegExp][] = [
  ['a weight of another width', () => linear(matrix(2, 3), matrix(4, 5)), 'SHAPE', /weights\[0\] has shape \[4, 5\]/],
  ['no weight', () => linear(matrix(2, 3), []), 'SHAPE', /no weight/],
  [
    'a bias of another length',
    () => linear(matrix(2, 3), matrix(4, 3), { biases: [vector(5)] }),
    'SHAPE',
    /biases\[0\]/,
  ],
  ['float ids', () => embedding(matrix(4, 2), vector(3)), 'DTYPE', /expected int32/],
  [
    'a norm weight of another length',
    () => rmsNorm(matrix(2, 3), vector(2), { epsilon: 1e-5 }),
    'SHAPE',
    /weight has shape/,
  ],
  ['epsilon 0', () => rmsNorm(matrix(2, 3), vector(3), { epsilon: 0 }), 'OPTION', /epsilon is 0/],
  [
    'an odd head dimension',
    () => rope(matrix(1, 3), matrix(4, 3), indices(0), { headDimension: 3, headCount: 1 }),
    'OPTION',
    /even number/,
  ],
  [
    'more heads than columns',
    () => rope(matrix(1, 4), matrix(4, 4), indices(0), { headDimension: 4, headCount: 2 }),
    'SHAPE',
    /need 8 columns/,
  ],
  [
    'norms of the heads without a key head',
    () => {
      const norms = { query: vector(2), key: vector(2), queryHeadCount: 2, epsilon: 1e-6 };
      return rope(matrix(1, 4), matrix(4, 2), indices(0), { headDimension: 2, headCount: 2, norms });
    },
    'OPTION',
    /queryHeadCount is 2, expected fewer than headCount 2/,
  ],
  ['an odd gate-up', () => swiglu(matrix(2, 3)), 'SHAPE', /3 columns/],
  ['an odd gate-up of a geglu', () => geglu(matrix(2, 3)), 'SHAPE', /geglu: gateUp has 3 columns/],
  ['rate 1', () => dropout(vector(3), 1, { seed: 1, stream: 1 }), 'OPTION', /rate is 1/],
  [
    'temperature 0 in training',
    () => tokenLogProbs(matrix(1, 2), matrix(3, 2), indices(0), { temperature: 0 }),
    'OPTION',
    /temperature/,
  ],
  [
    'no target for a row',
    () => tokenLogProbs(matrix(1, 2), matrix(3, 2), tf.zeros([1, 0], 'int32') as tf.Tensor2D),
    'SHAPE',
    /targets has shape \[1, 0\], expected \[rows, columns\] = \[1, 1\]/,
  ],
  [
    'float targets',
    () => tokenLogProbs(matrix(2, 2), matrix(3, 2), matrix(2, 3)),
    'DTYPE',
    /targets is float32, expected int32/,
  ],
  [
    'more tokens than there are',
    () => topTokenLogProbs(matrix(1, 2), matrix(3, 2), 4),
    'OPTION',
    /k is 4, expected a whole number from 1 to 3/,
  ],
  [
    'a good part of the vocabulary',
    () => topTokenLogProbs(matrix(1, 2), matrix(9000, 2), 5000),
    'OPTION',
    /k is 5000, expected a whole number from 1 to 4096/,
  ],
  [
    'a teacher with another vocabulary',
    () => divergence({ hidden: matrix(1, 3), weight: matrix(5, 3) }, { beta: 0 }),
    'SHAPE',
    /teacher.weight has shape \[5, 3\], expected \[V, its C\] = \[4, 3\]/,
  ],
  [
    'a teacher of other rows',
    () => divergence({ hidden: matrix(2, 3), weight: matrix(4, 3) }, { beta: 0 }),
    'SHAPE',
    /teacher.hidden has shape \[2, 3\]/,
  ],
  [
    'beta above 1',
    () => divergence({ hidden: matrix(1, 3), weight: matrix(4, 3) }, { beta: 1.5 }),
    'OPTION',
    /beta is 1.5, expected 0 to 1/,
  ],
  [
    'a cap whose float32 is 0',
    () => tokenLogProbs(matrix(1, 2), matrix(3, 2), indices(0), { finalLogitSoftcapping: 1e-60 }),
    'OPTION',
    /finalLogitSoftcapping is 0/,
  ],
  [
    'a cap whose float32 is infinite',
    () => softcapLogits(matrix(1, 2), 1e60),
    'OPTION',
    /finalLogitSoftcapping is Inf/,
  ],
  ['a cap far from the scale', () => softcapLogits(matrix(1, 2), 1e30, 1e-30), 'OPTION', /logitScale \/ final.* is 0/],
  [
    'topP 0',
    () => sampleTokens(matrix(1, 2), { temperature: 1, topP: 0 }, { seed: 1, keys: indices(0), positions: indices(0) }),
    'OPTION',
    /topP is 0/,
  ],
  [
    'a layout of another batch',
    () => attention(matrix(3, 6), createLayout([2]), { headCount: 1, keyValueHeadCount: 1, headDimension: 2 }),
    'SHAPE',
    /qkv has 3 rows, the layout has 2/,
  ],
  [
    'heads that do not divide',
    () => attention(matrix(2, 14), createLayout([2]), { headCount: 3, keyValueHeadCount: 2, headDimension: 2 }),
    'OPTION',
    /multiple of keyValueHeadCount/,
  ],
];

describe('bad input of the fused ops is refused with what was found and expected', () => {
  for (const [what, call, code, message] of cases) {
    test(what, () => {
      expect(call).toThrow(TensorError);
      expect(call).toThrow(message);
      expect(call).toThrow(`TW_TENSORS_${code}`);
    });
  }

  test('a position beyond the cache (on a device that can tell)', () => {
    const shape = { layers: 1, slots: 1, capacity: 32, keyValueHeadCount: 1, headDimension: 2 };
    const cache = createKeyValueCache(shape);
    const heads = { headCount: 1, keyValueHeadCount: 1, headDimension: 2 };
    expect(() => cachedAttention(matrix(1, 6), cache, 0, indices(0), indices(32), heads)).toThrow(/position 32/);
    expect(() => cachedAttention(matrix(1, 6), cache, 1, indices(0), indices(0), heads)).toThrow(/layer 1/);
    expect(() => createKeyValueCache({ ...shape, slots: 0 })).toThrow(/slots is 0/);
  });

  test('a disposed tensor', () => {
    const x = matrix(2, 2);
    x.dispose();
    expect(() => swiglu(x)).toThrow(/TW_TENSORS_DISPOSED/);
  });
});
