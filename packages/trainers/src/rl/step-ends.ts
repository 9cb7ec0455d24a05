// Where the reasoning steps of a completion end, in tokens: the thinking is cut at a separator, as the process reward did, and each
// step's last character is looked up in the decoded prefixes of the ids. Nothing is tokenised again.

import { TrainerError } from '../errors.ts';

export interface StepText {
  ids: Int32Array;
  /** The decoded completion, and its thinking, which lies in it. */
  text: string;
  thinking: string;
}

/**
 * Index of the last token of each step, as many as `steps`.
 * @param separator between two steps; empty steps do not count. @param decode of a prefix of the ids.
 * @throws TrainerError SHAPE when the text has another number of steps than the reward scored.
 */
export function stepEnds(
  { ids, text, thinking }: StepText,
  steps: number,
  separator: RegExp,
  decode: (ids: Int32Array) => string,
): Int32Array {
  const start = Math.max(text.indexOf(thinking), 0);
  const ends = stepTextEnds(thinking, separator).map((end) => start + end);
  if (ends.length !== steps) {
    throw new TrainerError(
      'TW_TRAINERS_SHAPE',
      `The reward scored ${steps} steps of a completion in which stepSeparator ${separator} finds ${ends.length}. Give the separator that the process reward splits at.`,
    );
  }
  return Int32Array.from(ends, (end) =>
    firstPrefix(ids.length, (length) => decode(ids.slice(0, length)).length >= end),
  );
}

/** Offset behind the last character of each step. */
function stepTextEnds(thinking: string, separator: RegExp): number[] {
  const ends: number[] = [];
  let from = 0;
  const close = (to: number) => {
    const step = thinking.slice(from, to).trimEnd();
    if (step.trim() !== '') ends.push(from + step.length);
  };
  for (const match of thinking.matchAll(new RegExp(separator, 'g'))) {
    close(match.index);
    from = match.index + match[0].length;
  }
  close(thinking.length);
  return ends;
}

/** Index of the token with which a prefix first reaches the end; the last one when none does. */
function firstPrefix(tokens: number, reaches: (length: number) => boolean): number {
  let low = 1;
  let high = tokens;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}
