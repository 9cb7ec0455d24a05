// What must hold before the first step of any trainer: model, tokenizer and chat template belong together, and there is memory for what is
// trained. Prompts are not rendered here; those that leave no room are refused and counted as they are read.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { currentDevice, type Parameter } from '@thinkwright/tensors';
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
    ...checkMemory(estimate, held, { device: roomOfDevice(trained), ...room }),
  ];
}

/** Packed copies of trained matrices, which a model leaves that was evaluated before, go with the first update: they count as room. */
function roomOfDevice(trained: readonly Parameter[]): number {
  const memory = currentDevice().memory?.();
  if (memory === undefined) return Number.POSITIVE_INFINITY;
  const copies = trained.reduce((sum, { variable }) => sum + (variable.rank === 2 ? 4 * variable.size : 0), 0);
  return memory.bytesLimit - memory.bytesInUse + copies;
}
