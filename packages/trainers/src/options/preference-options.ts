// Options of preference learning (TRL DPOConfig, with CPO, ORPO and KTO by `algorithm`).

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { REFERENCE_FREE_LOSSES } from '../preference-losses/cpo.ts';
import { DIVERGENCES } from '../preference-losses/f-divergence.ts';
import { UNPAIRED_LOSSES } from '../preference-losses/kto.ts';
import { PAIR_LOSSES } from '../preference-losses/pair-objective.ts';
import { parseOptions } from './parse-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

const pairLossName = z.enum(PAIR_LOSSES);

export const preferenceOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(1e-6),
  ...trainingOptionShape,
  /** 'dpo': `lossType` against a reference. 'cpo': `referenceFreeLoss`, SimPO among them. 'orpo', 'kto' by their names. */
  algorithm: z.enum(['dpo', 'cpo', 'orpo', 'kto']).default('dpo'),
  beta: z.number().positive().default(0.1),
  /** One loss, or a mixture with `lossWeights`: RPO is ['sigmoid', 'sft']. */
  lossType: z.union([pairLossName.transform((name) => [name]), z.array(pairLossName).min(1)]).default(['sigmoid']),
  lossWeights: z.array(z.number()).nullable().default(null),
  labelSmoothing: z.number().min(0).max(0.5).default(0),
  discopopTau: z.number().positive().default(0.05),
  fDivergenceType: z.enum(DIVERGENCES).default('reverse_kl'),
  fAlphaDivergenceCoef: z.number().default(0.5),
  /** LD-DPO: weight of the tokens beyond the shorter completion; null = 1. */
  ldAlpha: z.number().min(0).max(1).nullable().default(null),
  /** WPO: weigh pairs by how likely the policy would write them; makes the logits once more. */
  useWeighting: z.boolean().default(false),
  referenceFreeLoss: z.enum(REFERENCE_FREE_LOSSES).default('sigmoid'),
  /** Weight of the likelihood of the chosen completion; 0 for pure SimPO. */
  cpoAlpha: z.number().min(0).default(1),
  simpoGamma: z.number().min(0).default(0.5),
  /** AlphaPO's exponent. */
  alpha: z.number().default(0),
  /** Of algorithm 'kto': 'apo_zero_unpaired' has no reference point. */
  unpairedLoss: z.enum(UNPAIRED_LOSSES).default('kto'),
  desirableWeight: z.number().min(0).default(1),
  undesirableWeight: z.number().min(0).default(1),
  /** Pairs with a longer side are left out and counted, never cut. null = no limit. */
  maxLength: z.int().min(2).nullable().default(1024),
  /** Compute the reference's log-probs once, before training (kept in outputDir), and free its memory. Needs `dataset`. */
  precomputeRefLogProbs: z.boolean().default(false),
  /** The reference follows the policy (TR-DPO): every refModelSyncSteps it moves the share refModelMixupAlpha towards it. */
  syncRefModel: z.boolean().default(false),
  refModelMixupAlpha: z.number().positive().max(1).default(0.6),
  refModelSyncSteps: z.int().min(1).default(512),
  shuffleDataset: z.boolean().default(true),
});
export type PreferenceOptions = z.output<typeof preferenceOptionsSchema>;
export type PreferenceOptionsInput = z.input<typeof preferenceOptionsSchema>;

/** Checked options with defaults; refuses combinations that cannot work. */
export function parsePreferenceOptions(options: unknown): PreferenceOptions {
  const parsed = parseOptions(preferenceOptionsSchema, options, 'createPreferenceTrainer');
  checkTrainingOptions(parsed, 'createPreferenceTrainer');
  const clash = findPreferenceClash(parsed);
  if (clash !== undefined) throw new TrainerError('TW_TRAINERS_OPTIONS_CLASH', `createPreferenceTrainer: ${clash}`);
  return parsed;
}

/** What is wrong and how to mend it; undefined when all is well. */
export function findPreferenceClash(options: PreferenceOptions): string | undefined {
  const { algorithm, lossType, lossWeights, labelSmoothing, ldAlpha, useWeighting, referenceFreeLoss } = options;
  if (options.maxSteps === undefined) return 'maxSteps is missing: say how many optimizer steps to train.';
  if (lossWeights !== null && lossWeights.length !== lossType.length) {
    return `lossWeights has ${lossWeights.length} entries for ${lossType.length} losses: give one for each.`;
  }
  if (algorithm === 'dpo' && lossType.includes('exo_pair') && labelSmoothing === 0) {
    return 'lossType "exo_pair" takes the logarithm of labelSmoothing: give a small one, 1e-3 is usual (https://arxiv.org/abs/2402.00856).';
  }
  if (labelSmoothing >= 0.5)
    return `labelSmoothing ${labelSmoothing} says that labels are noise: it must be below 0.5.`;
  if (algorithm !== 'dpo' && (ldAlpha !== null || useWeighting)) {
    return `ldAlpha and useWeighting belong to algorithm "dpo", not "${algorithm}". Leave them out.`;
  }
  if (algorithm === 'cpo' && labelSmoothing > 0 && (referenceFreeLoss === 'hinge' || referenceFreeLoss === 'ipo')) {
    return `referenceFreeLoss "${referenceFreeLoss}" has no label smoothing. Set labelSmoothing to 0.`;
  }
  if (algorithm === 'kto' && options.perDeviceTrainBatchSize * options.gradientAccumulationSteps < 2) {
    return 'algorithm "kto" estimates its reference point from the completions of other prompts in the window: perDeviceTrainBatchSize x gradientAccumulationSteps must be at least 2.';
  }
  if (algorithm === 'dpo' && lossType.some((name) => name.startsWith('aot')) && options.gradientAccumulationSteps > 1) {
    return 'lossType "aot" sorts all pairs of the update, so it cannot be cut into micro-batches: set gradientAccumulationSteps to 1 and raise perDeviceTrainBatchSize.';
  }
  return referenceClash(options);
}

function referenceClash({ algorithm, unpairedLoss, precomputeRefLogProbs, syncRefModel }: PreferenceOptions) {
  if (!precomputeRefLogProbs && !syncRefModel) return undefined;
  if (algorithm === 'cpo' || algorithm === 'orpo') {
    return `algorithm "${algorithm}" has no reference: leave precomputeRefLogProbs and syncRefModel out.`;
  }
  if (precomputeRefLogProbs && syncRefModel) {
    return 'precomputeRefLogProbs with syncRefModel: log-probs of a reference that moves cannot be computed before. Set one of them off.';
  }
  if (precomputeRefLogProbs && algorithm === 'kto' && unpairedLoss === 'kto') {
    return 'precomputeRefLogProbs with algorithm "kto": its reference point needs completions under other prompts of the window. Use unpairedLoss "apo_zero_unpaired", or leave it out.';
  }
  return undefined;
}
