// Rows by index: embedding look-up and row gathering are one kernel, and so are their gradients. Indices out of range are
// held inside the table (the kernel never reads elsewhere).
import type { tf } from '@thinkwright/tensors';
import type { NativeBackend } from '../backend.ts';
import { at, gradientOutput, type KernelTable } from './native-kernel.ts';

function gather(backend: NativeBackend, source: tf.TensorInfo, indices: tf.TensorInfo): tf.TensorInfo {
  const [sourceRows, c] = source.shape as [number, number];
  const count = indices.shape[0]!;
  const out = backend.output([count, c]);
  const { launch } = backend.runtime.stream;
  const { stored, address } = backend.data(source);
  if (stored) launch.storedRows(address, at(backend, indices), out.dataId.address, stored.type, sourceRows, c, count);
  else launch.gatherRows(at(backend, source), at(backend, indices), out.dataId.address, count, c, sourceRows);
  return out;
}

function scatter(
  backend: NativeBackend,
  values: tf.TensorInfo,
  indices: tf.TensorInfo,
  outRows: number,
  sum?: tf.TensorInfo,
): tf.TensorInfo {
  const [count, c] = values.shape as [number, number];
  const out = gradientOutput(backend, sum, [outRows, c]);
  const { launch } = backend.runtime.stream;
  launch.scatterAddRows(at(backend, values), at(backend, indices), at(backend, out), count, c, outRows, sum ? 1 : 0);
  return out;
}

export const rowKernels: KernelTable = {
  TwEmbedding: (backend, inputs) => gather(backend, inputs.table!, inputs.ids!),
  TwEmbeddingGrad: (backend, inputs, attributes) =>
    scatter(backend, inputs.dy!, inputs.ids!, attributes.rows, inputs.sum),
  TwGatherRows: (backend, inputs) => gather(backend, inputs.x!, inputs.rows!),
  TwGatherRowsGrad: (backend, inputs, attributes) => scatter(backend, inputs.dy!, inputs.rows!, attributes.rowCount),
};
