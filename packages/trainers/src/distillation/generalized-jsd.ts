// Generalised Jensen-Shannon divergence of teacher and student at each token, from the logits of both. Training takes it straight from hidden
// states, by `headDivergence`, and holds no logits.
//   beta 0: KL(teacher || student)    beta 1: KL(student || teacher)
//   else: beta KL(teacher || M) + (1 - beta) KL(student || M),  M = (1 - beta) student + beta teacher
// GKD, Agarwal et al., https://arxiv.org/abs/2306.13649 eq. 1; TRL GKDTrainer.

import { divergenceTerms, tf } from '@thinkwright/tensors';

export interface JsdOptions {
  beta: number;
  /** Divides both logits. */
  temperature: number;
}

/** @param student [N, V] logits on the tape. @param teacher [N, V]. @returns [N, V] the summands; their sum over V is the divergence. */
export function generalizedJsdTerms(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { beta, temperature }: JsdOptions,
): tf.Tensor2D {
  const logProbs = (logits: tf.Tensor2D): tf.Tensor2D => tf.logSoftmax(tf.div<tf.Tensor2D>(logits, temperature));
  return divergenceTerms(logProbs(student), logProbs(teacher), beta);
}
