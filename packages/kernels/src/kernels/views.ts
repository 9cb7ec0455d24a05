// Ops that only look at a block another way, and ops that fill one: no arithmetic.
import { tf } from '@thinkwright/tensors';
import type { NativeBackend } from '../backend.ts';
import { BOOL, elementTypeOf, FLOAT32, sizeOf } from '../backend-data.ts';
import { at, type KernelTable } from './native-kernel.ts';

const floatBits = new Float32Array(1);
const intBits = new Int32Array(floatBits.buffer);

function bitsOf(value: number, type: number): number {
  if (type !== FLOAT32) return type === BOOL ? Number(value !== 0) : value | 0;
  floatBits[0] = value;
  return intBits[0]!;
}

/** A new tensor with one value everywhere. */
export function filled(
  backend: NativeBackend,
  shape: number[],
  dtype: tf.DataType,
  value: number,
): tf.TensorInfo | undefined {
  const type = elementTypeOf(dtype);
  if (type === undefined) return undefined;
  const out = backend.output(shape, dtype);
  backend.runtime.stream.launch.fill(type, out.dataId.address, sizeOf(shape), bitsOf(value, type));
  return out;
}

export const viewKernels: KernelTable = {
  /** A clone of a variable is a copy: variables are updated in place, and a clone is a snapshot. */
  Identity(backend, { x }) {
    if (!(x instanceof tf.Variable) || x.dtype === 'string') return backend.view(x!, x!.shape);
    const { address, bytes, stored } = backend.data(x);
    if (stored !== undefined && stored.storage !== 'float32') return backend.view(x, x.shape); // frozen
    const copy = backend.allocateBytes(bytes, x.dtype);
    copy.stored = stored;
    backend.runtime.stream.launch.copyBytes(address, copy.address, bytes);
    return { dataId: copy, shape: x.shape, dtype: x.dtype };
  },

  /** Contents undefined. */
  TwEmpty: (backend, _inputs, { shape, dtype }) => backend.output(shape, dtype),

  Reshape: (backend, { x }, { shape }) => backend.view(x!, inferredShape(sizeOf(x!.shape), shape)),

  ExpandDims(backend, { input }, { dim }) {
    const shape = [...input!.shape];
    shape.splice(dim < 0 ? shape.length + dim + 1 : dim, 0, 1);
    return backend.view(input!, shape);
  },

  Cast(backend, { x }, { dtype }) {
    if (dtype === x!.dtype) return backend.view(x!, x!.shape);
    const from = elementTypeOf(x!.dtype);
    const to = elementTypeOf(dtype);
    if (from === undefined || to === undefined) return undefined;
    const out = backend.output(x!.shape, dtype);
    backend.runtime.stream.launch.cast(from, to, at(backend, x!), out.dataId.address, sizeOf(x!.shape));
    return out;
  },

  Fill(backend, _inputs, { shape, value, dtype }) {
    if (typeof value !== 'number') return undefined;
    return filled(backend, shape, dtype ?? 'float32', value);
  },

  ZerosLike: (backend, { x }) => filled(backend, x!.shape, x!.dtype, 0),

  OnesLike: (backend, { x }) => filled(backend, x!.shape, x!.dtype, 1),

  OneHot(backend, { indices }, { dtype, depth, onValue, offValue }) {
    const type = elementTypeOf(dtype);
    if (type === undefined || indices!.dtype !== 'int32') return undefined;
    const out = backend.output([...indices!.shape, depth], dtype);
    const { launch } = backend.runtime.stream;
    launch.oneHot(type, at(backend, indices!), out.dataId.address, sizeOf(indices!.shape), depth, onValue, offValue);
    return out;
  },
};

function inferredShape(size: number, shape: readonly number[]): number[] {
  const unknown = shape.indexOf(-1);
  if (unknown < 0) return [...shape];
  const known = shape.reduce((product, length, axis) => (axis === unknown ? product : product * length), 1);
  return shape.map((length, axis) => (axis === unknown ? size / known : length));
}
