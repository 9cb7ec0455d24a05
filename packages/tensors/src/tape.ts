// How a fused op meets the tfjs tape: one tape node for a group of kernels, with a hand-written gradient.
// tf.customGrad would do, but it computes the gradient of every input; thunks are only called for inputs that lead to a
// trained parameter, so a frozen weight costs no dW. `runKernelFunc` is the method behind customGrad.
import { tf } from './tfjs.ts';

/** Gradients by input name; a thunk runs only if its input needs a gradient. */
export type GradientThunks = Record<string, () => tf.Tensor>;

interface FusedOp<Output extends tf.Tensor | tf.Tensor[]> {
  inputs: Record<string, tf.Tensor>;
  /** Runs with the tape off. `save` keeps tensors for the backward pass; they are freed with the step. */
  forward(save: (tensors: tf.Tensor[]) => void): Output;
  backward(dy: Output, saved: tf.Tensor[]): GradientThunks;
}

interface TapeEngine {
  runKernelFunc<Output>(operation: {
    inputs: Record<string, tf.Tensor>;
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => Output;
    backwardsFunc: (dy: Output, saved: tf.Tensor[]) => GradientThunks;
  }): Output;
}

let ownOps = 0;

/** Is the node that goes on the tape now an op of `record`? Those save what their gradients read. */
export const isOwnOp = () => ownOps > 0;

let gradientsWanted: ReadonlySet<string> | undefined;

/**
 * Runs `op` and records it as one tape node. What `save` is given comes back in `backward` in the same order. Variables are
 * held as they are: they outlive the step, and a device may have to copy what is cloned from one.
 */
export function record<Output extends tf.Tensor | tf.Tensor[]>(op: FusedOp<Output>): Output {
  let held: (tf.Variable | undefined)[] = [];
  ownOps++;
  try {
    return (tf.engine() as unknown as TapeEngine).runKernelFunc<Output>({
      inputs: op.inputs,
      forwardFunc: (_backend, save) =>
        op.forward((tensors) => {
          held = tensors.map((tensor) => (tensor instanceof tf.Variable ? tensor : undefined));
          save(tensors.filter((_, index) => held[index] === undefined));
        }),
      backwardsFunc(dy, saved) {
        let next = 0;
        return op.backward(
          dy,
          held.map((variable) => variable ?? saved[next++]!),
        );
      },
    });
  } finally {
    ownOps--;
  }
}

/** Runs `compute` with the tape off: its result is a constant for every gradient. */
export function withoutGradient<Output extends tf.Tensor | tf.Tensor[]>(compute: () => Output): Output {
  return record<Output>({ inputs: {}, forward: compute, backward: () => ({}) });
}

/** Inside a `backward`: is the gradient of this input wanted? Always true under plain tf.grad. */
export function isGradientWanted(inputName: string): boolean {
  return gradientsWanted === undefined || gradientsWanted.has(inputName);
}

/** Runs one node's gradient function while `isGradientWanted` answers from `inputNames`. */
export function wantingGradients<T>(inputNames: ReadonlySet<string>, run: () => T): T {
  const outer = gradientsWanted;
  gradientsWanted = inputNames;
  try {
    return run();
  } finally {
    gradientsWanted = outer;
  }
}

/** Does the active backend implement this kernel? */
export function hasKernel(kernelName: string): boolean {
  return tf.getKernel(kernelName, tf.getBackend()) != null;
}

/** Runs a registered kernel. Inside `record` the tape is off. */
export function runKernel<Output extends tf.Tensor | tf.Tensor[]>(
  kernelName: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, unknown> = {},
): Output {
  return tf.engine().runKernel(kernelName, inputs, attributes as unknown as tf.NamedAttrMap) as Output;
}
