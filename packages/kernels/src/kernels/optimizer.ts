// Optimizer kernels, one launch over all tensors each: AdamW in place on the variables' own blocks, and the norm of all gradients.
// What differs from tensor to tensor stands in a table in device memory, a row each.
import type { tf } from '@thinkwright/tensors';
import type { NativeBackend } from '../backend.ts';
import { sizeOf } from '../backend-data.ts';
import { at, atOrNull, type KernelTable } from './native-kernel.ts';

const UPDATE_WORDS = 9;
const NORM_WORDS = 2;

/** A row's integers first, then its floats. */
interface TableRow {
  integers: number[];
  floats?: number[];
}

/** Runs `launchWith` on a table that lives as long as its launch. */
function withTable(
  backend: NativeBackend,
  words: number,
  rows: readonly TableRow[],
  launchWith: (table: number) => void,
): void {
  const table = new Int32Array(words * rows.length);
  const bits = new Float32Array(table.buffer);
  for (const [index, { integers, floats = [] }] of rows.entries()) {
    table.set(integers, index * words);
    bits.set(floats, index * words + integers.length);
  }
  const { allocator, stream } = backend.runtime;
  const address = allocator.allocate(table.byteLength);
  stream.write(address, table);
  launchWith(address);
  allocator.release(address, table.byteLength);
}

const total = (tensors: readonly tf.TensorInfo[]) => tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

export const optimizerKernels: KernelTable = {
  TwAdamW(backend, inputs, { beta1, beta2, epsilon, updates }) {
    const values = updates.map((_: unknown, index: number) => inputs[`value${index}`]!) as tf.TensorInfo[];
    const rows = values.map((value, index) => {
      const { keep, stepSize, correction } = updates[index];
      const names = ['value', 'gradient', 'average', 'squareAverage'];
      const addresses = names.map((name) => at(backend, inputs[`${name}${index}`]!));
      const panelDepth = backend.data(value).stored?.k ?? 0; // 0: the value is in rows
      return { integers: [...addresses, sizeOf(value.shape), panelDepth], floats: [keep, stepSize, correction] };
    });
    const scale = atOrNull(backend, inputs.gradientScale);
    const { launch } = backend.runtime.stream;
    withTable(backend, UPDATE_WORDS, rows, (table) =>
      launch.adamW(table, rows.length, total(values), 1 - beta1, beta2, 1 - beta2, epsilon, scale),
    );
    for (const value of values) backend.data(value).version++;
    return [];
  },

  TwGlobalNorm(backend, inputs, { count }) {
    const tensors = Array.from({ length: count }, (_, index) => inputs[`gradient${index}`]!);
    const rows = tensors.map((tensor) => ({ integers: [at(backend, tensor), sizeOf(tensor.shape)] }));
    const norm = backend.output([]);
    const { launch } = backend.runtime.stream;
    withTable(backend, NORM_WORDS, rows, (table) =>
      launch.globalNorm(table, rows.length, total(tensors), norm.dataId.address),
    );
    return norm;
  },
};
