// The fused ops at awkward shapes, each as (fused op, composite) over the same float inputs: what a device must reproduce.
import { createLayout, type SequenceLayout } from '../layout.ts';
import { addBlocks } from '../ops/add-blocks.ts';
import type { AttentionHeads } from '../ops/attend.ts';
import { attention, attentionComposite } from '../ops/attention.ts';
import { dropout, dropoutComposite } from '../ops/dropout.ts';
import { embedding, embeddingComposite } from '../ops/embedding.ts';
import { gatedLinear } from '../ops/gated-linear.ts';
import { gatherRows, gatherRowsComposite } from '../ops/gather-rows.ts';
import { geglu, gegluComposite } from '../ops/geglu.ts';
import { linear, linearComposite } from '../ops/linear.ts';
import { rescaledDelta } from '../ops/rescaled-delta.ts';
import { rmsNorm, rmsNormComposite } from '../ops/rms-norm.ts';
import { rope, ropeComposite } from '../ops/rope.ts';
import { swiglu, swigluComposite } from '../ops/swiglu.ts';
import { takeColumns } from '../ops/take-columns.ts';
import { tf } from '../tfjs.ts';
import { headCases } from './head-cases.ts';
import { randomIntegers } from './random-tensors.ts';

/** Float inputs by name. */
export type OpInputs = Record<string, tf.Tensor>;

export interface OpCase {
  name: string;
  /** Shapes of the float inputs. */
  shapes: Record<string, number[]>;
  fused(inputs: OpInputs): tf.Tensor[];
  composite(inputs: OpInputs): tf.Tensor[];
  /** How many leading outputs carry a gradient; all when left out. */
  differentiable?: number;
}

const matrix = (inputs: OpInputs, name: string) => inputs[name] as tf.Tensor2D;
const vector = (inputs: OpInputs, name: string) => inputs[name] as tf.Tensor1D;
const integers = (values: Int32Array) => tf.tensor1d(values, 'int32');

export const opCases: OpCase[] = [
  ...linearCases(),
  ...rowCases(),
  ...layerCases(),
  attentionCase('one head, one sequence', [5], { headCount: 1, keyValueHeadCount: 1, headDimension: 4 }),
  attentionCase('grouped queries, several sequences', [1, 33, 7, 70], {
    headCount: 6,
    keyValueHeadCount: 2,
    headDimension: 10,
  }),
  attentionCase('head size 64, own scale', [40, 3], {
    headCount: 3,
    keyValueHeadCount: 3,
    headDimension: 64,
    scale: 0.3,
  }),
  attentionCase('a window of 7, grouped queries, several sequences', [3, 33, 150], {
    headCount: 4,
    keyValueHeadCount: 2,
    headDimension: 10,
    window: 7,
  }),
  attentionCase('a window of 100 over several blocks', [230], {
    headCount: 2,
    keyValueHeadCount: 1,
    headDimension: 8,
    window: 100,
  }),
  ...headCases(),
];

function linearCases(): OpCase[] {
  const one = (rows: number, k: number, n: number): OpCase => ({
    name: `linear [${rows}, ${k}] by [${n}, ${k}]`,
    shapes: { x: [rows, k], w: [n, k] },
    fused: (inputs) => [linear(matrix(inputs, 'x'), matrix(inputs, 'w'))],
    composite: (inputs) => [linearComposite(matrix(inputs, 'x'), [matrix(inputs, 'w')])],
  });
  const weightsOf = (inputs: OpInputs) => ['q', 'k', 'v'].map((name) => matrix(inputs, name));
  const biasesOf = (inputs: OpInputs) => [vector(inputs, 'qBias'), null, vector(inputs, 'vBias')];
  return [
    one(1, 1, 1),
    one(7, 19, 5),
    one(70, 33, 50),
    {
      name: 'linear with three weights and two biases',
      shapes: { x: [9, 20], q: [24, 20], k: [7, 20], v: [7, 20], qBias: [24], vBias: [7] },
      fused: (inputs) => [linear(matrix(inputs, 'x'), weightsOf(inputs), { biases: biasesOf(inputs) })],
      composite: (inputs) => [linearComposite(matrix(inputs, 'x'), weightsOf(inputs), { biases: biasesOf(inputs) })],
    },
    addedToCase(3),
    addedToCase(40),
    gatedCase(6, 26),
    gatedCase(37, 48),
  ];
}

