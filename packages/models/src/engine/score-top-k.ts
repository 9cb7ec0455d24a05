// The likeliest ids at each place of given sequences, for distillation.

import { checkSequences, type ScoreOptions, type ScoreSequence, type TopKScores } from '@thinkwright/rollouts';
import { createLayout, MOST_TOP_TOKENS, tf, topTokenLogProbs } from '@thinkwright/tensors';
import { ModelError } from '../errors.ts';
import type { LanguageModel } from '../language-model.ts';

/** @see RolloutEngine.scoreTopK. One forward for each sequence. */
export async function scoreTopK(
  model: LanguageModel,
  sequences: readonly ScoreSequence[],
  { topK, temperature = 1, signal }: ScoreOptions & { topK: number },
): Promise<TopKScores[]> {
  const { maxPositions, vocabularySize } = model.config;
  checkSequences(sequences, { maxTokens: maxPositions, vocabularySize });
  const most = Math.min(vocabularySize, MOST_TOP_TOKENS);
  if (!Number.isInteger(topK) || topK < 1 || topK > most)
    throw new ModelError(
      'TW_MODELS_NOTHING_SUPERVISED',
      `scoreTopK: topK is ${topK}; expected a whole number from 1 to ${most} (the vocabulary's ${vocabularySize} tokens, at most ${MOST_TOP_TOKENS}).`,
    );
  const results: TopKScores[] = [];
  for (const { ids, from } of sequences) {
    signal?.throwIfAborted();
    const count = ids.length - from;
    if (count === 0) {
      results.push({ ids: new Int32Array(0), logProbs: new Float32Array(0) });
      continue;
    }
    const layout = createLayout([ids.length - 1]);
    const top = tf.tidy(() => {
      const hidden = model.hidden(tf.tensor1d(ids.subarray(0, -1), 'int32'), layout); // [T, C]
      const rows = tf.slice(hidden, [from - 1, 0], [count, hidden.shape[1]]);
      return { ...topTokenLogProbs(rows, model.outputWeight(), topK, { temperature }) };
    });
    layout.dispose();
    const [likeliest, logProbs] = await Promise.all([top.ids.data<'int32'>(), top.logProbs.data<'float32'>()]);
    tf.dispose([top.ids, top.logProbs]);
    results.push({ ids: likeliest, logProbs });
  }
  return results;
}
