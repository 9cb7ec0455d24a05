// The likeliest tokens of each row with their log-probs, straight from the hidden state. No device holds [N, V].
// Kernel: TwTopTokenLogProbs { hidden, weight, bias? } attrs { k, temperature, innerScale, cap (0: none) } → [ids [N, k], logProbs [N, k]].
import { TensorError } from '../errors.ts';
import { hasKernel, runKernel, withoutGradient } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { type HeadOptions, headLogSoftmax, logitShapeOf } from './head-logits.ts';
import { BLOCK_LOGITS } from './in-row-blocks.ts';

/** The most tokens of a row that are given: more would be a good part of [N, V]. */
export const MOST_TOP_TOKENS = 4096;

export interface TopTokenLogProbs {
  /** int32 [N, k], likeliest first; of equals the smaller id first. */
  ids: tf.Tensor2D;
  /** Over the whole vocabulary, the same numbers as those of `tokenLogProbs`. [N, k] */
  logProbs: tf.Tensor2D;
}

/**
 * The `k` likeliest tokens under the language-model head, whose logits are those of `tokenLogProbs`. Without a gradient.
 * @param hidden [N, C]
 * @param weight [V, C]
 * @param k from 1 to V, at most 4096
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function topTokenLogProbs(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  k: number,
  options: HeadOptions = {},
): TopTokenLogProbs {
  const shape = logitShapeOf('topTokenLogProbs', hidden, weight, options);
  const most = Math.min(weight.shape[0], MOST_TOP_TOKENS);
  if (!Number.isInteger(k) || k < 1 || k > most)
    throw new TensorError(
      'TW_TENSORS_OPTION',
      `topTokenLogProbs: k is ${k}, expected a whole number from 1 to ${most} (at most the vocabulary's ${weight.shape[0]} tokens, and ${MOST_TOP_TOKENS})`,
    );
  const { bias } = options;
  const inputs: Record<string, tf.Tensor> = bias ? { hidden, weight, bias } : { hidden, weight };
  const [ids, logProbs] = withoutGradient<tf.Tensor[]>(() =>
    hasKernel('TwTopTokenLogProbs')
      ? runKernel<tf.Tensor[]>('TwTopTokenLogProbs', inputs, { ...shape, k })
      : topTokensInBlocks(hidden, weight, k, options),
  );
  return { ids: ids as tf.Tensor2D, logProbs: logProbs as tf.Tensor2D };
}

/** The same by plain ops in blocks of rows. @returns [ids, logProbs] */
export function topTokensInBlocks(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  k: number,
  options: HeadOptions = {},
  blockLogits = BLOCK_LOGITS,
): tf.Tensor[] {
  const rows = hidden.shape[0];
  const most = Math.max(1, Math.floor(blockLogits / weight.shape[0]));
  const counts = Array.from({ length: Math.ceil(rows / most) }, (_, block) => Math.min(most, rows - block * most));
  const blocks = tf.split<tf.Tensor2D>(hidden, counts).map((block) =>
    tf.tidy(() => {
      const { values, indices } = tf.topk(headLogSoftmax(block, weight, options), k);
      return { values, indices };
    }),
  );
  return [tf.concat(blocks.map(({ indices }) => indices)), tf.concat(blocks.map(({ values }) => values))];
}
