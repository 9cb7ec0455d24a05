// Options of supervised fine-tuning and pretraining (TRL SFTConfig).

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { parseOptions } from './parse-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

export const sftOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(2e-5),
  ...trainingOptionShape,
  /** 'dft' (dynamic fine-tuning) weighs each target by its own probability. */
  lossType: z.enum(['nll', 'dft']).default('nll'),
  /** Passes over the dataset when maxSteps is left out and its size is known. */
  numTrainEpochs: z.number().positive().default(3),
  /** Rows with more tokens are left out and counted, never cut: a cut row has lost its stop token. TRL truncates. null = no limit. */
  maxLength: z.int().min(2).nullable().default(1024),
  /** Best-fit-decreasing bins of up to maxLength tokens; attention stays inside each sequence. A batch row is then a bin. */
  packing: z.boolean().default(false),
  /**
   * 'bfd' leaves out rows longer than maxLength, 'bfd_split' cuts them into pieces; 'wrapped' lays all rows end to end and cuts
   * every maxLength tokens, so that tokens attend to rows they do not belong to.
   */
  packingStrategy: z.enum(['bfd', 'bfd_split', 'wrapped']).default('bfd'),
  /** Cut rows longer than maxLength instead of leaving them out; a cut row may lose its stop token. TRL's default is keep_start. */
  truncationMode: z.enum(['keep_start', 'keep_end']).nullable().default(null),
  /** Uniform noise on the embeddings while training, scaled by this over sqrt(tokens x channels); 5 is usual, null = none. NEFTune. */
  neftuneNoiseAlpha: z.number().positive().nullable().default(null),
  /** Rows of `evalDataset` that go through the model at once. */
  perDeviceEvalBatchSize: z.int().min(1).default(8),
  /** Rows that are packed at a time, TRL's map batch. */
  packingBuffer: z.int().min(1).default(1000),
  /** Train on the completion only. null = yes for rows with a completion, no for plain text. */
  completionOnlyLoss: z.boolean().nullable().default(null),
  /** In conversations, train on the assistant's turns only. TRL's default is false, which also teaches the user's lines. */
  assistantOnlyLoss: z.boolean().default(true),
  /** Append the tokenizer's end token to plain text and string completions that lack it, as TRL does. */
  appendEos: z.boolean().default(true),
  /** Also measure mean_token_accuracy: costs a second pass over the output layer. */
  tokenAccuracy: z.boolean().default(false),
  shuffleDataset: z.boolean().default(false),
});
export type SftOptions = z.output<typeof sftOptionsSchema>;
export type SftOptionsInput = z.input<typeof sftOptionsSchema>;

/** Checked options with defaults. */
export function parseSftOptions(options: unknown): SftOptions {
  const parsed = parseOptions(sftOptionsSchema, options, 'createSftTrainer');
  checkTrainingOptions(parsed, 'createSftTrainer');
  if (parsed.packing && parsed.maxLength === null) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      'createSftTrainer: packing fills bins of maxLength tokens, but maxLength is null. Give maxLength, or packing: false.',
    );
  }
  if (parsed.packing && parsed.truncationMode !== null) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `createSftTrainer: truncationMode "${parsed.truncationMode}" with packing: the packing strategy decides what becomes of long rows. Use packingStrategy "bfd_split", or packing: false.`,
    );
  }
  if (!parsed.packing && parsed.packingStrategy !== 'bfd') {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `createSftTrainer: packingStrategy "${parsed.packingStrategy}" without packing does nothing. Set packing: true.`,
    );
  }
  return parsed;
}
