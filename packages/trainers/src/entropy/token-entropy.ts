// Entropy of each token's distribution with its gradient, for the entropy bonus (Mnih et al., https://arxiv.org/abs/1602.01783).
// Works through the rows in blocks that are computed again in the backward pass, so that one block of logits is alive at a time.
// The entropy that is only logged costs nothing extra: it comes with `tokenLogProbs`.

import { checkpoint, linear, tf } from '@thinkwright/tensors';

const BLOCK_LOGITS = 1 << 24;

/**
 * @param hidden [N, C] on the tape. @param weight [V, C].
 * @param options `temperature` divides the logits; `trained`: the weight is a trained variable and gets a gradient too.
 * @returns [N] entropy in nats.
 */
export function tokenEntropy(
  hidden: tf.Tensor2D,
  weight: tf.Tensor2D,
  { temperature, trained }: { temperature: number; trained: boolean },
): tf.Tensor1D {
  const [rows, channels] = hidden.shape;
  const blockRows = Math.max(1, Math.floor(BLOCK_LOGITS / weight.shape[0]));
  const blocks: tf.Tensor1D[] = [];
  for (let start = 0; start < rows; start += blockRows) {
    const block = tf.slice(hidden, [start, 0], [Math.min(blockRows, rows - start), channels]);
    blocks.push(
      checkpoint(
        (states) => entropyOfLogits(linear(states as tf.Tensor2D, weight), temperature),
        [block],
        trained ? [weight as tf.Variable<tf.Rank.R2>] : [],
      ),
    );
  }
  return blocks.length === 1 ? blocks[0]! : tf.concat(blocks);
}

/** [N] from logits [N, V]. */
export function entropyOfLogits(logits: tf.Tensor2D, temperature: number): tf.Tensor1D {
  const logProbs = tf.logSoftmax(temperature === 1 ? logits : tf.div<tf.Tensor2D>(logits, temperature)); // [N, V]
  return tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), 1)) as tf.Tensor1D;
}
