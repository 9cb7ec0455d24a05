// Rotary position embedding (Su et al. 2021), half-split: pair (d, d + D/2) of a head is turned by position * frequency.
// The table holds cosines and sines, so every RoPE scaling is a different table. The gradient is the inverse rotation.
// With norms, each head is normalised before it is turned, by rmsNorm with a weight for all query heads and one for all key heads
// (Qwen3, arXiv 2505.09388); the result is cheap to compute again from x, which the gradient needs anyway.
// Kernels: TwRope { x, table, positions, queryNorm?, keyNorm? } attrs { headDimension, headCount, queryHeadCount?, epsilon?, inverse }
// → [T, W]; TwRopeNormGrad { dy, x, table, positions, queryNorm, keyNorm } attrs of the forward → [dx, dQueryNorm, dKeyNorm].
import { TensorError } from '../errors.ts';
import { expectCount, expectIndices, expectPositive, expectShape } from '../expect.ts';
import { hasKernel, recomputable, record, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { rmsNormComposite } from './rms-norm.ts';

/** RMSNorm over the dimensions of each head, before its rotation. */
export interface HeadNorms {
  /** [D], the weight of the first `queryHeadCount` heads. */
  query: tf.Tensor1D;
  /** [D], the weight of the other rotated heads, at least one. */
  key: tf.Tensor1D;
  queryHeadCount: number;
  epsilon: number;
}

export interface RopeOptions {
  headDimension: number;
  /** The first `headCount` heads of a row are rotated; the rest (values) is copied. */
  headCount: number;
  /** Left out: the heads are turned as they are. */
  norms?: HeadNorms;
}

/**
 * Rotates the first heads of each row by the angle of its position, normalised before if there are norms.
 * @param x [T, W], W at least headCount * headDimension
 * @param table [P, D]: row p holds D/2 cosines, then D/2 sines
 * @param positions int32 [T], each in [0, P)
 * @returns [T, W]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE, TW_TENSORS_OPTION
 */
export function rope(x: tf.Tensor2D, table: tf.Tensor2D, positions: tf.Tensor1D, options: RopeOptions): tf.Tensor2D {
  const { headDimension, headCount } = options;
  expectCount('rope', 'headDimension', headDimension);
  expectCount('rope', 'headCount', headCount);
  expectShape('rope', 'x', x, [-1, -1], '[T, W]');
  expectShape('rope', 'table', table, [-1, headDimension], '[P, D]');
  expectIndices('rope', 'positions', positions, x.shape[0]);
  if (headDimension % 2 !== 0) {
    throw new TensorError('TW_TENSORS_OPTION', `rope: headDimension is ${headDimension}, expected an even number`);
  }
  if (headCount * headDimension > x.shape[1]) {
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `rope: ${headCount} heads of ${headDimension} need ${headCount * headDimension} columns, x has ${x.shape[1]}`,
    );
  }
  if (options.norms) expectNorms(options.norms, options);
  if (!hasKernel('TwRope')) return ropeComposite(x, table, positions, options);
  if (options.norms) return normalizedRope(x, table, positions, options, options.norms);
  const attributes = { headDimension, headCount };
  return record<tf.Tensor2D>({
    inputs: { x, table, positions },
    forward(save) {
      save([table, positions]);
      return runKernel('TwRope', { x, table, positions }, { ...attributes, inverse: false });
    },
    backward: (dy, [savedTable, savedPositions]) => ({
      x: () =>
        runKernel(
          'TwRope',
          { x: dy, table: savedTable!, positions: savedPositions! },
          { ...attributes, inverse: true },
        ),
    }),
  });
}

function normalizedRope(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  positions: tf.Tensor1D,
  { headDimension, headCount }: RopeOptions,
  { query: queryNorm, key: keyNorm, queryHeadCount, epsilon }: HeadNorms,
): tf.Tensor2D {
  const attributes = { headDimension, headCount, queryHeadCount, epsilon };
  const names = ['x', 'table', 'positions', 'queryNorm', 'keyNorm'];
  const inputs = [x, table, positions, queryNorm, keyNorm];
  const named = (tensors: readonly tf.Tensor[]) =>
    Object.fromEntries(names.map((name, index) => [name, tensors[index]!]));
  const compute = (tensors: readonly tf.Tensor[]) => runKernel<tf.Tensor2D>('TwRope', named(tensors), attributes);
  const output = record<tf.Tensor2D>({
    inputs: named(inputs),
    forward(save) {
      save(inputs);
      return compute(inputs);
    },
    backward(dy, saved) {
      const [dx, dQuery, dKey] = runKernel<tf.Tensor[]>('TwRopeNormGrad', { dy, ...named(saved) }, attributes);
      return { x: () => dx!, queryNorm: () => dQuery!, keyNorm: () => dKey! };
    },
  });
  return recomputable(output, inputs, compute);
}

function expectNorms(
  { query, key, queryHeadCount, epsilon }: HeadNorms,
  { headDimension, headCount }: RopeOptions,
): void {
  expectShape('rope', 'norms.query', query, [headDimension], '[D]');
  expectShape('rope', 'norms.key', key, [headDimension], '[D]');
  expectPositive('rope', 'norms.epsilon', epsilon);
  expectCount('rope', 'norms.queryHeadCount', queryHeadCount);
  if (queryHeadCount >= headCount) {
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `rope: norms.queryHeadCount is ${queryHeadCount}, expected fewer than headCount ${headCount}`,
    );
  }
}

/** The same in plain tfjs ops. */
export function ropeComposite(
  x: tf.Tensor2D,
  table: tf.Tensor2D,
  positions: tf.Tensor1D,
  { headDimension, headCount, norms }: RopeOptions,
): tf.Tensor2D {
  const [rows, width] = x.shape;
  const half = headDimension / 2;
  const rotated = headCount * headDimension;
  const angles = tf.gather(table, positions); // [T, D]
  const cosine = tf.reshape(tf.slice(angles, [0, 0], [rows, half]), [rows, 1, half]);
  const sine = tf.reshape(tf.slice(angles, [0, half], [rows, half]), [rows, 1, half]);
  const flatHeads = tf.slice(x, [0, 0], [rows, rotated]);
  const heads = tf.reshape(norms ? normalizeHeads(flatHeads, norms) : flatHeads, [rows, headCount, headDimension]);
  const first = tf.slice(heads, [0, 0, 0], [rows, headCount, half]);
  const second = tf.slice(heads, [0, 0, half], [rows, headCount, half]);
  const turned = tf.concat(
    [tf.sub(tf.mul(first, cosine), tf.mul(second, sine)), tf.add(tf.mul(second, cosine), tf.mul(first, sine))],
    2,
  ); // [T, H, D]
  const flat = tf.reshape(turned, [rows, rotated]) as tf.Tensor2D;
  if (rotated === width) return flat;
  return tf.concat([flat, tf.slice(x, [0, rotated], [rows, width - rotated])], 1);
}

/** heads [T, H D] */
function normalizeHeads(heads: tf.Tensor2D, { query, key, queryHeadCount, epsilon }: HeadNorms): tf.Tensor {
  const [rows, width] = heads.shape;
  const [dimension] = query.shape;
  const queryWidth = queryHeadCount * dimension;
  const normalized = (from: number, to: number, weight: tf.Tensor1D) => {
    const part: tf.Tensor2D = tf.reshape(tf.slice(heads, [0, from], [rows, to - from]), [-1, dimension]);
    return tf.reshape(rmsNormComposite(part, weight, { epsilon }), [rows, to - from]);
  };
  return tf.concat([normalized(0, queryWidth, query), normalized(queryWidth, width, key)], 1);
}
