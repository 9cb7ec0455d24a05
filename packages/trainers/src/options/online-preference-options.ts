// Options of online and iterative preference learning: those of preference learning, and how completions are sampled (TRL OnlineDPOConfig).

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { parseOptions } from './parse-options.ts';
import { findPreferenceClash, preferenceOptionsSchema } from './preference-options.ts';
import { samplingOptionShape } from './sampling-options.ts';
import { checkTrainingOptions } from './training-options.ts';

export const onlinePreferenceOptionsSchema = z.strictObject({
  ...preferenceOptionsSchema.shape,
  /** Completions of one prompt; the best and the worst become a pair. */
  numGenerations: z.int().min(2).default(2),
  maxCompletionLength: z.int().min(1).default(512),
  /** Prompts with more tokens are left out and counted. null = only the model's context limits them. */
  maxPromptLength: z.int().min(1).nullable().default(null),
  temperature: z.number().positive().default(0.9),
  ...samplingOptionShape,
  /** Prompts sampled at once. null = those of one update, so that every pair is the policy's own (online); more is iterative. */
  promptsPerRound: z.int().min(1).nullable().default(null),
  /** The reference becomes the policy as it is, before each round. */
  refreshReference: z.boolean().default(false),
  /** Pairs whose rewards differ by less are left out. */
  minimumMargin: z.number().min(0).default(0),
});
export type OnlinePreferenceOptions = z.output<typeof onlinePreferenceOptionsSchema>;
export type OnlinePreferenceOptionsInput = z.input<typeof onlinePreferenceOptionsSchema>;

/** Checked options with defaults; refuses combinations that cannot work. */
export function parseOnlinePreferenceOptions(options: unknown): OnlinePreferenceOptions {
  const trainer = 'createOnlinePreferenceTrainer';
  const parsed = parseOptions(onlinePreferenceOptionsSchema, options, trainer);
  checkTrainingOptions(parsed, trainer);
  const clash = findPreferenceClash(parsed) ?? findOnlineClash(parsed);
  if (clash !== undefined) throw new TrainerError('TW_TRAINERS_OPTIONS_CLASH', `${trainer}: ${clash}`);
  return parsed;
}

function findOnlineClash(options: OnlinePreferenceOptions): string | undefined {
  if (options.algorithm === 'kto') {
    return 'algorithm "kto" needs no pairs: mark completions and use createPreferenceTrainer, or choose "dpo".';
  }
  if (options.precomputeRefLogProbs) {
    return 'precomputeRefLogProbs: the completions are not known before training. Leave it out.';
  }
  if (options.refreshReference && (options.syncRefModel || options.algorithm !== 'dpo')) {
    return 'refreshReference replaces the reference of algorithm "dpo" before each round: leave syncRefModel out, and use "dpo".';
  }
  return undefined;
}
