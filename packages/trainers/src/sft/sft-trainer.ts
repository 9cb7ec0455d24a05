// Supervised fine-tuning, and pretraining on plain text: one loop that reads from top to bottom.
//   rows -> ids and masks -> micro-batches laid end to end -> sum of nll over the window's targets -> AdamW

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { Dataset } from '@thinkwright/datasets';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { TrainerError } from '../errors.ts';
import { parseSftOptions, type SftOptions, type SftOptionsInput } from '../options/sft-options.ts';
import type { SharedPorts, Trainer, TrainerEvent } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { learnSequences } from './learn-sequences.ts';
import type { SftRow } from './row-to-sequence.ts';
import { type BatchRow, SequenceSource } from './sequence-source.ts';
import { withoutTrainedStop } from './stop-token-check.ts';

export interface SftPorts extends SharedPorts, RowPorts<SftRow> {
  /** Renders conversations; needed for rows of messages. */
  format?: ChatFormat;
  /** Needed for rows of plain text when there is no format. */
  tokenizer?: Tokenizer;
}

/**
 * A trainer for rows of `{ text }`, `{ prompt, completion }`, `{ messages }` or `{ ids, mask }`. Options are checked at once;
 * nothing is trained, and no checkpoint read, before the first `train()` (or `ready()`).
 * @throws TrainerError for unknown, invalid or clashing options.
 */
export function createSftTrainer(settings: SftPorts & SftOptionsInput): Trainer {
  const { model, stage, evaluate, outputDir, resumeFromCheckpoint, stream, dataset, format, tokenizer, ...given } =
    settings;
  const options = parseSftOptions(given);
  const totalSteps = stepsOf(options, dataset);
  const rows = { seed: options.seed, shuffle: options.shuffleDataset };
  const source = new SequenceSource(openStream({ stream, dataset }, rows, 'createSftTrainer'), {
    ...options,
    format,
    tokenizer,
  });
  const run = new TrainingRun({
    kind: 'sft',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps,
    tokenizerFiles: format?.files ?? tokenizer?.files,
    position: () => source.state(),
    restore: (position) => source.restore(position),
  });
  const { perDeviceTrainBatchSize, gradientAccumulationSteps } = options;

  let reportedTooLong = 0;
  let firstStep = 0;

  async function* takeStep(): ReturnType<TakeStep> {
    const window = await readWindow(source, perDeviceTrainBatchSize, gradientAccumulationSteps);
    if (source.tooLong > reportedTooLong) {
      reportedTooLong = source.tooLong;
      yield tooLongWarning(source, options, run.step);
    }
    if (window.length === 0) {
      if (run.step === 0) throw noRows(source, options);
      return 'exhausted';
    }
    if (run.step === firstStep && format !== undefined) {
      const unstopped = withoutTrainedStop(window.flat(2), format.stopIds);
      if (unstopped > 0) yield stopWarning(unstopped, window.flat(2).length, run.step);
    }
    const microBatches = window.map((rows) => rows.flat());
    return learnSequences(model, run.window, microBatches, run.learningRate, { ...options, step: run.step });
  }

  return trainingLoop(run, {
    takeStep,
    begin() {
      reportedTooLong = source.tooLong;
      firstStep = run.step;
    },
  });
}

/** The rows of one optimizer window, micro-batch by micro-batch; fewer at the end of the stream. */
async function readWindow(source: SequenceSource, batchSize: number, microBatches: number): Promise<BatchRow[][]> {
  const window: BatchRow[][] = [];
  for (let micro = 0; micro < microBatches; micro++) {
    const rows: BatchRow[] = [];
    while (rows.length < batchSize) {
      const row = await source.next();
      if (row === undefined) break;
      rows.push(row);
    }
    if (rows.length > 0) window.push(rows);
    if (rows.length < batchSize) break;
  }
  return window;
}

function stepsOf(options: SftOptions, dataset: Dataset<SftRow> | undefined): number {
  if (options.maxSteps !== undefined) return options.maxSteps;
  if (dataset?.size === undefined || options.packing) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `createSftTrainer: maxSteps is missing, and ${options.packing ? 'with packing' : 'without a dataset of known size'} the number of steps cannot be computed. Give maxSteps.`,
    );
  }
  const rowsPerStep = options.perDeviceTrainBatchSize * options.gradientAccumulationSteps;
  return Math.max(1, Math.ceil((dataset.size * options.numTrainEpochs) / rowsPerStep));
}

function tooLongWarning({ tooLong, read }: SequenceSource, { maxLength }: SftOptions, step: number): TrainerEvent {
  const message = `${tooLong} of ${read} rows are longer than maxLength ${maxLength} and were left out (a cut row would lose its stop token). Raise maxLength to train on them.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_ROWS_TOO_LONG', message };
}

function stopWarning(unstopped: number, count: number, step: number): TrainerEvent {
  const message = `${unstopped} of ${count} rows do not train a stop token at their end, so the model learns to go on for ever. Set appendEos: true, or end completions with the format's stop token.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_STOP_NOT_TRAINED', message };
}

function noRows({ tooLong, read }: SequenceSource, { maxLength }: SftOptions): TrainerError {
  const message =
    read === 0
      ? 'The stream has no rows. Check the dataset and its split.'
      : `All ${tooLong} rows are longer than maxLength ${maxLength}. Raise maxLength.`;
  return new TrainerError('TW_TRAINERS_NO_ROWS', message);
}
