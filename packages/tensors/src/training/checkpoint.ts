// Activation checkpointing (Chen et al. 2016): forget what a stretch of the model computed, run it again in the backward
// pass. The recomputed forward is the same code on the same inputs, so gradients are equal bit for bit.
import { isGradientWanted, record } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { backpropagate, recordTape } from './backpropagate.ts';

/**
 * Runs `run(...inputs)`, saving only its inputs.
 * @param run deterministic; reads tensors only from `inputs` and `parameters` (others count as constants)
 * @param inputs tensors whose gradients may be needed
 * @param parameters variables that `run` uses and that are being trained
 */
export function checkpoint<T extends tf.Tensor>(
  run: (...inputs: tf.Tensor[]) => T,
  inputs: readonly tf.Tensor[],
  parameters: readonly tf.Variable[],
): T {
  const named: Record<string, tf.Tensor> = {};
  for (const [index, input] of inputs.entries()) named[`input${index}`] = input;
  for (const [index, parameter] of parameters.entries()) named[`parameter${index}`] = parameter;
  return record<tf.Tensor>({
    inputs: named,
    forward(save) {
      save([...inputs]);
      return run(...inputs);
    },
    backward(dy, saved) {
      const sources = [...saved, ...parameters];
      const wanted = Object.keys(named).flatMap((name, index) =>
        isGradientWanted(name) ? [{ name, source: sources[index]! }] : [],
      );
      const { result, tape } = recordTape(() => run(...saved));
      const gradients = backpropagate(
        tape,
        result,
        dy,
        wanted.map(({ source }) => source),
      );
      return Object.fromEntries(
        wanted.map(({ name, source }, index) => [name, () => orZero(gradients[index], source.shape)]),
      );
    },
  }) as T;
}

/** A kept gradient handed over to the step's scope, or zeros for an input that the run did not use. */
function orZero(gradient: tf.Tensor | undefined, shape: number[]): tf.Tensor {
  if (!gradient) return tf.zeros(shape);
  const handedOver = tf.clone(gradient);
  gradient.dispose();
  return handedOver;
}
