// The prompts of the coming generation, for every trainer that samples: warns of those that were too long, ends with the stream.

import { TrainerError } from '../errors.ts';
import type { TrainerEvent } from '../trainer.ts';
import type { Prompt, PromptSource } from './prompt-source.ts';

/**
 * @returns `count` prompts, or undefined when the stream has fewer left.
 * @throws TrainerError NO_ROWS when that is so before the first step.
 */
export async function* nextPrompts(
  source: PromptSource,
  count: number,
  step: number,
): AsyncGenerator<TrainerEvent, Prompt[] | undefined, undefined> {
  const before = source.tooLong;
  const prompts = await source.take(count);
  if (source.tooLong > before) yield tooLongWarning(source, step);
  if (prompts.length === count) return prompts;
  if (step > 0) return undefined;
  throw noPrompts(prompts.length, count);
}

export function noPrompts(found: number, needed: number): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_NO_ROWS',
    `The stream gave ${found} prompts but one generation needs ${needed}. Lower perDeviceTrainBatchSize or what multiplies it, or give more rows.`,
  );
}

export function tooLongWarning({ tooLong, read }: PromptSource, step: number): TrainerEvent {
  const message = `${tooLong} of ${read} prompts leave no room for the longest completion and were left out. Raise maxPromptLength, or allow shorter completions only.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_PROMPTS_TOO_LONG', message };
}
