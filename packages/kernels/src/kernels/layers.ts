// The fused layers between the matrix products: RMSNorm, rotary embedding (with or without norms of the heads), SwiGLU, GeGLU, dropout.
import type { tf } from '@thinkwright/tensors';
import type { NativeBackend } from '../backend.ts';
import { at, atOrNull, gradientOutput, type Inputs, type KernelTable } from './native-kernel.ts';

const DROPOUT_STREAM = 2; // STREAMS.dropout of @thinkwright/tensors

export const layerKernels: KernelTable = {
  TwRmsNorm(backend, { x, weight }, { epsilon }) {
    const [rows, c] = x!.shape as [number, number];
    const out = backend.output([rows, c]);
    const inverse = backend.output([rows]);
    const { launch } = backend.runtime.stream;
    launch.rmsNorm(at(backend, x!), at(backend, weight!), out.dataId.address, inverse.dataId.address, rows, c, epsilon);
    return [out, inverse];
  },

  TwRmsNormGrad(backend, { dy, x, weight, inverse, sum }) {
    const [rows, c] = x!.shape as [number, number];
    const dx = backend.output([rows, c]);
    const dWeight = gradientOutput(backend, sum, [c]);
    const { launch } = backend.runtime.stream;
    launch.rmsNormGrad(
      at(backend, x!),
      at(backend, weight!),
      at(backend, inverse!),
      at(backend, dy!),
      dx.dataId.address,
      at(backend, dWeight),
      rows,
      c,
      sum ? 1 : 0,
    );
    return [dx, dWeight];
  },

  TwRope(backend, { x, table, positions, queryNorm, keyNorm }, attributes) {
    const { headDimension, headCount, queryHeadCount = 0, epsilon = 0, inverse = false } = attributes;
    const [rows, width] = x!.shape as [number, number];
    const out = backend.output([rows, width]);
    backend.runtime.stream.launch.rope(
      at(backend, x!),
      at(backend, table!),
      at(backend, positions!),
      atOrNull(backend, queryNorm),
      atOrNull(backend, keyNorm),
      out.dataId.address,
      rows,
      width,
      headDimension,
      headCount,
      queryHeadCount,
      epsilon,
      inverse ? 1 : 0,
      table!.shape[0]!,
    );
    return out;
  },

  TwRopeNormGrad(backend, { dy, x, table, positions, queryNorm, keyNorm }, attributes) {
    const { headDimension, headCount, queryHeadCount, epsilon } = attributes;
    const [rows, width] = x!.shape as [number, number];
    const dx = backend.output([rows, width]);
    const dQueryNorm = backend.output([headDimension]);
    const dKeyNorm = backend.output([headDimension]);
    backend.runtime.stream.launch.ropeNormGrad(
      at(backend, x!),
      at(backend, table!),
      at(backend, positions!),
      at(backend, queryNorm!),
      at(backend, keyNorm!),
      at(backend, dy!),
      dx.dataId.address,
      dQueryNorm.dataId.address,
      dKeyNorm.dataId.address,
      rows,
      width,
      headDimension,
      headCount,
      queryHeadCount,
      epsilon,
      table!.shape[0]!,
    );
    return [dx, dQueryNorm, dKeyNorm];
  },

  TwSwiglu(backend, inputs) {
    return gatedUnit(backend, inputs, 'swiglu');
  },

  TwSwigluGrad(backend, inputs) {
    return gatedUnitGradient(backend, inputs, 'swigluGrad');
  },

  TwGeglu(backend, inputs) {
    return gatedUnit(backend, inputs, 'geglu');
  },

  TwGegluGrad(backend, inputs) {
    return gatedUnitGradient(backend, inputs, 'gegluGrad');
  },

  TwDropout(backend, { x }, { rate, seed, stream }) {
    const out = backend.output(x!.shape);
    const count = out.dataId.bytes / 4;
    const { launch } = backend.runtime.stream;
    launch.dropout(at(backend, x!), out.dataId.address, count, seed, DROPOUT_STREAM, stream, 0, 0, rate);
    return out;
  },
};

function gatedUnit(backend: NativeBackend, { x }: Inputs, kernel: 'swiglu' | 'geglu'): tf.TensorInfo {
  const [rows, columns] = x!.shape as [number, number];
  const out = backend.output([rows, columns / 2]);
  backend.runtime.stream.launch[kernel](at(backend, x!), out.dataId.address, rows, columns / 2);
  return out;
}

function gatedUnitGradient(
  backend: NativeBackend,
  { dy, x }: Inputs,
  kernel: 'swigluGrad' | 'gegluGrad',
): tf.TensorInfo {
  const [rows, columns] = x!.shape as [number, number];
  const dx = backend.output([rows, columns]);
  backend.runtime.stream.launch[kernel](at(backend, x!), at(backend, dy!), dx.dataId.address, rows, columns / 2);
  return dx;
}
