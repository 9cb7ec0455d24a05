// One optimizer window of an outcome reward model: scores at the last token of both sides of each pair, one update, metrics.

import type { Classifier } from '@thinkwright/models';
import { hashKey, tf } from '@thinkwright/tensors';
import { hiddenAt, uploadPicked } from '../batches/picked-rows.ts';
import { readKept } from '../batches/read-kept.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import type { RewardModelOptions } from '../options/reward-model-options.ts';
import type { PreferencePair } from '../preference/pair-source.ts';
import type { LearnResult } from '../rl/learn.ts';
import { bradleyTerryLoss } from './bradley-terry.ts';

/** @param step optimizer steps done: keys the dropout masks. */
export async function learnRewards(
  { model, head }: Classifier,
  window: OptimizerWindow,
  microBatches: readonly (readonly PreferencePair[])[],
  learningRate: number,
  options: RewardModelOptions,
  step: number,
): Promise<LearnResult> {
  const windowPairs = microBatches.reduce((sum, pairs) => sum + pairs.length, 0);
  const kept: Record<'chosen' | 'rejected', tf.Tensor>[] = [];
  let tokens = 0;
  for (const [micro, pairs] of microBatches.entries()) {
    const sides = [...pairs.map(({ chosen }) => chosen.ids), ...pairs.map(({ rejected }) => rejected.ids)];
    tokens += sides.reduce((sum, { length }) => sum + length, 0);
    const batch = uploadPicked(sides.map((ids) => ({ ids, at: [ids.length - 1] })));
    const dropoutKey = options.disableDropout
      ? undefined
      : { seed: options.seed, stream: hashKey(`dropout ${step} ${micro}`) };
    const margins = pairs.map(({ margin = 0 }) => margin);
    kept.push(
      window.add(() => {
        const { gradientCheckpointing: checkpointActivations } = options;
        const hidden = hiddenAt(model, batch, { checkpointActivations, dropoutKey }); // [2P, C]
        const scores: tf.Tensor1D = tf.reshape(head.forward(hidden), [sides.length]);
        const chosen = tf.slice(scores, 0, pairs.length);
        const rejected = tf.slice(scores, pairs.length, pairs.length);
        const mean = bradleyTerryLoss(chosen, rejected, {
          ...(margins.some((margin) => margin !== 0) && { margin: tf.tensor1d(margins) }),
          centering: options.centerRewardsCoefficient ?? 0,
        });
        const loss: tf.Scalar = tf.mul(mean, pairs.length / windowPairs);
        return { loss, keep: { chosen, rejected } };
      }),
    );
    batch.dispose();
  }
  const [{ loss, gradNorm }, values] = await Promise.all([window.close(learningRate), readKept(kept)]);
  const metrics = { loss, grad_norm: gradNorm, learning_rate: learningRate, ...rewardMetrics(values) };
  return { metrics, tokens };
}

/** TRL's names. */
export function rewardMetrics(
  pairs: readonly Record<'chosen' | 'rejected', ArrayLike<number>>[],
): Record<string, number> {
  const chosen = pairs.flatMap((micro) => Array.from(micro.chosen));
  const rejected = pairs.flatMap((micro) => Array.from(micro.rejected));
  const all = [...chosen, ...rejected];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    accuracy: chosen.filter((score, i) => score > rejected[i]!).length / chosen.length,
    margin: (sum(chosen) - sum(rejected)) / chosen.length,
    min_reward: Math.min(...all),
    mean_reward: sum(all) / all.length,
    max_reward: Math.max(...all),
  };
}