/** Everything that `linear` may add to its product. */
function addedToCase(rows: number): OpCase {
  const run = (inputs: OpInputs, op: typeof linear | typeof linearComposite) =>
    op(matrix(inputs, 'x'), [matrix(inputs, 'q'), matrix(inputs, 'k')], {
      biases: [vector(inputs, 'qBias'), vector(inputs, 'kBias')],
      addend: matrix(inputs, 'addend'),
      lowRank: [null, { narrow: matrix(inputs, 'narrow'), wide: matrix(inputs, 'wide') }],
      norm: { weight: vector(inputs, 'norm'), epsilon: 1e-5 },
    });
  return {
    name: `linear of ${rows} normalised rows with biases, an addend and a low-rank term`,
    shapes: {
      x: [rows, 20],
      q: [21, 20],
      k: [9, 20],
      qBias: [21],
      kBias: [9],
      addend: [rows, 30],
      narrow: [rows, 4],
      wide: [9, 4],
      norm: [20],
    },
    fused: (inputs) => [run(inputs, linear)],
    composite: (inputs) => [run(inputs, linearComposite)],
  };
}

function gatedCase(rows: number, width: number): OpCase {
  const weights = (inputs: OpInputs) => [matrix(inputs, 'gate'), matrix(inputs, 'up')] as const;
  const options = (inputs: OpInputs) => ({
    biases: [null, vector(inputs, 'upBias')],
    norm: { weight: vector(inputs, 'norm'), epsilon: 1e-5 },
  });
  return {
    name: `gatedLinear of normalised rows [${rows}, 20] to ${width} columns`,
    shapes: { x: [rows, 20], gate: [width, 20], up: [width, 20], upBias: [width], norm: [20] },
    fused: (inputs) => [gatedLinear(matrix(inputs, 'x'), ...weights(inputs), options(inputs))],
    composite: (inputs) => [swigluComposite(linearComposite(matrix(inputs, 'x'), weights(inputs), options(inputs)))],
  };
}

function rowCases(): OpCase[] {
  const ids = randomIntegers(23, 11, 3);
  return [
    {
      name: 'embedding with repeated ids',
      shapes: { table: [11, 9] },
      fused: (inputs) => [embedding(matrix(inputs, 'table'), integers(ids))],
      composite: (inputs) => [embeddingComposite(matrix(inputs, 'table'), integers(ids))],
    },
    ...[[0, 4] as const, [6, 11] as const, [0, 11] as const].map(
      ([from, to]): OpCase => ({
        name: `takeColumns ${from} to ${to} of 11`,
        shapes: { x: [5, 11] },
        fused: (inputs) => [takeColumns(matrix(inputs, 'x'), from, to)],
        composite: (inputs) => [tf.slice(inputs.x!, [0, from], [5, to - from])],
      }),
    ),
    {
      name: 'rescaledDelta',
      shapes: { y: [5, 7], delta: [5, 7], gain: [7] },
      fused: ({ y, delta, gain }) => [rescaledDelta(y as tf.Tensor2D, delta as tf.Tensor2D, gain as tf.Tensor1D)],
      composite: ({ y, delta, gain }) => [tf.sub(tf.mul(gain!, tf.add(y!, delta!)), y!)],
    },
    {
      name: 'addBlocks with columns between and behind the blocks',
      shapes: { base: [5, 19], first: [5, 3], second: [5, 7] },
      fused: (inputs) => [
        addBlocks(matrix(inputs, 'base'), [
          { values: matrix(inputs, 'first'), column: 2 },
          { values: matrix(inputs, 'second'), column: 8 },
        ]),
      ],
      composite: (inputs) => [
        tf.add(
          inputs.base!,
          tf.add(
            tf.pad(inputs.first!, [
              [0, 0],
              [2, 14],
            ]),
            tf.pad(inputs.second!, [
              [0, 0],
              [8, 4],
            ]),
          ),
        ),
      ],
    },
    {
      name: 'gatherRows',
      shapes: { x: [14, 6] },
      fused: (inputs) => [gatherRows(matrix(inputs, 'x'), integers(Int32Array.of(13, 0, 5, 5)))],
      composite: (inputs) => [gatherRowsComposite(matrix(inputs, 'x'), integers(Int32Array.of(13, 0, 5, 5)))],
    },
  ];
}

