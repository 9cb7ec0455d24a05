// One optimizer window of a process reward model: two classes at the end of each step, one update, metrics.

import type { Classifier } from '@thinkwright/models';
import { hashKey, tf } from '@thinkwright/tensors';
import { hiddenAt, uploadPicked } from '../batches/picked-rows.ts';
import { readKept } from '../batches/read-kept.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import type { ProcessRewardOptions } from '../options/process-reward-options.ts';
import type { LearnResult } from '../rl/learn.ts';
import { processRewardLoss } from './process-reward-loss.ts';
import type { LabelledSteps } from './step-source.ts';

/** @param step optimizer steps done: keys the dropout masks. */
export async function learnSteps(
  { model, head }: Classifier,
  window: OptimizerWindow,
  microBatches: readonly (readonly LabelledSteps[])[],
  learningRate: number,
  options: ProcessRewardOptions,
  step: number,
): Promise<LearnResult> {
  const labelsOf = (solutions: readonly LabelledSteps[]) => solutions.flatMap(({ labels }) => labels);
  const windowLabels = labelsOf(microBatches.flat()).length;
  const kept: { logits: tf.Tensor }[] = [];
  for (const [micro, solutions] of microBatches.entries()) {
    const labels = labelsOf(solutions);
    const batch = uploadPicked(solutions);
    const dropoutKey = options.disableDropout
      ? undefined
      : { seed: options.seed, stream: hashKey(`dropout ${step} ${micro}`) };
    kept.push(
      window.add(() => {
        const { gradientCheckpointing: checkpointActivations } = options;
        const logits = head.forward(hiddenAt(model, batch, { checkpointActivations, dropoutKey })); // [N, 2]
        const mean = processRewardLoss(logits, tf.tensor1d(labels, 'int32'));
        const loss: tf.Scalar = tf.mul(mean, labels.length / windowLabels);
        return { loss, keep: { logits } };
      }),
    );
    batch.dispose();
  }
  const [{ loss, gradNorm }, values] = await Promise.all([window.close(learningRate), readKept(kept)]);
  const labels = labelsOf(microBatches.flat());
  const right = values
    .flatMap(({ logits }) => labelsIn(logits))
    .filter((predicted, i) => predicted === labels[i]).length;
  const tokens = microBatches.flat().reduce((sum, { ids }) => sum + ids.length, 0);
  return {
    metrics: {
      loss,
      grad_norm: gradNorm,
      learning_rate: learningRate,
      accuracy: right / windowLabels,
      positive_share: labels.filter((label) => label === 1).length / windowLabels, // the accuracy of saying "right" always
    },
    tokens,
  };
}

/** The likelier class of each row of logits [N, 2]. */
function labelsIn(logits: Float32Array): number[] {
  return Array.from({ length: logits.length / 2 }, (_, row) => Number(logits[2 * row + 1]! > logits[2 * row]!));
}
