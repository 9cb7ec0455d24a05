// Element-wise tfjs ops with broadcasting, and matMul: each is one launch.
import type { tf } from '@thinkwright/tensors';
import type { NativeBackend } from '../backend.ts';
import { BOOL, elementTypeOf, FLOAT32, INT32, sizeOf } from '../backend-data.ts';
import { type Attributes, at, type Inputs, type KernelTable, type NativeKernel } from './native-kernel.ts';

// BinaryOp of native/kernels/kernels.h, by tfjs kernel name.
const ARITHMETIC = [
  'Add',
  'Sub',
  'Multiply',
  'RealDiv',
  'Maximum',
  'Minimum',
  'Pow',
  'SquaredDifference',
  'FloorDiv',
  'Mod',
];
const COMPARISONS = ['Greater', 'GreaterEqual', 'Less', 'LessEqual', 'Equal', 'NotEqual'];
const LOGICAL = ['LogicalAnd', 'LogicalOr'];
/** tfjs computes these on int32 through float64 or with rules of its own; its floorDiv of floats is an int32. */
const FLOAT_ONLY = new Set(['RealDiv', 'Pow', 'Mod']);
const INTEGER_ONLY = new Set(['FloorDiv']);

// UnaryOp of native/kernels/kernels.h.
const ANY_NUMBER = ['Neg', 'Abs', 'Sign', 'Square', 'Relu', 'Step', 'Floor', 'Ceil', 'Round', 'ClipByValue'];
const FLOATS = [
  'Exp',
  'Log',
  'Log1p',
  'Expm1',
  'Sqrt',
  'Rsqrt',
  'Reciprocal',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Erf',
  'Sin',
  'Cos',
];
const TO_BOOL = ['IsNan', 'IsFinite', 'LogicalNot'];
const INTEGER_SAFE = new Set(['Neg', 'Abs', 'Square', 'Relu']);

const MAX_RANK = 4;

/** Shape and element strides of a broadcast, padded to four axes; undefined beyond that. */
function broadcast(a: readonly number[], b: readonly number[]) {
  const rank = Math.max(a.length, b.length);
  if (rank > MAX_RANK) return undefined;
  const shape: number[] = [];
  const dims = [1, 1, 1, 1];
  const aStrides = [0, 0, 0, 0];
  const bStrides = [0, 0, 0, 0];
  let aStride = 1;
  let bStride = 1;
  for (let axis = 1; axis <= rank; axis++) {
    const aLength = a[a.length - axis] ?? 1;
    const bLength = b[b.length - axis] ?? 1;
    const length = aLength === 1 ? bLength : aLength;
    shape.unshift(length);
    dims[MAX_RANK - axis] = length;
    if (aLength > 1) aStrides[MAX_RANK - axis] = aStride;
    if (bLength > 1) bStrides[MAX_RANK - axis] = bStride;
    aStride *= aLength;
    bStride *= bLength;
  }
  return { shape, dims, aStrides, bStrides };
}

function binary(op: number, inputTypes: readonly number[], toBool: boolean): NativeKernel {
  return (backend, { a, b }) => {
    const type = elementTypeOf(a!.dtype);
    if (a!.dtype !== b!.dtype || type === undefined || !inputTypes.includes(type)) return undefined;
    const plan = broadcast(a!.shape, b!.shape);
    if (plan === undefined) return undefined;
    const out = backend.output(plan.shape, toBool ? 'bool' : a!.dtype);
    const [d0, d1, d2, d3] = plan.dims as [number, number, number, number];
    const [a0, a1, a2, a3] = plan.aStrides as [number, number, number, number];
    const [b0, b1, b2, b3] = plan.bStrides as [number, number, number, number];
    const { launch } = backend.runtime.stream;
    const address = out.dataId.address;
    launch.binary(op, type, at(backend, a!), at(backend, b!), address, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3);
    return out;
  };
}

function unary(op: number, inputTypes: readonly number[], toBool = false): NativeKernel {
  return (backend, { x }, attributes) => {
    const type = elementTypeOf(x!.dtype);
    if (type === undefined || !inputTypes.includes(type)) return undefined;
    const low = attributes.clipValueMin ?? attributes.alpha ?? 0;
    const high = attributes.clipValueMax ?? 0;
    const out = backend.output(x!.shape, toBool ? 'bool' : x!.dtype);
    backend.runtime.stream.launch.unary(op, type, at(backend, x!), out.dataId.address, sizeOf(x!.shape), low, high);
    return out;
  };
}

