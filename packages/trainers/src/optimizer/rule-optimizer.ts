// An optimizer from an update rule in plain tensor ops: state variables by name, steps counted for each parameter as torch does, saved
// and restored like AdamW's. The rules (SGD, Adam, Lion, Muon) are the files beside this one; AdamW has its own fused kernel.

import { type Parameter, type TensorOptimizer, tf } from '@thinkwright/tensors';
import { TrainerError } from '../errors.ts';

/** State of one parameter by slot name; a rule assigns to it and to `value`. */
export type Slots = Record<string, tf.Variable>;

export interface UpdateNumbers {
  learningRate: number;
  /** Updates of this parameter, this one included. */
  updates: number;
  /** Whether weight decay acts on this parameter. */
  decay: boolean;
}

export interface UpdateRule {
  name: string;
  slots: readonly string[];
  /** Runs inside tf.tidy. */
  update(value: tf.Variable, gradient: tf.Tensor, slots: Slots, numbers: UpdateNumbers): void;
}

/** A backend that may refuse to move a variable's memory. */
interface PinningBackend extends tf.KernelBackend {
  expectMovable?(dataId: tf.DataId): void;
}

export function createRuleOptimizer(parameters: readonly Parameter[], rule: UpdateRule): TensorOptimizer {
  const states = new Map(
    parameters.map(({ name, variable }) => {
      const zeros = () => tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
      const slots: Slots = Object.fromEntries(rule.slots.map((slot) => [slot, zeros()]));
      return [name, { slots, missed: 0 }];
    }),
  );
  let step = 0;
  const state = () => {
    const all = new Map<string, tf.Variable>();
    for (const [name, { slots }] of states) for (const slot of rule.slots) all.set(`${name}.${slot}`, slots[slot]!);
    return all;
  };
  return {
    get step() {
      return step;
    },
    update(gradients, learningRate, { gradientScale } = {}) {
      step++;
      for (const { name, variable, decay } of parameters) {
        const own = states.get(name)!;
        const gradient = gradients.get(name);
        if (gradient === undefined) {
          own.missed++;
          continue;
        }
        (tf.backend() as PinningBackend).expectMovable?.(variable.dataId);
        tf.tidy(() => {
          const scaled = gradientScale === undefined ? gradient : tf.mul(gradient, gradientScale);
          rule.update(variable, scaled, own.slots, { learningRate, updates: step - own.missed, decay });
        });
      }
    },
    state,
    missedUpdates: () =>
      Object.fromEntries(Array.from(states, ([name, { missed }]) => [name, missed] as const).filter(([, n]) => n > 0)),
    async load(savedStep, saved, missedUpdates = {}) {
      const targets = state();
      for (const [name, { shape, size }] of targets) {
        const found = saved.get(name);
        if (found?.data.length === size && found.shape.join() === shape.join()) continue;
        throw new TrainerError(
          'TW_TRAINERS_CHECKPOINT_MISMATCH',
          `${rule.name}: the saved state ${found === undefined ? 'has no' : `has shape [${found.shape.join(', ')}] for`} ${name}, expected [${shape.join(', ')}]. Resume with the same optimizer and trainable parameters.`,
        );
      }
      for (const [name, target] of targets) {
        tf.tidy(() => target.assign(tf.tensor(saved.get(name)!.data, target.shape)));
      }
      for (const [name, own] of states) own.missed = missedUpdates[name] ?? 0;
      step = savedStep;
    },
    dispose() {
      for (const { slots } of states.values()) tf.dispose(slots);
      states.clear();
    },
  };
}
