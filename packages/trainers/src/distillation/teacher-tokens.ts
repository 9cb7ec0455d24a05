// What a teacher thinks of the targets of a micro-batch: hidden states of a model in this process, or the likeliest tokens from an engine.
// Read block by block, so that one block of [rows, V] is alive at a time.

import type { LanguageModel } from '@thinkwright/models';
import type { RolloutEngine, TopKScores } from '@thinkwright/rollouts';
import { linear, tf } from '@thinkwright/tensors';
import { type DeviceBatch, scoreTokens } from '../batches/device-batch.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import { generalizedJsdTerms, type JsdOptions } from './generalized-jsd.ts';
import { topKJsd } from './top-k-jsd.ts';

export interface TeacherTokens {
  /** Summed divergence of `count` targets from `start` on. @param student [count, V] logits on the tape. */
  divergence(student: tf.Tensor2D, start: number, count: number): tf.Scalar;
  dispose(): void;
}

export function teacherModelTokens(teacher: LanguageModel, batch: DeviceBatch, options: JsdOptions): TeacherTokens {
  const hidden = tf.tidy(() => scoreTokens(teacher, batch).hidden); // [N, C of the teacher]
  return {
    divergence(student, start, count) {
      const own = tf.slice(hidden, [start, 0], [count, hidden.shape[1]]);
      return tf.sum(generalizedJsdTerms(student, linear(own, teacher.outputWeight()), options));
    },
    dispose: () => hidden.dispose(),
  };
}

/** @param topK one entry for each target, in the order of the packed batch. */
export function topKTokens(
  topK: readonly { ids: ArrayLike<number>; logProbs: ArrayLike<number> }[],
  vocabularySize: number,
  options: JsdOptions,
): TeacherTokens {
  return {
    divergence(student, start, count) {
      const known = new Float32Array(count * vocabularySize);
      const logProbs = new Float32Array(count * vocabularySize);
      for (const [row, { ids, logProbs: own }] of topK.slice(start, start + count).entries())
        for (let i = 0; i < ids.length; i++) {
          known[row * vocabularySize + ids[i]!] = 1;
          logProbs[row * vocabularySize + ids[i]!] = own[i]!;
        }
      const shape: [number, number] = [count, vocabularySize];
      return tf.sum(topKJsd(student, tf.tensor2d(logProbs, shape), tf.tensor2d(known, shape), options));
    },
    dispose() {},
  };
}

/** The k likeliest tokens at each target of the sequences, in the order of a packed batch. */
export async function askTopK(
  engine: RolloutEngine,
  sequences: readonly TrainingSequence[],
  { topK, temperature }: { topK: number; temperature: number },
): Promise<{ ids: Int32Array; logProbs: Float32Array }[]> {
  const asked = sequences.map(({ ids, mask }) => ({ ids, from: Math.max(1, mask.indexOf(1, 1)) }));
  const scores: TopKScores[] = await engine.scoreTopK!(asked, { topK, temperature });
  return sequences.flatMap(({ mask }, i) => {
    const { from } = asked[i]!;
    const places = Array.from(mask.keys()).filter((place) => place >= from && mask[place] === 1);
    return places.map((place) => ({
      ids: scores[i]!.ids.slice((place - from) * topK, (place - from + 1) * topK),
      logProbs: scores[i]!.logProbs.slice((place - from) * topK, (place - from + 1) * topK),
    }));
  });
}