function layerCases(): OpCase[] {
  const positions = Int32Array.of(0, 3, 1, 8, 2);
  const rotary = { headDimension: 6, headCount: 3 };
  const key = { seed: 11, stream: -5 };
  return [
    {
      name: 'rmsNorm',
      shapes: { x: [7, 19], weight: [19] },
      fused: (inputs) => [rmsNorm(matrix(inputs, 'x'), vector(inputs, 'weight'), { epsilon: 1e-5 })],
      composite: (inputs) => [rmsNormComposite(matrix(inputs, 'x'), vector(inputs, 'weight'), { epsilon: 1e-5 })],
    },
    {
      name: 'rope with columns to copy',
      shapes: { x: [5, 23] },
      fused: (inputs) => [rope(matrix(inputs, 'x'), rotationTable(9, 6), integers(positions), rotary)],
      composite: (inputs) => [ropeComposite(matrix(inputs, 'x'), rotationTable(9, 6), integers(positions), rotary)],
    },
    normalizedRopeCase(),
    {
      name: 'swiglu',
      shapes: { x: [7, 26] },
      fused: (inputs) => [swiglu(matrix(inputs, 'x'))],
      composite: (inputs) => [swigluComposite(matrix(inputs, 'x'))],
    },
    {
      name: 'geglu',
      shapes: { x: [7, 26] },
      fused: (inputs) => [geglu(matrix(inputs, 'x'))],
      composite: (inputs) => [gegluComposite(matrix(inputs, 'x'))],
    },
    {
      name: 'dropout',
      shapes: { x: [7, 13] },
      fused: (inputs) => [dropout(inputs.x!, 0.3, key)],
      composite: (inputs) => [dropoutComposite(inputs.x!, 0.3, key)],
    },
  ];
}

/** Two query heads, a key head and five columns more, in enough rows for two ranges of the norms' gradients. */
function normalizedRopeCase(): OpCase {
  const run = (op: typeof rope) => (inputs: OpInputs) => {
    const norms = { query: vector(inputs, 'query'), key: vector(inputs, 'key'), queryHeadCount: 2, epsilon: 1e-5 };
    const positions = Int32Array.from({ length: 40 }, (_, row) => (5 * row + 2) % 9);
    const options = { headDimension: 6, headCount: 3, norms };
    return [op(matrix(inputs, 'x'), rotationTable(9, 6), integers(positions), options)];
  };
  return {
    name: 'rope with norms of the heads and columns to copy',
    shapes: { x: [40, 23], query: [6], key: [6] },
    fused: run(rope),
    composite: run(ropeComposite),
  };
}

function attentionCase(name: string, lengths: number[], heads: AttentionHeads): OpCase {
  const { headCount, keyValueHeadCount, headDimension } = heads;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const within = (run: (layout: SequenceLayout) => tf.Tensor2D): tf.Tensor[] => {
    const layout = createLayout(lengths);
    try {
      return [run(layout)];
    } finally {
      layout.dispose();
    }
  };
  return {
    name: `attention, ${name}`,
    shapes: { qkv: [total, (headCount + 2 * keyValueHeadCount) * headDimension] },
    fused: (inputs) => within((layout) => attention(matrix(inputs, 'qkv'), layout, heads)),
    composite: (inputs) => within((layout) => attentionComposite(matrix(inputs, 'qkv'), layout, heads)),
  };
}

/** [P, D] of cosines and sines with the usual frequencies. */
function rotationTable(rows: number, dimension: number): tf.Tensor2D {
  const half = dimension / 2;
  const table = new Float32Array(rows * dimension);
  for (let row = 0; row < rows; row++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = row * 10000 ** (-pair / half);
      table[row * dimension + pair] = Math.cos(angle);
      table[row * dimension + half + pair] = Math.sin(angle);
    }
  }
  return tf.tensor2d(table, [rows, dimension]);
}
