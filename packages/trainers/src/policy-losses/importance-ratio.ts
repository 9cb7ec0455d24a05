// The policy ratio that a loss clips or weighs, from s_t = logp_t - logp_old_t, at one of four levels:
//   token           r_t = exp(s_t)                                        PPO, GRPO
//   sequence        r_t = exp(mean_i s)                                   GSPO, https://arxiv.org/abs/2507.18071 eq. 7
//   sequence_sum    r_t = exp(sum_i s)                                    RLOO: the ratio of the whole completions
//   sequence_token  r_t = sg(exp(mean_i s)) logp_t's own gradient         GSPO-token, the same paper, eq. 14
// Mean and sum run over the loss tokens of the completion that the token belongs to.

import { tf, withoutGradient } from '@thinkwright/tensors';
import type { SequenceSums } from '../batches/sequence-sums.ts';

export const IMPORTANCE_LEVELS = ['token', 'sequence', 'sequence_sum', 'sequence_token'] as const;
export type ImportanceLevel = (typeof IMPORTANCE_LEVELS)[number];

/** s [N]; without `oldLogProbs` the policy that sampled is the one that learns, so s is exactly 0 and keeps its gradient. */
export function policyLogRatio(logProbs: tf.Tensor1D, oldLogProbs: tf.Tensor1D | undefined): tf.Tensor1D {
  return oldLogProbs === undefined ? selfDifference(logProbs) : tf.sub(logProbs, oldLogProbs);
}

/**
 * @param logRatio [N] s on the tape.
 * @param sequences needed by the sequence levels.
 * @returns [N] ratio of each token; within a sequence they are equal at the sequence levels.
 */
export function importanceRatio(
  logRatio: tf.Tensor1D,
  level: ImportanceLevel,
  sequences: SequenceSums | undefined,
): tf.Tensor1D {
  if (level === 'token') return tf.exp(logRatio);
  if (level === 'sequence_sum') return tf.exp(sequences!.spread(sequences!.sum(logRatio)));
  const mean = () => sequences!.spread(sequences!.mean(logRatio)); // [N]
  if (level === 'sequence') return tf.exp(mean());
  return tf.exp(tf.add<tf.Tensor1D>(selfDifference(logRatio), withoutGradient(mean)));
}

/** x - stopGradient(x): the value 0 with the gradient of x. */
const selfDifference = (x: tf.Tensor1D): tf.Tensor1D =>
  tf.sub(
    x,
    withoutGradient(() => tf.clone(x)),
  );
