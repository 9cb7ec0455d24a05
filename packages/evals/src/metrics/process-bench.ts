// How well a process reward model finds the first wrong step: the measure of ProcessBench (https://arxiv.org/abs/2412.06559). Accuracy on
// solutions with an error (the first wrong step must be named exactly) and on right ones (none may be named), and their harmonic mean,
// which neither "always right" nor "always wrong" can win.

import type { Estimate } from './estimate.ts';
import { wilson } from './wilson.ts';

/** Place of the first wrong step, from 0; -1: all steps are right. */
export type FirstError = number;

export interface ProcessBench {
  /** Undefined where there is no such solution. */
  erroneous?: Estimate;
  correct?: Estimate;
  /** Harmonic mean of the two; 0 when one of them is 0, NaN when one is missing. */
  f1: number;
}

/** The first step whose probability of being right is below `threshold`. */
export function firstErrorOf(scores: readonly number[], threshold = 0.5): FirstError {
  return scores.findIndex((score) => score < threshold);
}

/** @param cases what the model said and what people say. @param confidence of Wilson's intervals. */
export function processBench(
  cases: readonly { predicted: FirstError; actual: FirstError }[],
  confidence = 0.95,
): ProcessBench {
  const accuracy = (own: typeof cases) =>
    own.length === 0
      ? undefined
      : wilson(own.filter(({ predicted, actual }) => predicted === actual).length, own.length, confidence);
  const erroneous = accuracy(cases.filter(({ actual }) => actual >= 0));
  const correct = accuracy(cases.filter(({ actual }) => actual < 0));
  const [a, b] = [erroneous?.value ?? Number.NaN, correct?.value ?? Number.NaN];
  return { erroneous, correct, f1: a + b === 0 ? 0 : (2 * a * b) / (a + b) };
}
