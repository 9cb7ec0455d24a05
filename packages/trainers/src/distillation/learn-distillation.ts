// One optimizer window of distillation: the divergence of teacher and student at every target, divided by the targets of the window.
// Logits of both are made block by block and again in the backward pass.

import type { LanguageModel } from '@thinkwright/models';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { checkpoint, hashKey, linear, tf } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { packSequences } from '../batches/packed-batch.ts';
import { readKept } from '../batches/read-kept.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import type { DistillationOptions } from '../options/distillation-options.ts';
import type { LearnResult } from '../rl/learn.ts';
import { askTopK, type TeacherTokens, teacherModelTokens, topKTokens } from './teacher-tokens.ts';

const BLOCK_LOGITS = 1 << 23;

/** Numbers of the blocks of logits that are alive at once, forward and backward (measured): a divergence to the mixture needs more. */
export function logitsInDivergence(targets: number, vocabularySize: number, { beta }: { beta: number }): number {
  const block = Math.min(targets * vocabularySize, BLOCK_LOGITS);
  return (beta === 0 || beta === 1 ? 10 : 18) * block;
}

export interface Teachers {
  teacher?: LanguageModel;
  teacherEngine?: RolloutEngine;
}

/** @param step optimizer steps done: keys the dropout masks. */
export async function learnDistillation(
  model: LanguageModel,
  { teacher, teacherEngine }: Teachers,
  window: OptimizerWindow,
  microBatches: readonly (readonly TrainingSequence[])[],
  learningRate: number,
  options: DistillationOptions,
  step: number,
): Promise<LearnResult> {
  const batches = microBatches.map(packSequences);
  const windowTokens = batches.reduce((sum, batch) => sum + batch.targets.length, 0);
  const head = model.outputWeight();
  const trained = window.parameters.some(({ variable }) => (variable as tf.Tensor) === head);
  const kept: { entropy: tf.Tensor; logProbs: tf.Tensor }[] = [];
  for (const [micro, packed] of batches.entries()) {
    if (packed.targets.length === 0) continue;
    const device = uploadBatch(packed);
    const { topK, temperature, gradientCheckpointing } = options;
    const tokens: TeacherTokens =
      topK === null
        ? teacherModelTokens(teacher!, device, options)
        : topKTokens(
            await askTopK(teacherEngine!, microBatches[micro]!, { topK, temperature }),
            model.config.vocabularySize,
            options,
          );
    const dropoutKey = options.disableDropout
      ? undefined
      : { seed: options.seed, stream: hashKey(`dropout ${step} ${micro}`) };
    kept.push(
      window.add(() => {
        const { hidden, entropy, logProbs } = scoreTokens(model, device, { gradientCheckpointing, dropoutKey });
        const sum = divergenceSum(hidden, { head, trained }, tokens);
        return { loss: tf.div(sum, windowTokens) as tf.Scalar, keep: { entropy, logProbs } };
      }),
    );
    tokens.dispose();
    device.dispose();
  }
  const [{ loss, gradNorm }, values] = await Promise.all([window.close(learningRate), readKept(kept)]);
  const mean = (name: 'entropy' | 'logProbs') =>
    values.reduce((sum, micro) => sum + micro[name].reduce((a, b) => a + b, 0), 0) / windowTokens;
  const tokens = microBatches.flat().reduce((sum, { ids }) => sum + ids.length, 0);
  const metrics = {
    loss,
    grad_norm: gradNorm,
    learning_rate: learningRate,
    entropy: mean('entropy'),
    nll: -mean('logProbs'),
  };
  return { metrics, tokens };
}

/** Sum over all targets. @param hidden [N, C] on the tape. */
function divergenceSum(
  hidden: tf.Tensor2D,
  { head, trained }: { head: tf.Tensor2D; trained: boolean },
  teacher: TeacherTokens,
): tf.Scalar {
  const [rows, channels] = hidden.shape;
  const blockRows = Math.max(1, Math.floor(BLOCK_LOGITS / head.shape[0]));
  let sum: tf.Scalar | undefined;
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    const block = tf.slice(hidden, [start, 0], [count, channels]);
    const own = checkpoint(
      (states) => teacher.divergence(linear(states as tf.Tensor2D, head), start, count),
      [block],
      trained ? [head as tf.Variable<tf.Rank.R2>] : [],
    );
    sum = sum === undefined ? own : tf.add(sum, own);
  }
  return sum!;
}
