// Options of distillation (TRL GKDConfig; topK and lossType are ours).

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { parseOptions } from './parse-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

export const distillationOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(2e-5),
  ...trainingOptionShape,
  /** Divides the logits of both, and the student's when it samples. */
  temperature: z.number().positive().default(0.9),
  /** Share of the steps that train on the student's own completions; 0 = off-policy only. */
  lmbda: z.number().min(0).max(1).default(0.5),
  /** 0: KL(teacher || student); 1: KL(student || teacher); between: generalised Jensen-Shannon divergence. */
  beta: z.number().min(0).max(1).default(0.5),
  /** Most tokens of a sampled completion. */
  maxNewTokens: z.int().min(1).default(128),
  /** Off-policy steps train on completions that the teacher samples, instead of those in the rows. */
  seqKd: z.boolean().default(false),
  /** 'nll' learns the tokens alone, without the teacher's probabilities: with seqKd sequence-level distillation (Kim and Rush). */
  lossType: z.enum(['jsd', 'nll']).default('jsd'),
  /** Compare on the teacher's k likeliest tokens and one bin for the rest, from `teacherEngine`; null = the whole vocabulary, from `teacher`. */
  topK: z.int().min(1).nullable().default(null),
  /** Rows with more tokens are left out and counted, never cut. null = no limit. */
  maxLength: z.int().min(2).nullable().default(1024),
  /** No LoRA dropout while training. */
  disableDropout: z.boolean().default(true),
  shuffleDataset: z.boolean().default(false),
});
export type DistillationOptions = z.output<typeof distillationOptionsSchema>;
export type DistillationOptionsInput = z.input<typeof distillationOptionsSchema>;

/** Checked options with defaults; refuses combinations that cannot work. */
export function parseDistillationOptions(options: unknown): DistillationOptions {
  const parsed = parseOptions(distillationOptionsSchema, options, 'createDistillationTrainer');
  checkTrainingOptions(parsed, 'createDistillationTrainer');
  const clash = findClash(parsed);
  if (clash !== undefined) throw new TrainerError('TW_TRAINERS_OPTIONS_CLASH', `createDistillationTrainer: ${clash}`);
  return parsed;
}

function findClash({ maxSteps, lossType, lmbda, seqKd, topK }: DistillationOptions): string | undefined {
  if (maxSteps === undefined) return 'maxSteps is missing: say how many optimizer steps to train.';
  if (lossType === 'nll' && lmbda > 0) {
    return `lossType "nll" with lmbda ${lmbda} would teach the student to repeat itself: without the teacher's probabilities its own completions say nothing. Set lmbda to 0.`;
  }
  if (lossType === 'nll' && topK !== null)
    return 'topK belongs to lossType "jsd"; "nll" reads no probabilities. Leave topK out.';
  if (seqKd && lmbda === 1)
    return 'seqKd is for the off-policy steps, and lmbda 1 leaves none. Lower lmbda, or leave seqKd out.';
  return undefined;
}
