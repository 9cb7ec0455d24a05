// Reverse-mode differentiation over the tfjs tape, like engine.gradients but frugal: each saved activation and each
// intermediate gradient is freed as soon as the walk has passed it (tfjs holds them all until the end), ops are told which of
// their gradients are wanted, and gradients of one tensor are summed in place. Nests: a gradient function may run a whole forward
// and backward of its own. Kernel, in place: TwAddInto { sum, part } → nothing.
import { hasKernel, isOwnOp, runKernel, withRequest } from '../tape.ts';
import { tf } from '../tfjs.ts';

interface TapeNode {
  kernelName: string;
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  saved?: tf.Tensor[];
  gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

interface EngineState {
  activeTape: TapeNode[] | null;
  gradientDepth: number;
}

/** A forward pass and the nodes it left. */
export interface Recording<T> {
  result: T;
  tape: TapeNode[];
}

/** Runs `forward` with a tape of its own and tidies up after it: what lives on is its result and what the tape saved. */
export function recordTape<T extends tf.TensorContainer>(forward: () => T): Recording<T> {
  const state = tf.engine().state as unknown as EngineState;
  const outer = state.activeTape;
  const tape = new Tape();
  state.activeTape = tape;
  state.gradientDepth++;
  try {
    return { result: tf.tidy(forward), tape };
  } catch (error) {
    freeSaved(tape);
    throw error;
  } finally {
    state.gradientDepth--;
    state.activeTape = outer;
    tape.release();
  }
}

/** Methods that tfjs's types keep to itself. */
const openEngine = () => tf.engine() as unknown as { nextTensorId(): number; track(tensor: tf.Tensor): void };

/** A custom op of tfjs that saved nothing; kernels say what their gradients need, and a clone shares its input's data. */
function savedNothing({ kernelName, inputs, outputs, saved }: TapeNode): boolean {
  if (saved?.length || isOwnOp() || hasKernel(kernelName)) return false;
  return !Object.values(inputs).some(({ dataId }) => dataId === outputs[0]!.dataId);
}

/**
 * A tape that holds what an op reads in its gradient without having saved it: tfjs's own `logSigmoid` closes over its input,
 * which the tidy of the forward pass would free. Such an input lives until the scope around the recording ends.
 */
class Tape extends Array<TapeNode> {
  #held: tf.Tensor[] = [];
  #firstId = openEngine().nextTensorId();

  override push(...nodes: TapeNode[]): number {
    for (const node of nodes) if (savedNothing(node)) this.#hold(Object.values(node.inputs));
    return super.push(...nodes);
  }

  #hold(inputs: tf.Tensor[]): void {
    for (const input of inputs) {
      const isOlder = input.id < this.#firstId; // not of this recording: its owner frees it
      if (isOlder || input.kept) continue;
      this.#held.push(tf.keep(input));
    }
  }

  /** Hands what it held over to the scope around the recording. */
  release(): void {
    for (const tensor of this.#held) {
      tensor.kept = false;
      if (!tensor.isDisposed) openEngine().track(tensor);
    }
    this.#held = [];
  }
}

/** Frees what a tape saved; safe to call twice. */
export function freeSaved(tape: TapeNode[]): void {
  for (const node of tape) freeNode(node);
}

/**
 * Gradients with respect to `sources`, in their order; undefined where nothing leads to the output. Frees what the tape
 * saved. The gradients are kept tensors: the caller disposes them.
 * @param dy gradient of `output`, same shape
 * @param sums kept tensors that the gradients of the sources are added to, in place where that can be: they belong to the result,
 *   and are disposed if the walk fails. One whose source does not lead to the output stays the caller's.
 */
export function backpropagate(
  tape: TapeNode[],
  output: tf.Tensor,
  dy: tf.Tensor,
  sources: readonly tf.Tensor[],
  sums: readonly (tf.Tensor | undefined)[] = [],
): (tf.Tensor | undefined)[] {
  const differentiable = reachableFrom(tape, sources);
  const sourceIds = new Set(sources.map((source) => source.id));
  const gradients: GradientSums = new Map([[output.id, { sum: tf.keep(tf.clone(dy)), reached: true }]]);
  for (const [index, sum] of sums.entries()) if (sum) gradients.set(sources[index]!.id, { sum, reached: false });
  try {
    for (let index = tape.length - 1; index >= 0; index--) {
      const node = tape[index]!;
      propagateThrough(node, gradients, differentiable);
      for (const tensor of node.outputs) if (!sourceIds.has(tensor.id)) drop(gradients, tensor.id);
      freeNode(node);
    }
    const results = sources.map((source) => reachedSum(gradients, source.id));
    for (const id of gradients.keys()) if (!sourceIds.has(id)) drop(gradients, id);
    return results;
  } catch (error) {
    for (const id of gradients.keys()) drop(gradients, id);
    throw error;
  } finally {
    freeSaved(tape);
  }
}

