// Options of proximal policy optimisation (TRL PPOConfig; the adaptive KL controller from TRL 0.11).

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { parseOptions } from './parse-options.ts';
import { samplingOptionShape } from './sampling-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

export const ppoOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(3e-6),
  ...trainingOptionShape,
  /** Passes over each generation. */
  numPpoEpochs: z.int().min(1).default(4),
  /** Optimizer windows of one pass. A generation is perDeviceTrainBatchSize x gradientAccumulationSteps x numMiniBatches completions. */
  numMiniBatches: z.int().min(1).default(1),
  /** Most tokens of a completion. TRL's default of 53 is too short to reason in. */
  responseLength: z.int().min(1).default(512),
  /**
   * Prompts answered once before the first step, to see whether completions are cut and which length would do; a warning says so. 32 is
   * usual; 0 = none. What is trained does not depend on it. Needs `dataset`, also beside a stream.
   */
  probeSamples: z.int().min(0).default(0),
  /** Prompts with more tokens are left out and counted. null = only the model's context limits them. */
  maxPromptLength: z.int().min(1).nullable().default(null),
  temperature: z.number().positive().default(0.7),
  ...samplingOptionShape,
  /** Taken off the score of a completion that did not end by itself; null = nothing. */
  missingEosPenalty: z.number().min(0).nullable().default(null),
  /** Rewards of the tokens to unit variance, their mean kept. */
  whitenRewards: z.boolean().default(false),
  /** Price of a nat of KL to the reference; 0 = no reference at all. */
  klCoef: z.number().min(0).default(0.05),
  klEstimator: z.enum(['k1', 'k3']).default('k1'),
  /** Steer klCoef so that the KL of a completion stays near `target`; `horizon` in completions. */
  adapKlCtrl: z.boolean().default(false),
  target: z.number().positive().default(6),
  horizon: z.number().positive().default(10_000),
  cliprange: z.number().positive().default(0.2),
  cliprangeValue: z.number().positive().default(0.2),
  /** Weight of the value loss beside the policy loss; without a value model both act on the same layers. */
  vfCoef: z.number().positive().default(0.1),
  gamma: z.number().min(0).max(1).default(1),
  lam: z.number().min(0).max(1).default(0.95),
  /** Optimizer steps at the start in which only the value head learns, so that the first advantages are not noise. */
  valueWarmupSteps: z.int().min(0).default(0),
});
export type PpoOptions = z.output<typeof ppoOptionsSchema>;
export type PpoOptionsInput = z.input<typeof ppoOptionsSchema>;

/** Checked options with defaults; refuses combinations that cannot work, before any model is loaded. */
export function parsePpoOptions(options: unknown): PpoOptions {
  const parsed = parseOptions(ppoOptionsSchema, options, 'createPpoTrainer');
  checkTrainingOptions(parsed, 'createPpoTrainer');
  const clash = findClash(parsed);
  if (clash !== undefined) throw new TrainerError('TW_TRAINERS_OPTIONS_CLASH', `createPpoTrainer: ${clash}`);
  return parsed;
}

function findClash({ maxSteps, valueWarmupSteps, adapKlCtrl, klCoef, gamma, lam }: PpoOptions): string | undefined {
  if (maxSteps === undefined) return 'maxSteps is missing: say how many optimizer steps to train.';
  if (valueWarmupSteps >= maxSteps) {
    return `valueWarmupSteps ${valueWarmupSteps} is not less than maxSteps ${maxSteps}, so the policy would never learn. Lower valueWarmupSteps.`;
  }
  if (adapKlCtrl && klCoef === 0) {
    return 'adapKlCtrl multiplies klCoef, and 0 stays 0. Give klCoef a start above 0 (0.2 in https://arxiv.org/abs/1909.08593).';
  }
  if (gamma === 0 && lam > 0) {
    return 'gamma 0 pays every token for itself alone, so the score at the end would teach the last token only. Raise gamma; 1 is usual.';
  }
  return undefined;
}
