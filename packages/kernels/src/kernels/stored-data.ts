// Weights kept as products read them, in float32 or fewer bits: the device data of such a tensor holds panels of
// native/gemm/stored-formats.h instead of rows of floats, once for both directions of a product. To tfjs it is a float32 tensor; what does not read panels itself gets an
// expanded copy for the length of its call.
import type { Numerics, StorageType, tf } from '@thinkwright/tensors';
import type { Address } from '../allocator.ts';
import type { NativeBackend } from '../backend.ts';
import type { DeviceData } from '../backend-data.ts';
import { KernelError } from '../errors.ts';
import type { Inputs } from './native-kernel.ts';

/** As storedLayout() of native/gemm/stored-formats.h: `depth` numbers take `raw` bytes in a file; 16 columns `panel` here. */
const FORMATS: Record<StorageType, { type: number; depth: number; raw: number; panel: number }> = {
  float32: { type: 0, depth: 1, raw: 4, panel: 64 },
  bfloat16: { type: 1, depth: 1, raw: 2, panel: 32 },
  float16: { type: 2, depth: 1, raw: 2, panel: 32 },
  q8_0: { type: 3, depth: 32, raw: 34, panel: 544 },
  q4_0: { type: 4, depth: 32, raw: 18, panel: 288 },
  q4_1: { type: 5, depth: 32, raw: 20, panel: 320 },
  q4_k: { type: 6, depth: 256, raw: 144, panel: 2368 },
  q5_k: { type: 7, depth: 256, raw: 176, panel: 2880 },
  q6_k: { type: 8, depth: 256, raw: 210, panel: 3360 },
};

/** As native/gemm/stored-formats.h: what a type is raised by for its products to be computed so. */
const PRODUCT_TYPES: Record<Numerics, number> = { exact: 0, int8: 16, bf16: 32 };

/** How a weight [n, k] is kept. */
export interface StoredForm {
  storage: StorageType;
  numerics: Numerics;
  type: number;
  /** The type that products are launched with. */
  productType: number;
  n: number;
  k: number;
}

/** Bytes of a weight [n, k] as blocks of a file. */
export function rawBytes(storage: StorageType, n: number, k: number): number {
  const { depth, raw } = FORMATS[storage];
  return n * (k / depth) * raw;
}

/** A weight [n, k] whose panels are packed from `raw`, blocks in the order of a file. */
export function packStored(
  backend: NativeBackend,
  raw: number,
  storage: StorageType,
  numerics: Numerics,
  n: number,
  k: number,
): tf.TensorInfo {
  const data = newStored(backend, storage, numerics, n, k);
  backend.runtime.stream.launch.storedPack(raw, data.address, FORMATS[storage].type, n, k);
  return { dataId: data, shape: [n, k], dtype: 'float32' };
}

function newStored(backend: NativeBackend, storage: StorageType, numerics: Numerics, n: number, k: number): DeviceData {
  const { type, depth, panel } = FORMATS[storage];
  // bfloat16 lies in pairs of depths
  const depths = storage === 'bfloat16' ? Math.ceil(k / 2) * 2 : k;
  const data = backend.allocateBytes(Math.ceil(n / 16) * (depths / depth) * panel, 'float32');
  data.stored = { storage, numerics, type, productType: type + PRODUCT_TYPES[numerics], n, k };
  return data;
}

/** New values for a weight kept as float32 panels, from rows [n, k]. */
export function packRows(backend: NativeBackend, { address, stored }: DeviceData, rows: Address): void {
  const { n, k } = stored!;
  backend.runtime.stream.launch.packForward(rows, n, k, 0, n, address);
}

/** float32 values [n, k] rounded to `storage`; as float32 itself they are only put in the order that products read. */
export function quantise(
  backend: NativeBackend,
  x: tf.TensorInfo,
  storage: StorageType,
  numerics: Numerics,
): tf.TensorInfo {
  const [n, k] = x.shape as [number, number];
  const { allocator, stream } = backend.runtime;
  if (storage === 'float32') {
    const data = newStored(backend, storage, numerics, n, k);
    packRows(backend, data, backend.data(x).address);
    return { dataId: data, shape: [n, k], dtype: 'float32' };
  }
  const bytes = rawBytes(storage, n, k);
  const raw = allocator.allocate(bytes);
  try {
    stream.launch.storedQuantise(backend.data(x).address, raw, FORMATS[storage].type, n * k);
    return packStored(backend, raw, storage, numerics, n, k);
  } finally {
    allocator.release(raw, bytes);
  }
}

/** A float32 copy of a stored weight; the caller disposes it. */
export function expandStored(backend: NativeBackend, data: DeviceData): DeviceData {
  const { type, n, k } = data.stored!;
  const copy = backend.allocate(n * k, 'float32');
  backend.runtime.stream.launch.storedExpand(data.address, copy.address, type, n, k);
  return copy;
}

/** Products in other than exact numerics have no gradient. */
export function refuseGradient(backend: NativeBackend, weights: readonly tf.TensorInfo[]): void {
  for (const weight of weights) {
    const { stored } = backend.data(weight);
    if (stored === undefined || stored.numerics === 'exact') continue;
    throw new KernelError(
      'TW_KERNELS_BAD_OPTION',
      `a product with a weight of ${stored.storage} in ${stored.numerics} numerics has no gradient: it is for inference only. ` +
        'Load the weights with exact numerics to train',
    );
  }
}

/** Kernels that read stored weights as they are, and which of their inputs those may be. */
const READS_STORED: Record<string, RegExp> = {
  Identity: /./,
  TwLinear: /^weight/,
  TwGatedLinear: /^weight/,
  TwLinearGradInput: /^weight/,
  TwEmbedding: /^table$/,
  TwTokenLogProbs: /^weight$/,
  TwTokenLogProbsGrad: /^weight$/,
  TwTopTokenLogProbs: /^weight$/,
  TwHeadDivergence: /^(weight|teacherWeight)$/,
  TwHeadDivergenceGrad: /^(weight|teacherWeight)$/,
};

/** Runs `run` with inputs it can read: stored weights are expanded for a kernel that does not know them. */
export function withReadableInputs<T>(
  backend: NativeBackend,
  kernelName: string,
  inputs: Inputs,
  run: (inputs: Inputs) => T,
): T {
  let copies: [string, tf.TensorInfo][] | undefined;
  for (const name in inputs) {
    const stored = (inputs[name]?.dataId as DeviceData | undefined)?.stored;
    if (stored === undefined || READS_STORED[kernelName]?.test(name)) continue;
    if (kernelName === 'TwAdamW' && stored.storage === 'float32') continue;
    if (kernelName === 'TwAdamW')
      throw new KernelError(
        'TW_KERNELS_BAD_OPTION',
        `a weight stored as ${stored.storage} cannot be updated: it is frozen. Train an adapter, or keep it in float32`,
      );
    copies ??= [];
    const { dataId, shape, dtype } = inputs[name]!;
    copies.push([name, { dataId: expandStored(backend, dataId as DeviceData), shape, dtype }]);
  }
  if (copies === undefined) return run(inputs);
  const readable = Array.isArray(inputs) ? ([...inputs] as unknown as Inputs) : { ...inputs };
  for (const [name, copy] of copies) readable[name] = copy;
  try {
    return run(readable);
  } finally {
    for (const [, { dataId }] of copies) backend.disposeData(dataId);
  }
}
