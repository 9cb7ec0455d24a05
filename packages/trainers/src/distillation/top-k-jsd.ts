// The generalised Jensen-Shannon divergence when only the teacher's k likeliest tokens are known: each of them, and one bin that holds
// the rest of the vocabulary. Merging outcomes can only lower a divergence, so this bounds the full one from below; it equals it for k = V,
// and it is 0 only where both agree on the k tokens. Same beta as generalized-jsd.ts.

import { divergenceTerms, tf } from '@thinkwright/tensors';

/** Below this the bin is as good as empty, and its logarithm is held there. */
const SMALLEST = 1e-9;

/**
 * @param student [N, k] log-probs of the k tokens over the whole vocabulary, on the tape. @param teacher [N, k] of the same tokens, k different ones
 * a row. Both at the temperature of the divergence.
 * @returns [N] divergence of each row.
 */
export function topKJsd(student: tf.Tensor2D, teacher: tf.Tensor2D, { beta }: { beta: number }): tf.Tensor1D {
  const rest = (logProbs: tf.Tensor2D): tf.Tensor1D =>
    tf.log(tf.maximum(tf.sub(1, tf.sum(tf.exp(logProbs), 1)), SMALLEST));
  const known: tf.Tensor1D = tf.sum(divergenceTerms(student, teacher, beta), 1);
  return tf.add(known, divergenceTerms(rest(student), rest(teacher), beta));
}
