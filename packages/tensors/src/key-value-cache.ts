// Keys and values of past tokens for decoding: for each layer, `slots` independent sequences of up to `capacity` tokens.
// Written in place by cachedAttention. The storage is two tensors a layer whose inner order is the device's own business:
// [slots, K, capacity, D] in the composite; a native kernel may use panels. Capacity is rounded up to blocks of 32. As bfloat16 it takes
// half the memory: keys and values are rounded when they are written. Training with the same bits needs roundKeyValues before attention.
import { TensorError } from './errors.ts';
import { expectCount } from './expect.ts';
import { hasKernel, runKernel } from './tape.ts';
import { tf } from './tfjs.ts';

/** What a cache keeps of keys and values. */
export type KeyValueStorage = 'float32' | 'bfloat16';

export interface KeyValueCacheShape {
  layers: number;
  slots: number;
  capacity: number;
  keyValueHeadCount: number;
  headDimension: number;
  /** Default float32. A device without kernels for bfloat16 keeps rounded numbers as float32: the same results, no memory saved. */
  storage?: KeyValueStorage;
}

export interface KeyValueCache extends KeyValueCacheShape {
  /** One variable for each layer, [slots, K, capacity, D] (bfloat16: int32 words of two numbers, D/2), written in place. */
  readonly keys: readonly tf.Variable[];
  readonly values: readonly tf.Variable[];
  /** Copies positions 0 … length - 1 of a slot to other slots, in every layer (one prompt, several samples). */
  copyPrefix(fromSlot: number, toSlots: readonly number[], length: number): void;
  /** Makes room for more slots, behind the others, and longer sequences; what it holds stays. Graphs that read it end. */
  grow(slots: number, capacity: number): void;
  dispose(): void;
}

const BLOCK = 32;

/**
 * Allocates a cache. Kernels read only what was written, so that a device with them leaves the rest as it is, untouched pages and all;
 * plain ops multiply masked keys by exactly 0, so there they begin as zeros.
 * @throws TensorError TW_TENSORS_OPTION
 */
export function createKeyValueCache(shape: KeyValueCacheShape): KeyValueCache {
  const { storage = 'float32', ...counts } = shape;
  for (const [name, value] of Object.entries(counts)) expectCount('createKeyValueCache', name, value);
  const { layers, slots, keyValueHeadCount, headDimension } = shape;
  if (storage !== 'float32' && storage !== 'bfloat16')
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `createKeyValueCache: storage is '${storage}', expected 'float32' or 'bfloat16'`,
    );
  const inWords = storage === 'bfloat16' && hasKernel('TwRoundColumns');
  if (inWords && headDimension % 2 !== 0)
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `createKeyValueCache: a bfloat16 cache needs an even head dimension, not ${headDimension}`,
    );
  const capacity = Math.ceil(shape.capacity / BLOCK) * BLOCK;
  // Words of 32 bits hold two numbers of 16.
  const width = inWords ? headDimension / 2 : headDimension;
  const contents = () => unwritten([slots, keyValueHeadCount, capacity, width], inWords ? 'int32' : 'float32');
  const allocate = () => Array.from({ length: layers }, () => tf.tidy(() => tf.variable(contents(), false)));
  const cache = {
    ...shape,
    storage,
    capacity,
    keys: allocate(),
    values: allocate(),
    copyPrefix(fromSlot: number, toSlots: readonly number[], length: number) {
      expectPrefix(cache, fromSlot, toSlots, length);
      if (toSlots.length === 0 || length === 0) return;
      for (let layer = 0; layer < layers; layer++) {
        const keys = cache.keys[layer]!;
        const values = cache.values[layer]!;
        if (hasKernel('TwCopyPrefix')) runKernel('TwCopyPrefix', { keys, values }, { fromSlot, toSlots, length });
        else for (const storage of [keys, values]) copyPrefixComposite(storage, fromSlot, toSlots, length);
      }
    },
    grow(newSlots: number, newCapacity: number) {
      const rounded = Math.ceil(newCapacity / BLOCK) * BLOCK;
      if (!(newSlots >= cache.slots && rounded >= cache.capacity)) {
        const asked = `${newSlots} slots of ${newCapacity}`;
        throw new TensorError(
          'TW_TENSORS_OPTION',
          `grow: ${asked} are less than the cache's ${cache.slots} of ${cache.capacity}`,
        );
      }
      for (const storages of [cache.keys, cache.values])
        for (const [layer, storage] of storages.entries()) {
          storages[layer] = grown(storage, newSlots, rounded);
          storage.dispose();
        }
      cache.slots = newSlots;
      cache.capacity = rounded;
    },
    dispose() {
      for (const storage of [...cache.keys, ...cache.values]) storage.dispose();
    },
  };
  return cache;
}

function unwritten(shape: number[], dtype: 'float32' | 'int32'): tf.Tensor {
  if (hasKernel('TwEmpty')) return runKernel('TwEmpty', {}, { shape, dtype });
  return tf.fill(shape, 0, dtype); // on the device: tf.zeros would make an array of the whole cache here and copy it
}

/** A head's tokens are contiguous in either order of its inside (panels of 16 tokens, or rows), so zeros go behind them. */
function grown(storage: tf.Variable, slots: number, capacity: number): tf.Variable {
  const [oldSlots, , oldCapacity] = storage.shape as [number, number, number, number];
  const behind: [number, number][] = [
    [0, slots - oldSlots],
    [0, 0],
    [0, capacity - oldCapacity],
    [0, 0],
  ];
  return tf.tidy(() => tf.variable(tf.pad(storage, behind), false));
}

function copyPrefixComposite(storage: tf.Variable, fromSlot: number, toSlots: readonly number[], length: number): void {
  tf.tidy(() => {
    const [slots, heads, capacity, dimension] = storage.shape as [number, number, number, number];
    const prefix = tf.slice(storage, [fromSlot, 0, 0, 0], [1, heads, length, dimension]);
    const targets = new Set(toSlots);
    const rows = Array.from({ length: slots }, (_, slot) => {
      if (!targets.has(slot)) return tf.slice(storage, [slot, 0, 0, 0], [1, heads, capacity, dimension]);
      const rest = tf.slice(storage, [slot, 0, length, 0], [1, heads, capacity - length, dimension]);
      return tf.concat([prefix, rest], 2);
    });
    storage.assign(tf.concat(rows, 0));
  });
}

function expectPrefix(cache: KeyValueCache, fromSlot: number, toSlots: readonly number[], length: number): void {
  for (const slot of [fromSlot, ...toSlots]) {
    if (!Number.isInteger(slot) || slot < 0 || slot >= cache.slots) {
      throw new TensorError('TW_TENSORS_OPTION', `copyPrefix: slot ${slot} is not one of the cache's ${cache.slots}`);
    }
  }
  if (toSlots.includes(fromSlot)) {
    throw new TensorError('TW_TENSORS_OPTION', `copyPrefix: slot ${fromSlot} is both source and target`);
  }
  if (!Number.isInteger(length) || length < 0 || length > cache.capacity) {
    throw new TensorError('TW_TENSORS_OPTION', `copyPrefix: length is ${length}, expected 0 to ${cache.capacity}`);
  }
}
