// The generalised Jensen-Shannon divergence when only the teacher's k likeliest tokens are known: each of them, and one bin that holds
// the rest of the vocabulary. Merging outcomes can only lower a divergence, so this bounds the full one from below; it equals it for k = V,
// and it is 0 only where both agree on the k tokens. Same beta as generalized-jsd.ts.

import { tf } from '@thinkwright/tensors';

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
  const known: tf.Tensor1D = tf.sum(tf.mul(terms(s, t, beta), isKnown), 1);
  return tf.add(known, terms(rest(s), rest(t), beta));
}

function terms<T extends tf.Tensor>(s: T, t: T, beta: number): T {
  const divergence = (p: T, q: T): T => tf.mul(tf.exp(p), tf.sub(p, q));
  if (beta === 0) return divergence(t, s);
  if (beta === 1) return divergence(s, t);
  const mixture: T = tf.log(tf.add(tf.mul(tf.exp(s), 1 - beta), tf.mul(tf.exp(t), beta)));
  return tf.add(tf.mul(divergence(t, mixture), beta), tf.mul(divergence(s, mixture), 1 - beta));
}
