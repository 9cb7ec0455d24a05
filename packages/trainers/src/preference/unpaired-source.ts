// Completions marked desirable or not, for KTO: rows { prompt, completion, label }, or pairs { prompt, chosen, rejected }, which give two.

import { supervisedTokens, type TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import type { SequenceSettings } from '../sft/row-to-sequence.ts';
import { completionSequence, type PreferenceRow, pairOf } from './pair-source.ts';

export interface UnpairedExample {
  sequence: TrainingSequence;
  desirable: boolean;
}

/** @throws TrainerError ROW_INVALID */
export function unpairedExamplesOf(
  row: PreferenceRow,
  settings: Pick<SequenceSettings, 'format' | 'tokenizer'>,
): UnpairedExample[] {
  if (row.chosen !== undefined || row.rejected !== undefined) {
    const { chosen, rejected } = pairOf(row, settings);
    return [
      { sequence: chosen, desirable: true },
      { sequence: rejected, desirable: false },
    ];
  }
  const { label } = row;
  if (
    row.prompt === undefined ||
    row.completion === undefined ||
    (typeof label !== 'boolean' && label !== 0 && label !== 1)
  ) {
    throw new TrainerError(
      'TW_TRAINERS_ROW_INVALID',
      `A row has the keys ${Object.keys(row).join(', ') || '(none)'}${label === undefined ? '' : ` and the label ${JSON.stringify(label)}`}; KTO needs "prompt", "completion" and "label" (true or false), or "prompt", "chosen" and "rejected".`,
    );
  }
  const sequence = completionSequence(row, row.completion, settings);
  if (supervisedTokens(sequence) === 0) {
    throw new TrainerError('TW_TRAINERS_ROW_INVALID', 'The completion of a row has no tokens. Remove the row.');
  }
  return [{ sequence, desirable: Boolean(label) }];
}
