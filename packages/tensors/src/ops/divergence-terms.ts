// Summands of the generalised Jensen-Shannon divergence between a teacher's and a student's probabilities, in plain ops.
//   beta 0: KL(teacher || student)    beta 1: KL(student || teacher)
//   else: beta KL(teacher || M) + (1 - beta) KL(student || M),  M = (1 - beta) student + beta teacher
// GKD, Agarwal et al., https://arxiv.org/abs/2306.13649 eq. 1.
import { record } from '../tape.ts';
import { tf } from '../tfjs.ts';

/** @param student log-probs of any shape, on the tape. @param teacher of the same shape. @param beta from 0 to 1. */
export function divergenceTerms<T extends tf.Tensor>(student: T, teacher: T, beta: number): T {
  const divergence = (p: T, q: T): T => tf.mul(tf.exp(p), tf.sub(p, q));
  if (beta === 0) return divergence(teacher, student);
  if (beta === 1) return divergence(student, teacher);
  return mixtureTerms(student, teacher, beta);
}

const LARGEST_EXPONENT = 80; // exp stays finite in float32

/**
 * Between the two, with d/d(log s) = (1 - beta) s log(s / M) written out: the tape would sum beta t (1 - beta) / M and its like, which
 * cancel where teacher and student agree.
 */
function mixtureTerms<T extends tf.Tensor>(student: T, teacher: T, beta: number): T {
  return record<T>({
    inputs: { student },
    forward(save) {
      const part = (own: T, other: T, otherShare: number): T =>
        tf.tidy(() => tf.mul(tf.mul(tf.exp(own), logOfMixture(tf.sub<T>(other, own), otherShare)), otherShare - 1));
      const ofStudent = part(student, teacher, beta); // (1 - beta) s log(s / M)
      save([ofStudent]);
      return tf.add(ofStudent, part(teacher, student, 1 - beta));
    },
    backward: (dy, [slope]) => ({ student: () => tf.mul(dy as T, slope as T) }),
  });
}

/** log(M / p) = log(1 + share (q / p - 1)) of a mixture of p and a share of q. @param difference log(q / p). */
function logOfMixture<T extends tf.Tensor>(difference: T, share: number): T {
  const bounded = tf.minimum<T>(difference, LARGEST_EXPONENT);
  return tf.add(tf.log1p(tf.mul(tf.expm1(bounded), share)), tf.sub(difference, bounded));
}