/** By tensor id: the gradient so far, and whether this walk has come to the tensor yet. */
type GradientSums = Map<number, { sum: tf.Tensor; reached: boolean }>;

function reachedSum(gradients: GradientSums, id: number): tf.Tensor | undefined {
  const entry = gradients.get(id);
  return entry?.reached ? entry.sum : undefined;
}

function propagateThrough(node: TapeNode, gradients: GradientSums, differentiable: Set<number>): void {
  const dys = node.outputs.map((output) => reachedSum(gradients, output.id) ?? null);
  if (dys.every((dy) => dy === null)) return;
  const wanted = new Set<string>();
  for (const name in node.inputs) if (differentiable.has(node.inputs[name]!.id)) wanted.add(name);
  if (wanted.size === 0) return;
  if (!node.gradient) throw new Error(`tfjs has no gradient for ${node.kernelName}`);
  const handedOut = new Map<string, tf.DataId>();
  const sumSoFar = (name: string) => {
    const sum = gradients.get(node.inputs[name]!.id)?.sum;
    if (sum === undefined || !isUnshared(sum)) return undefined;
    handedOut.set(name, sum.dataId);
    return sum;
  };
  const engine = tf.engine();
  engine.startScope();
  try {
    withRequest({ wanted, sumSoFar }, () => {
      const thunks = node.gradient!(dys);
      for (const name of wanted) {
        const thunk = thunks[name];
        if (!thunk) throw new Error(`tfjs has no gradient for input ${name} of ${node.kernelName}`);
        const part = thunk();
        expectGradientShape(node, name, part);
        const wasAdded = handedOut.get(name) === part.dataId; // by the kernel, in place
        accumulateInto(gradients, node.inputs[name]!.id, part, wasAdded);
      }
    });
  } finally {
    engine.endScope();
  }
}

/** Whether no other tensor reads the same memory, so that it may change in place. */
function isUnshared(tensor: tf.Tensor): boolean {
  return tf.backend().refCount(tensor.dataId) === 1;
}

function expectGradientShape({ kernelName, inputs }: TapeNode, name: string, part: tf.Tensor): void {
  const { shape } = inputs[name]!;
  if (tf.util.arraysEqual(part.shape, shape)) return;
  throw new Error(`gradient of ${kernelName} for ${name} has shape [${part.shape}], expected [${shape}]`);
}

function accumulateInto(gradients: GradientSums, id: number, part: tf.Tensor, wasAdded: boolean): void {
  const entry = gradients.get(id);
  if (entry === undefined) {
    // A kept clone: one tensor may be the gradient of several inputs, and each is disposed at its own time.
    gradients.set(id, { sum: tf.keep(tf.clone(part)), reached: true });
    return;
  }
  entry.reached = true;
  if (wasAdded) return;
  const { sum } = entry;
  if (hasKernel('TwAddInto') && isUnshared(sum)) {
    runKernel<tf.Tensor[]>('TwAddInto', { sum, part });
    return;
  }
  entry.sum = tf.keep(tf.add(sum, part));
  sum.dispose();
}

/** Ids of all tensors on the tape that are a differentiable function of `sources`: masks and indices are constants. */
function reachableFrom(tape: TapeNode[], sources: readonly tf.Tensor[]): Set<number> {
  const reached = new Set(sources.map((source) => source.id));
  for (const node of tape) {
    for (const name in node.inputs) {
      if (!reached.has(node.inputs[name]!.id)) continue;
      for (const output of node.outputs) if (output.dtype === 'float32') reached.add(output.id);
      break;
    }
  }
  return reached;
}

function drop(gradients: GradientSums, id: number): void {
  gradients.get(id)?.sum.dispose();
  gradients.delete(id);
}

function freeNode(node: TapeNode): void {
  for (const tensor of node.saved ?? []) tensor.dispose();
  node.saved = [];
}
