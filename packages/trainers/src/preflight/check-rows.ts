// The rows of the first window: do they train anything, do they end in a stop token, do they fit the model's vocabulary?

import { supervisedTokens, type TrainingSequence } from '../batches/training-sequence.ts';
import type { Finding } from './finding.ts';

const MOSTLY = 0.5;

export function checkRows(
  sequences: readonly TrainingSequence[],
  { vocabularySize, stopIds }: { vocabularySize: number; stopIds: readonly number[] | undefined },
): Finding[] {
  const findings: Finding[] = [];
  const count = sequences.length;
  const largest = sequences.reduce((most, { ids }) => ids.reduce((a, b) => Math.max(a, b), most), 0);
  if (largest >= vocabularySize) {
    findings.push({
      severity: 'error',
      code: 'TW_TRAINERS_SHAPE',
      message: `A row holds the id ${largest}, but the model's vocabulary has ${vocabularySize} ids: the rows were made with another tokenizer. Tokenise them with the model's own.`,
    });
  }
  const empty = sequences.filter((sequence) => supervisedTokens(sequence) === 0).length;
  if (empty > MOSTLY * count && empty < count) {
    findings.push({
      severity: 'warning',
      code: 'TW_TRAINERS_MASKS_EMPTY',
      message: `${empty} of ${count} rows train not one token: their masks are 0. Check completion and assistant masks, and whether maxLength or truncation cuts the completions away.`,
    });
  }
  const unstopped = stopIds === undefined ? 0 : withoutTrainedStop(sequences, stopIds);
  if (unstopped > 0) {
    findings.push({
      severity: 'warning',
      code: 'TW_TRAINERS_STOP_NOT_TRAINED',
      message: `${unstopped} of ${count} rows do not train a stop token at their end, so the model learns to go on for ever. Set appendEos: true, or end completions with the format's stop token.`,
    });
  }
  return findings;
}

/**
 * How many sequences with a masked part (a prompt) train some tokens but no stop token at their end. Plain text, which is trained
 * as a whole, has no such end.
 */
function withoutTrainedStop(sequences: readonly TrainingSequence[], stopIds: readonly number[]): number {
  return sequences.filter(({ ids, mask }) => {
    const last = mask.lastIndexOf(1);
    return last > 0 && mask.includes(0) && !stopIds.includes(ids[last]!);
  }).length;
}
