// What must hold before a policy is sampled for the first time: tokenizer, template, and memory for completions of full length.
// Prompts are not rendered here; those that leave no room are refused and counted as they are read.

import type { ChatFormat } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { memoryReport, type Parameter } from '@thinkwright/tensors';
import type { TrainingOptions } from '../options/training-options.ts';
import { checkTexts } from './check-texts.ts';
import type { Finding } from './finding.ts';
import { checkMemory, estimateMemory } from './memory-estimate.ts';

/** @param completionLength the most tokens of one completion. */
export function checkPolicy(
  model: LanguageModel,
  format: ChatFormat,
  trained: readonly Parameter[],
  options: TrainingOptions,
  completionLength: number,
): Finding[] {
  const tokens = options.perDeviceTrainBatchSize * completionLength;
  return [
    ...checkTexts(model, format),
    ...checkMemory(estimateMemory(model, trained, options, tokens), memoryReport().bytes),
  ];
}
