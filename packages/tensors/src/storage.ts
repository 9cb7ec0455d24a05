// How a device stores a weight. To the program it is a float32 tensor whose values were rounded once; products read the
// stored bits and expand them exactly, so that results have the bits of float32 weights with the rounded values.
// A weight stored as float32 keeps its values, in the order that products read them, and can be trained. The others are frozen:
// gradients flow through them, not into them. Formats: ggml's (ggml-quants.c).
// Kernels: TwStoreAs { x } attrs { storage }; TwStoreBlocks { blocks } attrs { storage, shape } → [N, K].
import { TensorError } from './errors.ts';
import { expectShape } from './expect.ts';
import { hasKernel, runKernel } from './tape.ts';
import { tf } from './tfjs.ts';

/** Bits a number: float32 32, bfloat16 and float16 16, q8_0 8.5, q4_0 4.5, q4_1 5, q4_k 4.5, q5_k 5.5, q6_k 6.6. */
export type StorageType = 'float32' | 'bfloat16' | 'float16' | 'q8_0' | 'q4_0' | 'q4_1' | 'q4_k' | 'q5_k' | 'q6_k';

/**
 * How products with a stored weight are computed. `exact`: as with float32 weights of the same values, bit for bit. `int8`: x is
 * rounded to 8 bits with a scale for every 32 numbers, and multiplied with the whole numbers of the blocks; inference only, for
 * q8_0, q4_0, q4_1 and q4_k. `bf16`: x is rounded to bfloat16 and multiplied with bfloat16 weights, products and sums in float32;
 * inference only. A row's bits never depend on the batch or the threads, nor on the instruction set (bf16: but for sums below 2^-126).
 */
export type Numerics = 'exact' | 'int8' | 'bf16';

const NUMERICS: Record<Numerics, readonly StorageType[] | 'all'> = {
  exact: 'all',
  int8: ['q8_0', 'q4_0', 'q4_1', 'q4_k'],
  bf16: ['bfloat16'],
};

export interface StoreOptions {
  /** Default `exact`. */
  numerics?: Numerics;
}

/** Whether weights stored so can be computed with in these numerics. */
export function fitsNumerics(numerics: Numerics, storage: StorageType): boolean {
  const fitting = NUMERICS[numerics];
  return fitting === 'all' || fitting.includes(storage);
}

/** Numbers that share a scale: K must be a multiple. */
const BLOCK: Record<StorageType, number> = {
  float32: 1,
  bfloat16: 1,
  float16: 1,
  q8_0: 32,
  q4_0: 32,
  q4_1: 32,
  q4_k: 256,
  q5_k: 256,
  q6_k: 256,
};

/** Whether rows of K numbers can be stored so: the block formats need whole blocks. */
export function fitsStorage(storage: StorageType, k: number): boolean {
  return k % BLOCK[storage] === 0;
}

/** Whether the active device keeps weights in fewer bits. */
export function storesWeights(): boolean {
  return hasKernel('TwStoreBlocks');
}

/**
 * The weight rounded to `storage` with ggml's reference rounding; the identity (a clone) on devices without it. With `float32` its
 * values stay, and products need not pack it at each use: what every weight of a model is kept as.
 * @param weight [N, K], K a whole number of blocks
 * @returns a new tensor; `weight` stays the caller's
 * @throws TensorError TW_TENSORS_SHAPE when K has no whole blocks; TW_TENSORS_OPTION for the K types, which are only read, and for
 *   numerics that the storage or the device does not have
 */
export function storeAs(
  weight: tf.Tensor2D,
  storage: StorageType,
  { numerics = 'exact' }: StoreOptions = {},
): tf.Tensor2D {
  expectShape('storeAs', 'weight', weight, [-1, -1], '[N, K]');
  expectBlocks('storeAs', storage, weight.shape[1]);
  if (BLOCK[storage] === 256)
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `storeAs: ${storage} is read from files, not made here; use q4_0, q4_1 or q8_0`,
    );
  expectNumerics('storeAs', storage, numerics);
  if (!hasKernel('TwStoreAs')) return tf.clone(weight);
  return runKernel('TwStoreAs', { x: weight }, { storage, numerics });
}

