// One optimizer window of distillation: the divergence of teacher and student at every target, divided by the targets of the window.

import type { LanguageModel } from '@thinkwright/models';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { hashKey, tf } from '@thinkwright/tensors';
import { hiddenOfTargets, uploadBatch } from '../batches/device-batch.ts';
import { packSequences } from '../batches/packed-batch.ts';
import { readKept } from '../batches/read-kept.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import type { DistillationOptions } from '../options/distillation-options.ts';
import type { LearnResult } from '../rl/learn.ts';
import { askTopK, type TeacherTokens, teacherModelTokens, topKTokens } from './teacher-tokens.ts';

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
  const kept: { entropy: tf.Tensor; logProbs: tf.Tensor }[] = [];
  for (const [micro, packed] of batches.entries()) {
    if (packed.targets.length === 0) continue;
    const device = uploadBatch(packed);
    const { topK, temperature, gradientCheckpointing } = options;
    const tokens: TeacherTokens =
      topK === null
        ? teacherModelTokens(teacher!, device, options)
        : topKTokens(await askTopK(teacherEngine!, microBatches[micro]!, { topK, temperature }), topK, options);
    const dropoutKey = options.disableDropout
      ? undefined
      : { seed: options.seed, stream: hashKey(`dropout ${step} ${micro}`) };
    kept.push(
      window.add(() => {
        const hidden = hiddenOfTargets(model, device, { gradientCheckpointing, dropoutKey });
        const student = { hidden, weight: model.outputWeight() };
        const { divergence, entropy, logProbs } = tokens.divergence(student, device.targets);
        return { loss: tf.div(tf.sum(divergence), windowTokens) as tf.Scalar, keep: { entropy, logProbs } };
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
