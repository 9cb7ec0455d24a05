// f-DPO: what a log-ratio counts under another divergence than the reverse KL of DPO.
//   reverse_kl x    forward_kl 1 - exp(-x)    js_divergence log 2 + log sigmoid(x)    alpha_divergence (exp((a - 1) x) - 1) / (a - 1)
// Wang et al., https://arxiv.org/abs/2309.16240. The constants cancel in a difference, but not where scores are averaged over tokens.

import { tf } from '@thinkwright/tensors';
import { logSigmoid } from './log-sigmoid.ts';

export const DIVERGENCES = ['reverse_kl', 'forward_kl', 'js_divergence', 'alpha_divergence'] as const;

export interface DivergenceOptions {
  fDivergenceType: (typeof DIVERGENCES)[number];
  fAlphaDivergenceCoef: number;
}

const LARGEST_EXPONENT = 80; // exp stays finite in float32

export function divergenceScore(ratios: tf.Tensor1D, options: DivergenceOptions): tf.Tensor1D {
  const { fDivergenceType, fAlphaDivergenceCoef: alpha } = options;
  switch (fDivergenceType) {
    case 'forward_kl':
      return tf.neg(tf.expm1(tf.neg(ratios))); // exp(x) - 1 would lose the digits of small ratios
    case 'js_divergence':
      return tf.add(logSigmoid(ratios), Math.LN2);
    case 'alpha_divergence':
      if (Math.abs(alpha - 1) < 1e-6) return ratios;
      return tf.div(tf.expm1(tf.minimum(tf.mul(ratios, alpha - 1), LARGEST_EXPONENT)), alpha - 1);
    default:
      return ratios;
  }
}
