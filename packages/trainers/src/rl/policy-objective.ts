// The objective of one micro-batch on the tape: policy loss plus beta times KL minus the entropy bonus, token by token, summed with
// the weights of the optimizer window. Algorithms differ in the loss type, the ratio's level, the masks and the advantages.
//   L = sum_t w_t ( keep_t rho_t l_t + beta kl_t ) - c sum_t keep_t H_t        TRL GRPOTrainer._compute_loss, in its order
// KL comes after every mask, so masked tokens still pay it.

import { tf } from '@thinkwright/tensors';
import type { SequenceSums } from '../batches/sequence-sums.ts';
import { type KlEstimator, klEstimate } from '../kl/estimators.ts';
import { offPolicyMask } from '../masks/off-policy-sequences.ts';
import { cispo } from '../policy-losses/cispo.ts';
import { type ClipOptions, clippedSurrogate } from '../policy-losses/clipped-surrogate.ts';
import { gmpo } from '../policy-losses/gmpo.ts';
import { type ImportanceLevel, importanceRatio, policyLogRatio } from '../policy-losses/importance-ratio.ts';
import { type LossType, tokenLossOf } from '../policy-losses/loss-types.ts';
import { type SapoOptions, sapo } from '../policy-losses/sapo.ts';
import { type VespoOptions, vespo } from '../policy-losses/vespo.ts';

/** Constants of the loss tokens of a micro-batch, [N] each unless said otherwise. */
export interface PolicyTokens {
  advantages: tf.Tensor1D;
  weights: tf.Tensor1D;
  /** undefined: the policy that sampled is the one that learns, so the ratio is 1. */
  oldLogProbs?: tf.Tensor1D;
  referenceLogProbs?: tf.Tensor1D;
  /** For the off-policy mask. */
  samplerLogProbs?: tf.Tensor1D;
  /** Needed by everything that looks at whole completions: `needsSequences`. */
  sequences?: SequenceSums;
  /** rho, and for VESPO the sum of its logarithm over each sequence [B]. */
  correction?: { ratios: tf.Tensor1D; logSums: tf.Tensor1D };
  /** 1 for tokens of high entropy; all when left out. */
  keep?: tf.Tensor1D;
}

export interface PolicyObjectiveOptions extends ClipOptions, Partial<SapoOptions>, Partial<VespoOptions> {
  beta: number;
  useBiasCorrectionKl: boolean;
  /** k3 when left out. */
  klEstimator?: KlEstimator;
  /** 'dapo' and its relatives (the clipped surrogate) when left out. */
  lossType?: LossType;
  importanceSamplingLevel?: ImportanceLevel;
  offPolicyMaskThreshold?: number | null;
}

/** Whether `tokens.sequences` must be given. */
export function needsSequences(options: PolicyObjectiveOptions): boolean {
  const loss = tokenLossOf(options.lossType ?? 'dapo');
  const level = options.importanceSamplingLevel ?? 'token';
  return level !== 'token' || loss === 'vespo' || loss === 'gmpo' || options.offPolicyMaskThreshold != null;
}

/**
 * Scalar loss; its gradient flows through `logProbs` [N], and through the entropy of the bonus.
 * @param bonus entropy [N] on the tape, and the weight of each kept token's entropy.
 */
export function policyObjective(
  logProbs: tf.Tensor1D,
  tokens: PolicyTokens,
  options: PolicyObjectiveOptions,
  bonus?: { entropy: tf.Tensor1D; weight: number },
): tf.Scalar {
  const loss: tf.Scalar = tf.sum(tf.mul(policyTokenLosses(logProbs, tokens, options), tokens.weights));
  if (bonus === undefined) return loss;
  const entropy = tf.sum(tokens.keep === undefined ? bonus.entropy : tf.mul(bonus.entropy, tokens.keep));
  return tf.sub(loss, tf.mul(entropy, bonus.weight));
}

/** Loss of each token, [N], before weighting. */
export function policyTokenLosses(
  logProbs: tf.Tensor1D,
  tokens: Omit<PolicyTokens, 'weights'>,
  options: PolicyObjectiveOptions,
): tf.Tensor1D {
  const { advantages, sequences, samplerLogProbs, keep, correction, referenceLogProbs } = tokens;
  const kind = tokenLossOf(options.lossType ?? 'dapo');
  const logRatio = policyLogRatio(logProbs, tokens.oldLogProbs); // [N]
  const ratio = importanceRatio(logRatio, options.importanceSamplingLevel ?? 'token', sequences); // [N]
  let loss = tokenLoss({ logProbs, logRatio, ratio }, tokens, options); // [N]
  if (options.offPolicyMaskThreshold != null) {
    const kept = offPolicyMask(logProbs, samplerLogProbs!, advantages, sequences!, options.offPolicyMaskThreshold);
    loss = tf.mul(loss, kept);
  }
  if (keep !== undefined && kind !== 'gmpo') loss = tf.mul(loss, keep);
  if (correction !== undefined && kind !== 'vespo') loss = tf.mul(loss, correction.ratios);
  if (options.beta > 0 && referenceLogProbs !== undefined) {
    const divergence = klEstimate(
      options.klEstimator ?? 'k3',
      logProbs,
      referenceLogProbs,
      options.useBiasCorrectionKl ? ratio : undefined,
    );
    loss = tf.add<tf.Tensor1D>(loss, tf.mul(divergence, options.beta));
  }
  return loss;
}

function tokenLoss(
  { logProbs, logRatio, ratio }: Record<'logProbs' | 'logRatio' | 'ratio', tf.Tensor1D>,
  { advantages, sequences, correction, keep }: Omit<PolicyTokens, 'weights'>,
  options: PolicyObjectiveOptions,
): tf.Tensor1D {
  switch (tokenLossOf(options.lossType ?? 'dapo')) {
    case 'cispo':
      return cispo(ratio, logProbs, advantages, options);
    case 'sapo':
      return sapo(ratio, advantages, { ...SAPO_DEFAULTS, ...options });
    case 'vespo':
      return vespo(logRatio, logProbs, advantages, sequences!, { ...VESPO_DEFAULTS, ...options }, correction?.logSums);
    case 'gmpo':
      return gmpo(logRatio, advantages, sequences!, options, keep);
    default:
      return clippedSurrogate(ratio, advantages, options);
  }
}

const SAPO_DEFAULTS: SapoOptions = { sapoTemperaturePos: 1, sapoTemperatureNeg: 1.05 };
const VESPO_DEFAULTS: VespoOptions = { vespoKPos: 2, vespoLambdaPos: 3, vespoKNeg: 3, vespoLambdaNeg: 2 };
