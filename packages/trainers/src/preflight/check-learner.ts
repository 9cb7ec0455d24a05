// What must hold before the first step of any trainer: model, tokenizer and chat template belong together, and there is memory for what is
// trained. Prompts are not rendered here; those that leave no room are refused and counted as they are read.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { memoryReport, type Parameter } from '@thinkwright/tensors';
import type { TrainingOptions } from '../options/training-options.ts';
import { checkTemplate, checkTokenizer } from './check-tokenizer.ts';
import type { Finding } from './finding.ts';
import { checkMemory, estimateMemory } from './memory-estimate.ts';

export interface Learner {
  model: LanguageModel;
  /** Neither this nor a tokenizer: the rows are ids already, and no text is checked. */
  format?: ChatFormat;
  tokenizer?: Tokenizer;
  trained: readonly Parameter[];
  options: Pick<TrainingOptions, 'optim' | 'amsgrad' | 'gradientCheckpointing' | 'emaDecay'>;
  /** Of one micro-batch, as far as they are known: without them activations are not counted. */
  tokens?: number;
}

/** @param free bytes; those of the machine when left out. */
export function checkLearner(
  { model, format, tokenizer, trained, options, tokens = 0 }: Learner,
  free?: number,
): Finding[] {
  const names = format?.tokenizer ?? tokenizer;
  return [
    ...(names ? checkTokenizer(model, names, format?.stopIds) : []),
    ...(format ? checkTemplate(format) : []),
    ...checkMemory(estimateMemory(model, trained, options, tokens), memoryReport().bytes, free),
  ];
}
