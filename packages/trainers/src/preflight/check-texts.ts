// What must hold between model, tokenizer and chat template before anything is rendered, and memory for what is trained.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { memoryReport, type Parameter } from '@thinkwright/tensors';
import type { TrainingOptions } from '../options/training-options.ts';
import { checkTemplate, checkTokenizer } from './check-tokenizer.ts';
import type { Finding } from './finding.ts';
import { checkMemory, estimateMemory } from './memory-estimate.ts';

/** Nothing is found where there is neither format nor tokenizer: the rows are ids already. */
export function checkTexts(model: LanguageModel, format: ChatFormat | undefined, tokenizer?: Tokenizer): Finding[] {
  const names = format?.tokenizer ?? tokenizer;
  return [...(names ? checkTokenizer(model, names, format?.stopIds) : []), ...(format ? checkTemplate(format) : [])];
}

/** Texts, and room for weights, gradients and optimizer; activations depend on rows that are not read yet. */
export function checkLearner(
  model: LanguageModel,
  trained: readonly Parameter[],
  options: TrainingOptions,
  format: ChatFormat | undefined,
  tokenizer?: Tokenizer,
): Finding[] {
  return [
    ...checkTexts(model, format, tokenizer),
    ...checkMemory(estimateMemory(model, trained, options, 0), memoryReport().bytes),
  ];
}
