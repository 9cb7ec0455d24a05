// How a device stores a weight. To the program it is a float32 tensor whose values were rounded once; products read the
// stored bits and expand them exactly, so that results have the bits of float32 weights with the rounded values.
// Stored weights are frozen: gradients flow through them, not into them. Formats: ggml's (ggml-quants.c).
// Kernels: TwStoreAs { x } attrs { storage }; TwStoreBlocks { blocks } attrs { storage, shape } → [N, K].
import { TensorError } from './errors.ts';
import { expectShape } from './expect.ts';
import { hasKernel, runKernel } from './tape.ts';
import { tf } from './tfjs.ts';

/** Bits a number: float32 32, bfloat16 and float16 16, q8_0 8.5, q4_0 4.5, q4_1 5, q4_k 4.5, q5_k 5.5, q6_k 6.6. */
export type StorageType = 'float32' | 'bfloat16' | 'float16' | 'q8_0' | 'q4_0' | 'q4_1' | 'q4_k' | 'q5_k' | 'q6_k';

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
 * The weight rounded to `storage` with ggml's reference rounding; the identity (a clone) on devices without it.
 * @param weight [N, K], K a whole number of blocks
 * @returns a new tensor; `weight` stays the caller's
 * @throws TensorError TW_TENSORS_SHAPE when K has no whole blocks; TW_TENSORS_OPTION for the K types, which are only read
 */
export function storeAs(weight: tf.Tensor2D, storage: StorageType): tf.Tensor2D {
  expectShape('storeAs', 'weight', weight, [-1, -1], '[N, K]');
  expectBlocks('storeAs', storage, weight.shape[1]);
  if (BLOCK[storage] === 256)
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `storeAs: ${storage} is read from files, not made here; use q4_0, q4_1 or q8_0`,
    );
  if (storage === 'float32' || !hasKernel('TwStoreAs')) return tf.clone(weight);
  return runKernel('TwStoreAs', { x: weight }, { storage });
}

/**
 * A weight from the blocks of a GGUF file (or plain 16-bit floats), which stay as they are.
 * @param blocks N rows of K / block length blocks, as ggml lays them out
 * @throws TensorError TW_TENSORS_SHAPE when sizes disagree; TW_TENSORS_OPTION on a device that stores no weights
 */
export function storeBlocks(blocks: Uint8Array, shape: [number, number], storage: StorageType): tf.Tensor2D {
  if (!storesWeights())
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `storeBlocks: the '${tf.getBackend()}' device keeps weights as float32 only; expand them first`,
    );
  expectBlocks('storeBlocks', storage, shape[1]);
  const expected = shape[0] * (shape[1] / BLOCK[storage]) * BLOCK_BYTES[storage];
  if (blocks.length !== expected)
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `storeBlocks: ${blocks.length} bytes for [${shape}] as ${storage}, expected ${expected}`,
    );
  return tf.tidy(() =>
    runKernel<tf.Tensor2D>('TwStoreBlocks', { blocks: tf.tensor1d(blocks, 'bool') }, { storage, shape }),
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
}

/** How the active device keeps this tensor. */
export function storageOf(tensor: tf.Tensor): StorageType {
  return (tf.backend() as StoringBackend).storageOf?.(tensor.dataId) ?? 'float32';
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