function select(backend: NativeBackend, { condition, t, e }: Inputs): tf.TensorInfo | undefined {
  const type = elementTypeOf(t!.dtype);
  if (type === undefined || t!.dtype !== e!.dtype || condition!.dtype !== 'bool') return undefined;
  const count = sizeOf(t!.shape);
  const conditions = sizeOf(condition!.shape);
  const out = backend.output(t!.shape, t!.dtype);
  const inner = conditions === 0 ? 1 : count / conditions;
  const { launch } = backend.runtime.stream;
  launch.select(type, at(backend, condition!), at(backend, t!), at(backend, e!), out.dataId.address, count, inner);
  return out;
}

function matMul(
  backend: NativeBackend,
  { a, b }: Inputs,
  { transposeA, transposeB }: Attributes,
): tf.TensorInfo | undefined {
  if (a!.dtype !== 'float32' || b!.dtype !== 'float32') return undefined;
  const aBatch = sizeOf(a!.shape.slice(0, -2));
  const bBatch = sizeOf(b!.shape.slice(0, -2));
  if (aBatch !== bBatch && aBatch !== 1 && bBatch !== 1) return undefined;
  const [aRows, aColumns] = a!.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b!.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const n = transposeB ? bRows : bColumns;
  const batchShape = (aBatch >= bBatch ? a! : b!).shape.slice(0, -2);
  const out = backend.output([...batchShape, m, n]);
  backend.runtime.stream.launch.matMul(
    Math.max(aBatch, bBatch),
    m,
    n,
    k,
    at(backend, a!),
    aBatch === 1 ? 0 : m * k,
    transposeA ? 1 : aColumns,
    transposeA ? aColumns : 1,
    at(backend, b!),
    bBatch === 1 ? 0 : k * n,
    transposeB ? 1 : bColumns,
    transposeB ? bColumns : 1,
    out.dataId.address,
  );
  return out;
}

function addN(backend: NativeBackend, inputs: Inputs): tf.TensorInfo | undefined {
  const [first, ...rest] = Object.values(inputs);
  if (first!.dtype === 'bool') return undefined;
  let sum = backend.view(first!, first!.shape);
  for (const part of rest) {
    const next = elementwiseKernels.Add!(backend, { a: sum, b: part }, {}) as tf.TensorInfo | undefined;
    backend.disposeData(sum.dataId);
    if (next === undefined) return undefined;
    sum = next;
  }
  return sum;
}

/** sum += part, in place. */
function addInto(backend: NativeBackend, { sum, part }: Inputs): [] {
  const count = sizeOf(sum!.shape);
  const address = at(backend, sum!);
  const { launch } = backend.runtime.stream;
  launch.binary(
    ARITHMETIC.indexOf('Add'),
    FLOAT32,
    address,
    at(backend, part!),
    address,
    1,
    1,
    1,
    count,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    1,
  );
  return [];
}

export const elementwiseKernels: KernelTable = {
  Select: select,
  BatchMatMul: matMul,
  AddN: addN,
  TwAddInto: addInto,
};
const NUMBERS = [FLOAT32, INT32];
for (const [op, name] of ARITHMETIC.entries()) {
  const types = FLOAT_ONLY.has(name) ? [FLOAT32] : INTEGER_ONLY.has(name) ? [INT32] : NUMBERS;
  elementwiseKernels[name] = binary(op, types, false);
}
for (const [index, name] of COMPARISONS.entries()) {
  elementwiseKernels[name] = binary(ARITHMETIC.length + index, [FLOAT32, INT32, BOOL], true);
}
for (const [index, name] of LOGICAL.entries()) {
  elementwiseKernels[name] = binary(ARITHMETIC.length + COMPARISONS.length + index, [BOOL], true);
}
for (const [op, name] of ANY_NUMBER.entries()) {
  elementwiseKernels[name] = unary(op, INTEGER_SAFE.has(name) ? NUMBERS : [FLOAT32]);
}
for (const [index, name] of FLOATS.entries()) elementwiseKernels[name] = unary(ANY_NUMBER.length + index, [FLOAT32]);
for (const [index, name] of TO_BOOL.entries()) {
  const op = ANY_NUMBER.length + FLOATS.length + index;
  elementwiseKernels[name] = unary(op, name === 'LogicalNot' ? [BOOL] : [FLOAT32], true);
}
