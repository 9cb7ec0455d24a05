// What must hold before the first step of any trainer: model, tokenizer and chat template belong together, and there is memory for what is
// trained. Prompts are not rendered here; those that leave no room are refused and counted as they are read.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import type { Parameter } from '@thinkwright/tensors';
import { checkMemory, type MemoryRoom } from './check-memory.ts';
import { checkTemplate, checkTokenizer } from './check-tokenizer.ts';
import type { Finding } from './finding.ts';
import { estimateMemory, type MemoryOptions, type PlannedStep } from './memory-estimate.ts';

export interface Learner extends PlannedStep {
  model: LanguageModel;
  /** Neither this nor a tokenizer: the rows are ids already, and no text is checked. */
  format?: ChatFormat;
  tokenizer?: Tokenizer;
  trained: readonly Parameter[];
  options: MemoryOptions;
}

/** @param room of this machine and device when left out. */
export function checkLearner(learner: Learner, room?: Partial<MemoryRoom>): Finding[] {
  const { model, format, tokenizer, trained, options, ...step } = learner;
  const names = format?.tokenizer ?? tokenizer;
  const estimate = estimateMemory(model, trained, options, step);
  const held = estimate.weights + estimate.optimizer; // allocated when the trainer was made
  return [
    ...(names ? checkTokenizer(model, names, format?.stopIds) : []),
    ...(format ? checkTemplate(format) : []),
    ...checkMemory(estimate, held, room),
  ];
}
