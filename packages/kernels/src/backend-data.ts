// What a tensor of the native device is to tfjs: this object is its dataId, so that no map stands between an op and its
// device address. One block may serve several tensors (reshapes, clones, saved activations): `references` counts them.
import type { Address } from './allocator.ts';
import type { PackedWeights } from './kernels/packed-weights.ts';
import type { StoredForm } from './kernels/stored-data.ts';

export class DeviceData {
  /** 0 once freed. */
  address: Address;
  readonly bytes: number;
  readonly dtype: string;
  references = 1;
  /** Counts writes in place, so that packed copies know when they are stale. */
  version = 0;
  /** Packed copies that were made from this weight (and maybe its neighbours); freed with it. */
  packs: PackedWeights[] | undefined;
  /** A weight in fewer bits: the block holds its panels, and nothing else may read it as floats. */
  stored: StoredForm | undefined;
  /** String tensors stay on the host. */
  strings: Uint8Array[] | undefined;

  constructor(address: Address, bytes: number, dtype: string) {
    this.address = address;
    this.bytes = bytes;
    this.dtype = dtype;
  }
}

/** ElementType of native/kernels/kernels.h. */
export const FLOAT32 = 0;
export const INT32 = 1;
export const BOOL = 2;

/** The native element type of a tfjs dtype; undefined for string and complex64. */
export function elementTypeOf(dtype: string): number | undefined {
  if (dtype === 'float32') return FLOAT32;
  if (dtype === 'int32') return INT32;
  return dtype === 'bool' ? BOOL : undefined;
}

export function bytesOf(dtype: string, size: number): number {
  return dtype === 'bool' ? size : size * 4;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}
