// Options of process reward models (TRL PRMConfig).

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { parseOptions } from './parse-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

export const processRewardOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(1e-5),
  ...trainingOptionShape,
  /** Tokens kept of prompt and steps; what is cut off loses its labels. null = all. */
  maxLength: z.int().min(2).nullable().default(1024),
  /** Tokens kept of the steps, before that. null = all. */
  maxCompletionLength: z.int().min(1).nullable().default(null),
  /** Written after each step; its last token carries the label. */
  stepSeparator: z.string().min(1).default('\n'),
  /** Train on the last step of each solution only. */
  trainOnLastStepOnly: z.boolean().default(false),
  /** No LoRA dropout while training. */
  disableDropout: z.boolean().default(true),
  shuffleDataset: z.boolean().default(true),
});
export type ProcessRewardOptions = z.output<typeof processRewardOptionsSchema>;
export type ProcessRewardOptionsInput = z.input<typeof processRewardOptionsSchema>;

/** Checked options with defaults; refuses combinations that cannot work. */
export function parseProcessRewardOptions(options: unknown): ProcessRewardOptions {
  const parsed = parseOptions(processRewardOptionsSchema, options, 'createProcessRewardTrainer');
  checkTrainingOptions(parsed, 'createProcessRewardTrainer');
  const clash = findClash(parsed);
  if (clash !== undefined) throw new TrainerError('TW_TRAINERS_OPTIONS_CLASH', `createProcessRewardTrainer: ${clash}`);
  return parsed;
}

function findClash(options: ProcessRewardOptions): string | undefined {
  const { maxSteps, maxLength, maxCompletionLength, trainOnLastStepOnly } = options;
  if (maxSteps === undefined) return 'maxSteps is missing: say how many optimizer steps to train.';
  if (maxLength !== null && maxCompletionLength !== null && maxCompletionLength > maxLength) {
    return `maxCompletionLength ${maxCompletionLength} is more than maxLength ${maxLength}, which cuts prompt and steps together. Lower it, or leave it out.`;
  }
  if (trainOnLastStepOnly && maxCompletionLength !== null) {
    return 'trainOnLastStepOnly keeps the one label that maxCompletionLength cuts off first. Leave one of them out.';
  }
  return undefined;
}
