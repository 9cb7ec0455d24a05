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
  /** What was saved, in the same order. What is recomputed instead of kept is computed when its element is first read. */
  backward(dy: Output, saved: readonly tf.Tensor[]): GradientThunks;
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

interface Recipe {
  inputs: tf.Tensor[];
  compute(inputs: tf.Tensor[]): tf.Tensor;
}

const recipes = new WeakMap<tf.Tensor, Recipe>();

/**
 * Marks a tensor as cheaper to compute again than to keep: an op that saves it saves `inputs` instead and runs `compute` in its
 * backward pass. `compute` must give the same bits. Chains: inputs may be marked themselves.
 */
export function recomputable<T extends tf.Tensor>(
  output: T,
  inputs: tf.Tensor[],
  compute: (inputs: tf.Tensor[]) => tf.Tensor,
): T {
  recipes.set(output, { inputs, compute });
  return output;
}

/** How a saved tensor comes back in the backward pass: itself, or computed from what was kept. */
type Held = { tensor: tf.Variable } | { kept: number } | { inputs: Held[]; compute: Recipe['compute'] };

function hold(tensor: tf.Tensor, kept: tf.Tensor[]): Held {
  if (tensor instanceof tf.Variable) return { tensor };
  const recipe = recipes.get(tensor);
  if (recipe === undefined) return { kept: kept.push(tensor) - 1 };
  return { inputs: recipe.inputs.map((input) => hold(input, kept)), compute: recipe.compute };
}

function restore(held: Held, kept: readonly tf.Tensor[]): tf.Tensor {
  if ('tensor' in held) return held.tensor;
  if ('kept' in held) return kept[held.kept]!;
  return held.compute(held.inputs.map((input) => restore(input, kept)));
}

/** The saved tensors in order; what has to be computed is computed when it is first read. */
function restored(held: readonly Held[], kept: readonly tf.Tensor[]): readonly tf.Tensor[] {
  const tensors: tf.Tensor[] = [];
  for (const [index, one] of held.entries()) {
    if (!('compute' in one)) {
      tensors[index] = restore(one, kept);
      continue;
    }
    let computed: tf.Tensor | undefined;
    const get = () => {
      computed ??= restore(one, kept);
      return computed;
    };
    Object.defineProperty(tensors, index, { get, enumerable: true });
  }
  return tensors;
}

/** Whether what runs now is part of a forward pass that will be differentiated. */
export function isRecording(): boolean {
  return (tf.engine().state as unknown as { gradientDepth: number }).gradientDepth > 0;
}

/** What a gradient function is asked for. */
export interface GradientRequest {
  /** Names of the inputs whose gradient is wanted. */
  wanted: ReadonlySet<string>;
  /** The sum so far of the gradient of an input, where it may be added to in place. */
  sumSoFar(inputName: string): tf.Tensor | undefined;
}

let request: GradientRequest | undefined;

/**
 * Runs `op` and records it as one tape node. What `save` is given comes back in `backward` in the same order. Variables are
 * held as they are: they outlive the step, and a device may have to copy what is cloned from one.
 */
export function record<Output extends tf.Tensor | tf.Tensor[]>(op: FusedOp<Output>): Output {
  let held: Held[] = [];
  ownOps++;
  try {
    return (tf.engine() as unknown as TapeEngine).runKernelFunc<Output>({
      inputs: op.inputs,
      forwardFunc: (_backend, save) =>
        op.forward((tensors) => {
          const kept: tf.Tensor[] = [];
          held = tensors.map((tensor) => hold(tensor, kept));
          save(kept);
        }),
      backwardsFunc: (dy, saved) => op.backward(dy, restored(held, saved)),
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
  return request === undefined || request.wanted.has(inputName);
}

/**
 * Inside a `backward`: the inputs of a gradient kernel, with the sum so far of an input's gradient as `sum` where there is one. A
 * kernel that is given `sum` may add to it in place and return it (the same data); returning a tensor of its own is as right.
 */
export function withSumSoFar(inputName: string, inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  const sum = request?.sumSoFar(inputName);
  return sum === undefined ? inputs : { ...inputs, sum };
}

/** Runs one node's gradient function and its thunks while they may ask for `own`. */
export function withRequest<T>(own: GradientRequest, run: () => T): T {
  const outer = request;
  request = own;
  try {
    return run();
  } finally {
    request = outer;
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
