// An exponential moving average of the weights, kept beside an optimizer: after every update a <- d a + (1 - d) w.
// Evaluation and what is saved as the result use the average; training goes on with the weights (Polyak and Juditsky 1992;
// Morales-Brotons et al., https://arxiv.org/abs/2411.18704).

import { type LiveState, type Optimizer, type Parameter, tf } from '@thinkwright/tensors';
import { TrainerError } from '../errors.ts';
import { setValues } from './set-values.ts';

export interface AveragedOptimizer extends Optimizer {
  /** Exchanges weights and average in place; calling it again undoes that. */
  swap(): Promise<void>;
}

const SLOT = 'ema';

/** @param decay d in [0, 1): 0.999 averages over about a thousand updates. */
export function averageWeights(
  optimizer: Optimizer,
  parameters: readonly Parameter[],
  decay: number,
): AveragedOptimizer {
  const averages = new Map(
    parameters.map(({ name, variable }) => [name, tf.tidy(() => tf.variable(tf.mul(variable, 1), false))]),
  );
  return {
    get step() {
      return optimizer.step;
    },
    update(gradients, learningRate, options) {
      optimizer.update(gradients, learningRate, options);
      for (const { name, variable } of parameters) {
        const average = averages.get(name)!;
        tf.tidy(() => average.assign(tf.add(average, tf.mul(tf.sub(variable, average), 1 - decay))));
      }
    },
    async swap() {
      for (const { name, variable } of parameters) {
        const average = averages.get(name)!;
        const [weights, averaged] = await Promise.all([variable.data(), average.data()]);
        const kept = Float32Array.from(weights);
        setValues(variable, Float32Array.from(averaged));
        setValues(average, kept);
      }
    },
    state() {
      const all = new Map<string, LiveState>(optimizer.state());
      for (const [name, average] of averages) all.set(`${name}.${SLOT}`, average);
      return all;
    },
    missedUpdates: () => optimizer.missedUpdates(),
    async load(step, saved, missedUpdates) {
      for (const [name, { shape, size }] of averages) {
        if (saved.get(`${name}.${SLOT}`)?.data.length === size) continue;
        throw new TrainerError(
          'TW_TRAINERS_CHECKPOINT_MISMATCH',
          `emaDecay: the saved state has no average of ${name} with shape [${shape.join(', ')}]. Resume with the emaDecay of the saved run.`,
        );
      }
      await optimizer.load(step, saved, missedUpdates);
      for (const [name, average] of averages)
        tf.tidy(() => average.assign(tf.tensor(saved.get(`${name}.${SLOT}`)!.data, average.shape)));
    },
    dispose() {
      optimizer.dispose();
      tf.dispose([...averages.values()]);
      averages.clear();
    },
  };
}
