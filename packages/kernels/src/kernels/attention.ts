// Attention over packed rows, and against a key-value cache that it writes in place.
import type { tf } from '@thinkwright/tensors';
import { at, type KernelTable } from './native-kernel.ts';

/** A cache of bfloat16 comes as int32 words of two numbers. */
const cacheType = (keys: tf.TensorInfo) => (keys.dtype === 'int32' ? 1 : 0);

export const attentionKernels: KernelTable = {
  TwAttention(backend, { qkv, offsets }, { headCount, keyValueHeadCount, headDimension, scale, window }) {
    const rows = qkv!.shape[0]!;
    const out = backend.output([rows, headCount * headDimension]);
    const logSumExp = backend.output([rows, headCount]);
    backend.runtime.stream.launch.attention(
      at(backend, qkv!),
      at(backend, offsets!),
      out.dataId.address,
      logSumExp.dataId.address,
      offsets!.shape[0]! - 1,
      headCount,
      keyValueHeadCount,
      headDimension,
      scale,
      window,
    );
    return [out, logSumExp];
  },

  TwAttentionGrad(
    backend,
    { dy, qkv, out, logSumExp, offsets },
    { headCount, keyValueHeadCount, headDimension, scale, window },
  ) {
    const dQkv = backend.output(qkv!.shape);
    backend.runtime.stream.launch.attentionGrad(
      at(backend, qkv!),
      at(backend, offsets!),
      at(backend, out!),
      at(backend, logSumExp!),
      at(backend, dy!),
      dQkv.dataId.address,
      offsets!.shape[0]! - 1,
      headCount,
      keyValueHeadCount,
      headDimension,
      scale,
      window,
    );
    return dQkv;
  },

  TwCachedAttention(backend, { qkv, keys, values, slots, positions }, attributes) {
    const { headCount, keyValueHeadCount, headDimension, scale, capacity, slotCount, window } = attributes;
    const rows = qkv!.shape[0]!;
    const out = backend.output([rows, headCount * headDimension]);
    backend.runtime.stream.launch.cachedAttention(
      at(backend, qkv!),
      at(backend, slots!),
      at(backend, positions!),
      at(backend, keys!),
      at(backend, values!),
      out.dataId.address,
      rows,
      capacity,
      headCount,
      keyValueHeadCount,
      headDimension,
      scale,
      slotCount,
      cacheType(keys!),
      window,
    );
    return out;
  },

  TwCopyPrefix(backend, { keys, values }, { fromSlot, toSlots, length }) {
    const [, heads, capacity, words] = keys!.shape as [number, number, number, number];
    const type = cacheType(keys!);
    const dimension = type === 1 ? 2 * words : words;
    const [from, into] = [at(backend, keys!), at(backend, values!)];
    const { launch } = backend.runtime.stream;
    for (const slot of toSlots as number[])
      launch.copyPrefix(from, into, fromSlot, slot, length, capacity, heads, dimension, type);
    return [];
  },

  /** Rounds to bfloat16 from column `first` on. */
  TwRoundColumns(backend, { x }, { first }) {
    const [rows, columns] = x!.shape as [number, number];
    const out = backend.output([rows, columns]);
    backend.runtime.stream.launch.roundColumns(at(backend, x!), out.dataId.address, rows, columns, first);
    return out;
  },
};
