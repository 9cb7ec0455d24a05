// Estimates of KL(policy || reference) for each token, on the tape: k1 unbiased, |k1|, k2 = half its square, and the exact sum over the
// vocabulary. k3 has its own file. http://joschu.net/blog/kl-approx.html; TRL `kl_penalty`.

import { tf } from '@thinkwright/tensors';
import { k3 } from './k3.ts';

export const KL_ESTIMATORS = ['k1', 'abs', 'k2', 'k3'] as const;
export type KlEstimator = (typeof KL_ESTIMATORS)[number];

/**
 * @param logProbs [N] of the policy. @param referenceLogProbs [N]. @param ratio [N] of the bias correction, see k3.ts.
 * @returns [N] in nats.
 */
export function klEstimate(
  estimator: KlEstimator,
  logProbs: tf.Tensor1D,
  referenceLogProbs: tf.Tensor1D,
  ratio?: tf.Tensor1D,
): tf.Tensor1D {
  if (estimator === 'k3') return k3(logProbs, referenceLogProbs, ratio);
  const k1: tf.Tensor1D = tf.sub(logProbs, referenceLogProbs);
  const estimate: tf.Tensor1D = estimator === 'abs' ? tf.abs(k1) : estimator === 'k2' ? tf.mul(tf.square(k1), 0.5) : k1;
  return ratio === undefined ? estimate : tf.mul(estimate, ratio);
}

/** The exact KL of each row, sum_v p (log p - log p_ref), [N]. Inputs [N, V]. */
export function fullKl(logProbs: tf.Tensor2D, referenceLogProbs: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.mul(tf.exp(logProbs), tf.sub(logProbs, referenceLogProbs)), 1);
}
