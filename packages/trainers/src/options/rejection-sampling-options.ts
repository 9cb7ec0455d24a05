// Options of rejection sampling / STaR: rounds of sample, keep the correct, fine-tune on them.
// STaR: https://arxiv.org/abs/2203.14465; each round continues from the last (expert iteration) instead of restarting.

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { parseOptions } from './parse-options.ts';
import { samplingOptionShape } from './sampling-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

const { maxSteps: _rounds, ...shared } = trainingOptionShape;

export const rejectionSamplingOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(2e-5),
  ...shared,
  rounds: z.int().min(1).default(3),
  problemsPerRound: z.int().min(1).default(640),
  /** Problems that are sampled at a time. */
  generationBatchSize: z.int().min(1).default(32),
  numGenerations: z.int().min(1).default(8),
  maxCompletionLength: z.int().min(1).default(512),
  temperature: z.number().positive().default(1),
  ...samplingOptionShape,
  /** Most distinct completions kept of one problem. */
  keepPerProblem: z.int().min(1).default(2),
  /** A completion is kept when its reward is at least this, and it ended by itself. */
  minimumReward: z.number().default(1),
  /** Passes over what a round kept. */
  numTrainEpochs: z.number().positive().default(2),
});
export type RejectionSamplingOptions = z.output<typeof rejectionSamplingOptionsSchema>;
export type RejectionSamplingOptionsInput = z.input<typeof rejectionSamplingOptionsSchema>;

export function parseRejectionSamplingOptions(options: unknown): RejectionSamplingOptions {
  const parsed = parseOptions(rejectionSamplingOptionsSchema, options, 'createRejectionSampler');
  checkTrainingOptions(parsed, 'createRejectionSampler');
  if (parsed.keepPerProblem > parsed.numGenerations) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `createRejectionSampler: keepPerProblem ${parsed.keepPerProblem} is more than numGenerations ${parsed.numGenerations}.`,
    );
  }
  return parsed;
}
