// How a kernel of this folder is written: a function of inputs, attributes and the backend that launches and returns its
// outputs, or undefined when the native set does not cover this case (rank, dtype): then tfjs-cpu computes it.
import type { tf } from '@thinkwright/tensors';
import type { NativeBackend } from '../backend.ts';

export type Inputs = Record<string, tf.TensorInfo>;

/** Attributes as the op gave them; their types are the op's business. */
// biome-ignore lint/suspicious/noExplicitAny: tfjs passes attributes untyped
export type Attributes = Record<string, any>;

export type KernelOutput = tf.TensorInfo | tf.TensorInfo[];

export type NativeKernel = (backend: NativeBackend, inputs: Inputs, attributes: Attributes) => KernelOutput | undefined;

export type KernelTable = Record<string, NativeKernel>;

/** Device address of an input. */
export function at(backend: NativeBackend, tensor: tf.TensorInfo): number {
  return backend.data(tensor).address;
}

/** Where a gradient goes: into the sum so far, to which the kernel adds, or a new tensor. */
export function gradientOutput(backend: NativeBackend, sum: tf.TensorInfo | undefined, shape: number[]): tf.TensorInfo {
  return sum === undefined ? backend.output(shape) : backend.view(sum, shape);
}

/** Device address of an input that may be left out: 0 is "no tensor". */
export function atOrNull(backend: NativeBackend, tensor: tf.TensorInfo | undefined): number {
  return tensor === undefined ? 0 : backend.data(tensor).address;
}
