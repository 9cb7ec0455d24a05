// What foresees the returns: a linear head on the policy's own layers, or on those of a value model with layers of its own (TRL's value_model).

import type { LanguageModel, LinearHead } from '@thinkwright/models';
import { type Parameter, tf } from '@thinkwright/tensors';
import { type DeviceBatch, hiddenOfTargets, type ScoreTokensOptions } from '../batches/device-batch.ts';

export interface Critic {
  head: LinearHead;
  /** Absent: the head stands on the policy. */
  model?: LanguageModel;
}

/** All that is trained beside the policy; the value model's under names that no parameter of the policy has. */
export function criticParameters({ head, model }: Critic): Parameter[] {
  const own = model?.parameters().map((parameter) => ({ ...parameter, name: `value_model.${parameter.name}` }));
  return [...(own ?? []), ...head.parameters()];
}

/** Values [N] of the states in which the targets are drawn. @param hidden the policy's hidden states there, [N, C]. */
export function valuesOf(
  { head, model }: Critic,
  batch: DeviceBatch,
  hidden: tf.Tensor2D,
  options: ScoreTokensOptions = {},
): tf.Tensor1D {
  const states = model === undefined ? hidden : hiddenOfTargets(model, batch, options);
  return tf.reshape(head.forward(states), [hidden.shape[0]]);
}

/** Adds to every value, by the head's bias. */
export function shiftValues({ head }: Critic, shift: number): void {
  tf.tidy(() => head.bias!.assign(tf.add(head.bias!, shift)));
}
