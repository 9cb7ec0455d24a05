// The policy that the KL term pulls towards: the model with its adapter off, a model that the caller gives, or a copy of the weights as
// they are when the trainer is made (before any checkpoint is read). A copy may follow the policy:
//   theta_ref <- (1 - alpha) theta_ref + alpha theta      every so many steps (TR-DPO, https://arxiv.org/abs/2404.09656); every step: EMA

import { emptyModel, type LanguageModel } from '@thinkwright/models';
import { assignValues, tf } from '@thinkwright/tensors';
import { TrainerError } from '../errors.ts';

export interface ReferencePolicy {
  model: LanguageModel;
  /** Its forward pass runs inside `model.withoutAdapter`. */
  adapterOff: boolean;
  /** Frees a copy that was made here; may be called again. */
  dispose(): void;
}

/**
 * @param follows it will be mixed with the policy: then it is a copy of its own even where the caller gives one.
 * @throws TrainerError OPTIONS_CLASH for a model with an adapter that the reference should follow.
 */
export function referencePolicy(
  model: LanguageModel,
  given?: LanguageModel,
  { follows = false }: { follows?: boolean } = {},
): ReferencePolicy {
  if (follows && model.adapter !== undefined) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      'syncRefModel with LoRA: the reference is the model without its adapter, and cannot move towards it. Train the whole model, or leave syncRefModel out.',
    );
  }
  if (given !== undefined && !follows) return { model: given, adapterOff: false, dispose() {} };
  if (model.adapter !== undefined) return { model, adapterOff: true, dispose() {} };
  const copy = emptyModel(model.config);
  mixInto(copy, given ?? model, 1);
  let isFree = false;
  return {
    model: copy,
    adapterOff: false,
    dispose() {
      if (!isFree) copy.dispose();
      isFree = true;
    },
  };
}

/** Moves the reference's weights the share `alpha` of the way towards the policy's. */
export function mixInto(reference: LanguageModel, policy: LanguageModel, alpha: number): void {
  const weights = reference.namedTensors();
  for (const [name, tensor] of policy.namedTensors()) {
    const own = weights.get(name)!;
    tf.tidy(() => {
      const share = tf.mul(tensor, alpha); // new memory: optimizers update the old in place
      assignValues(own, alpha === 1 ? share : tf.add(tf.mul(own, 1 - alpha), share));
    });
  }
  reference.weightVersion += 1;
}