/**
 * A weight from the blocks of a GGUF file (or plain 16-bit floats), which stay as they are.
 * @param blocks N rows of K / block length blocks, as ggml lays them out
 * @throws TensorError TW_TENSORS_SHAPE when sizes disagree; TW_TENSORS_OPTION on a device that stores no weights, and for numerics
 *   that the storage does not have
 */
export function storeBlocks(
  blocks: Uint8Array,
  shape: [number, number],
  storage: StorageType,
  { numerics = 'exact' }: StoreOptions = {},
): tf.Tensor2D {
  if (!storesWeights())
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `storeBlocks: the '${tf.getBackend()}' device keeps weights as float32 only; expand them first`,
    );
  expectBlocks('storeBlocks', storage, shape[1]);
  expectNumerics('storeBlocks', storage, numerics);
  const expected = shape[0] * (shape[1] / BLOCK[storage]) * BLOCK_BYTES[storage];
  if (blocks.length !== expected)
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `storeBlocks: ${blocks.length} bytes for [${shape}] as ${storage}, expected ${expected}`,
    );
  return tf.tidy(() =>
    runKernel<tf.Tensor2D>('TwStoreBlocks', { blocks: tf.tensor1d(blocks, 'bool') }, { storage, shape, numerics }),
  );
}

const BLOCK_BYTES: Record<StorageType, number> = {
  float32: 4,
  bfloat16: 2,
  float16: 2,
  q8_0: 34,
  q4_0: 18,
  q4_1: 20,
  q4_k: 144,
  q5_k: 176,
  q6_k: 210,
};

interface StoringBackend extends tf.KernelBackend {
  storageOf?(dataId: tf.DataId): StorageType | undefined;
  numericsOf?(dataId: tf.DataId): Numerics | undefined;
}

/** How the active device keeps this tensor. */
export function storageOf(tensor: tf.Tensor): StorageType {
  return (tf.backend() as StoringBackend).storageOf?.(tensor.dataId) ?? 'float32';
}

/** Bytes of a weight as the active device keeps it, but for the padding of its last rows. */
export function bytesKept(tensor: tf.Tensor): number {
  const storage = storageOf(tensor);
  return (tensor.size / BLOCK[storage]) * BLOCK_BYTES[storage];
}

/** New values for a variable; one that was stored as float32 stays so. */
export function assignValues(variable: tf.Variable, values: tf.Tensor): void {
  const isStored = (tf.backend() as StoringBackend).storageOf?.(variable.dataId) === 'float32';
  if (!isStored) {
    variable.assign(values);
    return;
  }
  const stored = storeAs(values as tf.Tensor2D, 'float32');
  variable.assign(stored);
  stored.dispose();
}

/** How the active device computes products with this weight. */
export function numericsOf(tensor: tf.Tensor): Numerics {
  return (tf.backend() as StoringBackend).numericsOf?.(tensor.dataId) ?? 'exact';
}

function expectNumerics(op: string, storage: StorageType, numerics: Numerics): void {
  if (numerics === 'exact') return;
  if (!(numerics in NUMERICS))
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `${op}: numerics is '${numerics}', expected one of ${Object.keys(NUMERICS).join(', ')}`,
    );
  if (!fitsNumerics(numerics, storage))
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `${op}: ${numerics} numerics need ${NUMERICS[numerics]} weights, not ${storage}; choose such a storage, or exact numerics`,
    );
  if (!storesWeights())
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `${op}: the '${tf.getBackend()}' device computes in float32 only; use the native device, or exact numerics`,
    );
}

function expectBlocks(op: string, storage: StorageType, k: number): void {
  if (!(storage in BLOCK))
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `${op}: storage is '${storage}', expected one of ${Object.keys(BLOCK).join(', ')}`,
    );
  if (fitsStorage(storage, k)) return;
  throw new TensorError(
    'TW_TENSORS_SHAPE',
    `${op}: rows of ${k} numbers hold no whole blocks of ${BLOCK[storage]}, which ${storage} needs; keep this weight as bfloat16`,
  );
}
