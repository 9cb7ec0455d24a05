// Grouped-query attention of some query rows over some keys, in plain tfjs ops: the body of both attention composites.
import { tf } from '../tfjs.ts';

export interface AttentionHeads {
  headCount: number;
  keyValueHeadCount: number;
  headDimension: number;
  /** Factor on the dot products; 1 / sqrt(headDimension) when left out. */
  scale?: number;
  /** Sliding window: a row sees this many positions at most, its own the last of them; all when left out. */
  window?: number;
}

/**
 * softmax(q kᵀ * scale + mask) v; consecutive query heads share a key/value head.
 * @param queries [R, H, D]
 * @param keys [S, K, D]
 * @param values [S, K, D]
 * @param mask [R, S]: 0 where a row may look, -Infinity where not
 * @returns [R, H * D]
 */
export function attend(
  queries: tf.Tensor3D,
  keys: tf.Tensor3D,
  values: tf.Tensor3D,
  mask: tf.Tensor2D,
  heads: AttentionHeads,
): tf.Tensor2D {
  const { headCount, keyValueHeadCount, headDimension } = heads;
  const [rows] = queries.shape;
  const [length] = keys.shape;
  const groupRows = (headCount / keyValueHeadCount) * rows;
  const grouped = tf.reshape(tf.transpose(queries, [1, 0, 2]), [keyValueHeadCount, groupRows, headDimension]);
  const products = tf.matMul(grouped, tf.transpose(keys, [1, 2, 0])); // [K, G * R, S]
  const scores = tf.add(tf.reshape(tf.mul(products, scaleOf(heads)), [headCount, rows, length]), mask);
  const weights = tf.reshape(tf.softmax(scores), [keyValueHeadCount, groupRows, length]);
  const mixed = tf.matMul(weights, tf.transpose(values, [1, 0, 2])); // [K, G * R, D]
  const byRow = tf.transpose(tf.reshape(mixed, [headCount, rows, headDimension]), [1, 0, 2]);
  return tf.reshape(byRow, [rows, headCount * headDimension]);
}

/** The factor on the dot products. */
export function scaleOf(heads: AttentionHeads): number {
  return heads.scale ?? 1 / Math.sqrt(heads.headDimension);
}
