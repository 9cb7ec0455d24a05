// One forward and backward pass. Step-scoped: when it returns (or throws), only what it returns is alive.
import { TensorError } from '../errors.ts';
import { tf } from '../tfjs.ts';
import { backpropagate, freeSaved, recordTape } from './backpropagate.ts';
import type { Parameter } from './parameter.ts';

/** What a loss function may return beside the loss: tensors to keep past the step (metrics). */
export interface LossWithKept<Kept extends Record<string, tf.Tensor>> {
  loss: tf.Tensor;
  keep: Kept;
}

export interface Gradients<Kept extends Record<string, tf.Tensor> = Record<string, tf.Tensor>> {
  loss: tf.Scalar;
  /** By parameter name. A parameter that does not lead to the loss is absent. */
  gradients: Map<string, tf.Tensor>;
  kept: Kept;
}

/** A backend that keeps weights in another order for sampling, which would lie idle beside the activations of a step. */
interface PackingBackend extends tf.KernelBackend {
  releasePacks?(dataId: tf.DataId): void;
}

/**
 * Gradients of a loss. The caller owns every returned tensor: they survive tidy, and must be disposed.
 * @param loss a scalar, or a scalar with tensors to keep; runs inside a tidy
 * @param sums gradients of earlier micro-batches, from this function: the new ones are added to them, in place where the device can,
 *   and the same map is returned. If the backward pass fails it is left empty, its tensors disposed.
 * @throws TensorError TW_TENSORS_NO_GRADIENT if no parameter leads to the loss, TW_TENSORS_SHAPE if it is no scalar
 */
export function computeGradients<Kept extends Record<string, tf.Tensor> = Record<string, never>>(
  loss: () => tf.Tensor | LossWithKept<Kept>,
  parameters: readonly Parameter[],
  sums: Map<string, tf.Tensor> = new Map(),
): Gradients<Kept> {
  const engine = tf.engine();
  const variables = parameters.map((parameter) => parameter.variable);
  const backend = tf.backend() as PackingBackend;
  for (const { dataId } of variables) backend.releasePacks?.(dataId);
  engine.startScope('computeGradients');
  try {
    const { result, tape } = recordTape(() => {
      const output = loss();
      return output instanceof tf.Tensor ? { loss: output, keep: {} as Kept } : { ...output };
    });
    const { loss: value, keep } = result;
    if (value.size !== 1) {
      freeSaved(tape);
      throw new TensorError('TW_TENSORS_SHAPE', `computeGradients: the loss has shape [${value.shape}], expected []`);
    }
    const before = parameters.map(({ name }) => sums.get(name));
    let found: (tf.Tensor | undefined)[];
    try {
      found = backpropagate(tape, value, tf.onesLike(value), variables, before);
    } catch (error) {
      sums.clear();
      throw error;
    }
    for (const [index, { name }] of parameters.entries()) if (found[index]) sums.set(name, found[index]);
    if (found.every((gradient) => gradient === undefined)) {
      throw new TensorError(
        'TW_TENSORS_NO_GRADIENT',
        `computeGradients: none of ${parameters.length} parameters leads to the loss; ` +
          'compute the loss from the variables themselves, inside the function',
      );
    }
    const kept = Object.fromEntries(Object.entries(keep).map(([name, tensor]) => [name, own(tensor)])) as Kept;
    return { loss: own(value) as tf.Scalar, gradients: sums, kept };
  } finally {
    engine.endScope();
  }
}

function own<T extends tf.Tensor>(tensor: T): T {
  return tf.keep(tf.clone(tensor)) as T;
}
