// Options of outcome reward models (TRL RewardConfig).

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { parseOptions } from './parse-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

export const rewardModelOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(1e-4),
  ...trainingOptionShape,
  /** Pairs with a longer side are left out and counted, never cut. null = no limit. */
  maxLength: z.int().min(2).nullable().default(1024),
  /** Pulls the rewards of a pair towards a mean of zero; 0.01 in https://arxiv.org/abs/2312.09244. null = not at all. */
  centerRewardsCoefficient: z.number().positive().nullable().default(null),
  /** No LoRA dropout while training. */
  disableDropout: z.boolean().default(true),
  shuffleDataset: z.boolean().default(true),
});
export type RewardModelOptions = z.output<typeof rewardModelOptionsSchema>;
export type RewardModelOptionsInput = z.input<typeof rewardModelOptionsSchema>;

/** Checked options with defaults. */
export function parseRewardModelOptions(options: unknown): RewardModelOptions {
  const parsed = parseOptions(rewardModelOptionsSchema, options, 'createRewardModelTrainer');
  checkTrainingOptions(parsed, 'createRewardModelTrainer');
  if (parsed.maxSteps === undefined) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      'createRewardModelTrainer: maxSteps is missing: say how many optimizer steps to train.',
    );
  }
  return parsed;
}
