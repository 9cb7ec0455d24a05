// How the matrices of a model are kept: in float32, rounded to a format, or as the file has them. Norms and biases stay float32.

import { type DataType, firstNotFinite, type ModelTensors } from '@thinkwright/checkpoints';
import {
  fitsNumerics,
  fitsStorage,
  type Numerics,
  numericsOf,
  type StorageType,
  storeAs,
  storeBlocks,
  storesWeights,
  tf,
} from '@thinkwright/tensors';
import { ModelError } from '../errors.ts';
import type { Storage } from '../options/index.ts';
import type { ParameterSpec } from '../parameter-specs.ts';
import { type ModelOptions, readBy } from './check-options.ts';

/** What `native` keeps a matrix of this type as; float32 for all others. */
export const STORED_AS: Partial<Record<DataType, StorageType>> = {
  BF16: 'bfloat16',
  F16: 'float16',
  Q8_0: 'q8_0',
  Q4_0: 'q4_0',
  Q4_1: 'q4_1',
  Q4_K: 'q4_k',
  Q5_K: 'q5_k',
  Q6_K: 'q6_k',
};

/** How to keep one tensor; a matrix whose rows hold no whole blocks stays float32. */
function storageFor({ shape, role }: ParameterSpec, found: StorageType | undefined, wanted: Storage): StorageType {
  if (role === 'norm' || role === 'bias') return 'float32';
  const storage = wanted === 'native' ? (found ?? 'float32') : wanted;
  return fitsStorage(storage, shape[1]!) ? storage : 'float32';
}

/**
 * Reads one tensor of a model onto the device, kept as `wanted` says: straight from the file's blocks where they are of
 * that format, else by rounding float32 values. On devices that store no weights the values stay float32.
 * @throws ModelError TW_MODELS_WEIGHTS_NOT_FINITE
 */
export async function readTensor(
  source: ModelTensors,
  spec: ParameterSpec,
  wanted: Storage,
  options: { numerics?: Numerics; signal?: AbortSignal },
): Promise<tf.Tensor> {
  const { name, shape } = spec;
  const { dtype } = source.entries.get(name)!;
  const found = STORED_AS[dtype];
  const storage = storageFor(spec, found, wanted);
  const numerics = numericsFor(storage, options.numerics);
  if (storage !== 'float32' && storage === found && storesWeights()) {
    const blocks = await source.read(name, options);
    const bad = firstNotFinite(dtype, blocks);
    if (bad >= 0) throw notFinite(name, 'an infinity or NaN', bad);
    return storeBlocks(blocks, shape as [number, number], storage, { numerics });
  }
  const values = await source.readFloat32(name, options);
  checkFinite(name, values);
  return tf.tidy(() => stored(tf.tensor(values, shape), storage, numerics));
}

/** A tensor of float32 values as a model keeps it. */
export function storeTensor(
  tensor: tf.Tensor,
  spec: ParameterSpec,
  { storage: wanted = 'float32', numerics }: ModelOptions,
): tf.Tensor {
  const storage = storageFor(spec, undefined, wanted);
  return stored(tensor, storage, numericsFor(storage, numerics));
}

/** Matrices as products read them, whatever their storage; vectors as they are. */
const stored = (tensor: tf.Tensor, storage: StorageType, numerics: Numerics): tf.Tensor =>
  tensor.rank === 2 ? storeAs(tensor as tf.Tensor2D, storage, { numerics }) : tensor;

/** A matrix that these numerics cannot read stays exact; `expectSomeIn` sees to it that some can. */
const numericsFor = (storage: StorageType, wanted: Numerics = 'exact'): Numerics =>
  fitsNumerics(wanted, storage) ? wanted : 'exact';

/** One NaN in the weights makes every output NaN, and sampling from that looks like text. */
function checkFinite(name: string, values: Float32Array): void {
  let difference = 0;
  for (let i = 0; i < values.length; i++) difference += values[i]! - values[i]!; // 0 for finite values, NaN for others
  if (difference === 0) return;
  const index = values.findIndex((value) => !Number.isFinite(value));
  throw notFinite(name, `${values[index]}`, index);
}

function notFinite(name: string, what: string, index: number): ModelError {
  return new ModelError(
    'TW_MODELS_WEIGHTS_NOT_FINITE',
    `'${name}' holds ${what} at element ${index}; weights must be finite. The training that wrote them diverged, or the file is damaged: take an earlier checkpoint.`,
  );
}

/** @throws ModelError TW_MODELS_BAD_NUMERICS when the active device computes in float32 only */
export function checkDeviceNumerics(numerics: Numerics): void {
  if (numerics !== 'exact' && !storesWeights())
    throw new ModelError(
      'TW_MODELS_BAD_NUMERICS',
      `numerics '${numerics}' is a mode of the native device; '${tf.getBackend()}' computes in float32. Use exact numerics there.`,
    );
}

/** @throws ModelError TW_MODELS_BAD_NUMERICS when no weight came to be computed so */
export function expectSomeIn(numerics: Numerics, weights: Iterable<tf.Tensor>): void {
  if (numerics === 'exact') return;
  for (const weight of weights) if (numericsOf(weight) === numerics) return;
  throw new ModelError(
    'TW_MODELS_BAD_NUMERICS',
    `no matrix is kept in a format that numerics '${numerics}' reads. Set storage to one of ${readBy[numerics]}.`,
  );
}
