// The generalised Jensen-Shannon divergence when only the teacher's k likeliest tokens are known: each of them, and one bin that holds
// the rest of the vocabulary. Merging outcomes can only lower a divergence, so this bounds the full one from below; it equals it for k = V,
// and it is 0 only where both agree on the k tokens. Same beta as generalized-jsd.ts.

import { tf } from '@thinkwright/tensors';
import { divergenceTerms } from './generalized-jsd.ts';

/** Below this the bin is as good as empty, and its logarithm is held there. */
const SMALLEST = 1e-9;

/**
 * @param student [N, V] logits at temperature 1, on the tape. @param teacher [N, V] log-probs at `temperature`; read where `isKnown`.
 * @param isKnown [N, V] 1 for the teacher's k tokens.
 * @returns [N] divergence of each row.
 */
export function topKJsd(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  isKnown: tf.Tensor2D,
  { beta, temperature }: { beta: number; temperature: number },
): tf.Tensor1D {
  const s: tf.Tensor2D = tf.logSoftmax(tf.div<tf.Tensor2D>(student, temperature));
  const t: tf.Tensor2D = tf.mul(teacher, isKnown);
  const rest = (logProbs: tf.Tensor2D): tf.Tensor1D =>
    tf.log(tf.maximum(tf.sub(1, tf.sum(tf.mul(tf.exp(logProbs), isKnown), 1)), SMALLEST));
  const known: tf.Tensor1D = tf.sum(tf.mul(divergenceTerms(s, t, beta), isKnown), 1);
  return tf.add(known, divergenceTerms(rest(s), rest(t), beta));
}
