// What a teacher thinks of the targets of a micro-batch: hidden states of a model in this process, or the likeliest tokens from an engine.

import type { LanguageModel } from '@thinkwright/models';
import type { RolloutEngine, TopKScores } from '@thinkwright/rollouts';
import { type HeadDivergence, type HeadInputs, headDivergence, tf, tokenLogProbs } from '@thinkwright/tensors';
import { type DeviceBatch, hiddenOfTargets } from '../batches/device-batch.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import type { JsdOptions } from './generalized-jsd.ts';
import { topKJsd } from './top-k-jsd.ts';

export interface TeacherTokens {
  /** Of the student at every target, with its own log-probs and entropies at temperature 1. No logits are held. */
  divergence(student: HeadInputs, targets: tf.Tensor1D): HeadDivergence;
  dispose(): void;
}

export function teacherModelTokens(teacher: LanguageModel, batch: DeviceBatch, options: JsdOptions): TeacherTokens {
  const hidden = tf.tidy(() => hiddenOfTargets(teacher, batch)); // [N, C of the teacher]
  return {
    divergence: (student, targets) =>
      headDivergence(student, { hidden, weight: teacher.outputWeight() }, targets, options),
    dispose: () => hidden.dispose(),
  };
}

/** @param topK k tokens for each target, in the order of the packed batch. */
export function topKTokens({ ids, logProbs }: TopKScores, k: number, options: JsdOptions): TeacherTokens {
  const shape: [number, number] = [ids.length / k, k];
  const [known, teacher] = [tf.tensor2d(ids, shape, 'int32'), tf.tensor2d(logProbs, shape)];
  return {
    divergence({ hidden, weight }, targets) {
      const { temperature } = options;
      const student = tokenLogProbs(hidden, weight, known, { temperature }).logProbs; // [N, k]
      return { divergence: topKJsd(student, teacher, options), ...tokenLogProbs(hidden, weight, targets) };
    },
    dispose: () => tf.dispose([known, teacher]),
  };
}

/** The k likeliest tokens at each target of the sequences, in the order of a packed batch. */
export async function askTopK(
  engine: RolloutEngine,
  sequences: readonly TrainingSequence[],
  { topK, temperature }: { topK: number; temperature: number },
): Promise<TopKScores> {
  const asked = sequences.map(({ ids, mask }) => ({ ids, from: Math.max(1, mask.indexOf(1, 1)) }));
  const scores: TopKScores[] = await engine.scoreTopK!(asked, { topK, temperature });
  const [ids, logProbs]: [number[], number[]] = [[], []];
  for (const [i, { mask }] of sequences.entries()) {
    const { from } = asked[i]!;
    for (let place = from; place < mask.length; place++) {
      if (mask[place] !== 1) continue;
      const own = [(place - from) * topK, (place - from + 1) * topK] as const;
      ids.push(...scores[i]!.ids.subarray(...own));
      logProbs.push(...scores[i]!.logProbs.subarray(...own));
    }
  }
  return { ids: Int32Array.from(ids), logProbs: Float32Array.from(logProbs) };
}
