// Attention against a key-value cache: first this call's keys and values are written at (slot, position), then row t
// attends to positions 0 … positions[t] of its slot. One op for prefill, for decoding and for any mixture. No gradient.
// Kernel: TwCachedAttention { qkv, keys, values, slots, positions } attrs { headCount, keyValueHeadCount,
// headDimension, scale, window (0: none), slotCount, capacity } → [T, H*D]; it writes keys and values in place.
import { TensorError } from '../errors.ts';
import { expectIndices } from '../expect.ts';
import type { KeyValueCache } from '../key-value-cache.ts';
import { hasKernel, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { type AttentionHeads, attend, scaleOf } from './attend.ts';
import { expectHeads, splitHeads } from './attention.ts';
import { roundKeyValues } from './round-key-values.ts';

/**
 * Writes keys and values, then attends.
 * @param qkv [T, (H + 2K) D], keys already rotated
 * @param slots int32 [T] slot of each row
 * @param positions int32 [T] position of each row in its slot, below the cache's capacity; rows of one slot ascend
 * @returns [T, H * D]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE, TW_TENSORS_OPTION
 */
export function cachedAttention(
  qkv: tf.Tensor2D,
  cache: KeyValueCache,
  layer: number,
  slots: tf.Tensor1D,
  positions: tf.Tensor1D,
  heads: AttentionHeads,
): tf.Tensor2D {
  expectHeads('cachedAttention', qkv, heads);
  expectIndices('cachedAttention', 'slots', slots, qkv.shape[0]);
  expectIndices('cachedAttention', 'positions', positions, qkv.shape[0]);
  const keys = cache.keys[layer];
  const values = cache.values[layer];
  if (!keys || !values) {
    throw new TensorError('TW_TENSORS_OPTION', `cachedAttention: layer ${layer} of a cache of ${cache.layers} layers`);
  }
  if (cache.keyValueHeadCount !== heads.keyValueHeadCount || cache.headDimension !== heads.headDimension) {
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `cachedAttention: the cache holds ${cache.keyValueHeadCount} heads of ${cache.headDimension}, ` +
        `qkv has ${heads.keyValueHeadCount} of ${heads.headDimension}`,
    );
  }
  if (!hasKernel('TwCachedAttention')) return cachedAttentionComposite(qkv, cache, layer, slots, positions, heads);
  const { headCount, keyValueHeadCount, headDimension } = heads;
  return runKernel(
    'TwCachedAttention',
    { qkv, keys, values, slots, positions },
    {
      headCount,
      keyValueHeadCount,
      headDimension,
      scale: scaleOf(heads),
      window: heads.window ?? 0,
      slotCount: cache.slots,
      capacity: cache.capacity,
    },
  );
}

/** The same in plain tfjs ops; reads slots and positions on the host. */
export function cachedAttentionComposite(
  qkv: tf.Tensor2D,
  cache: KeyValueCache,
  layer: number,
  slots: tf.Tensor1D,
  positions: tf.Tensor1D,
  heads: AttentionHeads,
): tf.Tensor2D {
  const rounded = cache.storage === 'bfloat16' ? roundKeyValues(qkv, heads) : qkv;
  const slotOfRow = slots.dataSync();
  const positionOfRow = positions.dataSync();
  const { keyValueHeadCount, headDimension } = heads;
  expectInside(cache, slotOfRow, positionOfRow);
  return tf.tidy(() => {
    const [queries, keys, values] = splitHeads(rounded, heads);
    const keyStore = cache.keys[layer]!;
    const valueStore = cache.values[layer]!;
    write(keyStore, keys, slotOfRow, positionOfRow);
    write(valueStore, values, slotOfRow, positionOfRow);
    const parts: tf.Tensor2D[] = [];
    const order: number[] = [];
    for (const [slot, rows] of groupRows(slotOfRow)) {
      const length = 1 + Math.max(...rows.map((row) => positionOfRow[row]!));
      const read = (store: tf.Variable) =>
        tf.transpose(
          tf.reshape(tf.slice(store, [slot, 0, 0, 0], [1, keyValueHeadCount, length, headDimension]), [
            keyValueHeadCount,
            length,
            headDimension,
          ]),
          [1, 0, 2],
        ) as tf.Tensor3D;
      const mask = prefixMask(rows, positionOfRow, length, heads.window);
      parts.push(attend(tf.gather(queries, rows), read(keyStore), read(valueStore), mask, heads));
      order.push(...rows);
    }
    const restore = new Int32Array(order.length);
    for (const [index, row] of order.entries()) restore[row] = index;
    return tf.gather(tf.concat(parts, 0), tf.tensor1d(restore, 'int32')) as tf.Tensor2D;
  });
}

/** Writes rows [T, K, D] at [slot, :, position, :]. */
function write(store: tf.Variable, rows: tf.Tensor3D, slots: ArrayLike<number>, positions: ArrayLike<number>): void {
  const [count, heads, dimension] = rows.shape;
  const indices = new Int32Array(count * heads * 3);
  for (let row = 0; row < count; row++) {
    for (let head = 0; head < heads; head++)
      indices.set([slots[row]!, head, positions[row]!], (row * heads + head) * 3);
  }
  const updates = tf.reshape(rows, [count * heads, dimension]);
  store.assign(tf.tensorScatterUpdate(store, tf.tensor2d(indices, [count * heads, 3], 'int32'), updates));
}

function groupRows(slots: ArrayLike<number>): Map<number, number[]> {
  const rowsOfSlot = new Map<number, number[]>();
  for (let row = 0; row < slots.length; row++) {
    const rows = rowsOfSlot.get(slots[row]!);
    if (rows) rows.push(row);
    else rowsOfSlot.set(slots[row]!, [row]);
  }
  return rowsOfSlot;
}

function prefixMask(
  rows: readonly number[],
  positions: ArrayLike<number>,
  length: number,
  window = length,
): tf.Tensor2D {
  const mask = new Float32Array(rows.length * length);
  for (const [index, row] of rows.entries()) {
    const end = positions[row]! + 1;
    mask.fill(Number.NEGATIVE_INFINITY, index * length, index * length + Math.max(0, end - window));
    mask.fill(Number.NEGATIVE_INFINITY, index * length + end, (index + 1) * length);
  }
  return tf.tensor2d(mask, [rows.length, length]);
}

function expectInside(cache: KeyValueCache, slots: ArrayLike<number>, positions: ArrayLike<number>): void {
  for (let row = 0; row < slots.length; row++) {
    if (slots[row]! < 0 || slots[row]! >= cache.slots || positions[row]! < 0 || positions[row]! >= cache.capacity) {
      throw new TensorError(
        'TW_TENSORS_OPTION',
        `cachedAttention: row ${row} writes slot ${slots[row]}, position ${positions[row]}; ` +
          `the cache has ${cache.slots} slots of ${cache.capacity}`,
      );
    }
  }
}
