// Supervised fine-tuning, and pretraining on plain text: one loop that reads from top to bottom.
//   rows -> ids and masks -> micro-batches laid end to end -> sum of nll over the window's targets -> AdamW

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { Dataset, RowStream } from '@thinkwright/datasets';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import { parseSftOptions, type SftOptions, type SftOptionsInput } from '../options/sft-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { checkRows } from '../preflight/check-rows.ts';
import { reportFindings } from '../preflight/finding.ts';
import { plannedTokens } from '../preflight/planned-tokens.ts';
import type { Evaluate, SharedPorts, Trainer, TrainerEvent } from '../trainer.ts';
import { type StepContext, type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { evaluateSequences, requireEvaluable } from './evaluate-sequences.ts';
import { learnSequences } from './learn-sequences.ts';
import type { SftRow } from './row-to-sequence.ts';
import { type BatchRow, SequenceSource } from './sequence-source.ts';

export interface SftPorts extends SharedPorts, RowPorts<SftRow> {
  /** Rows that are not trained on: eval_loss, eval_entropy and eval_mean_token_accuracy every evalSteps. */
  evalDataset?: Dataset<SftRow>;
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
  const { model, stage, evaluate, evalDataset, outputDir, resumeFromCheckpoint, stream, dataset, ...rest } = settings;
  const { format, tokenizer, ...given } = rest;
  const options = parseSftOptions(given);
  const totalSteps = stepsOf(options, dataset);
  const rows = { seed: options.seed, shuffle: options.shuffleDataset };
  const reading = { ...options, format, tokenizer };
  const source = new SequenceSource(openStream({ stream, dataset }, rows, 'createSftTrainer'), reading);
  const evaluateBoth: Evaluate = async (context) => ({
    ...(evalDataset &&
      (await evaluateSequences(model, evalDataset, { ...options, format, tokenizer }, context.signal))),
    ...(await evaluate?.(context)),
  });
  const run = new TrainingRun({
    kind: 'sft',
    ports: {
      model,
      stage,
      evaluate: evaluate || evalDataset ? evaluateBoth : undefined,
      outputDir,
      resumeFromCheckpoint,
    },
    options,
    totalSteps,
    tokenizerFiles: format?.files ?? tokenizer?.files,
    position: () => source.state(),
    restore: (position) => source.restore(position),
  });
  const { perDeviceTrainBatchSize, gradientAccumulationSteps } = options;

  let reportedTooLong = 0;

  async function preflight(window: BatchRow[][]) {
    const toCome = {
      dataset: options.packing ? undefined : dataset, // bins are alike
      order: rows,
      open: (stream: RowStream<SftRow>) => new SequenceSource(stream, reading),
      tokensOf: (row: BatchRow) => row.reduce((sum, { ids }) => sum + ids.length, 0),
    };
    const tokens = await plannedTokens(toCome, window.flat(), perDeviceTrainBatchSize);
    const sequences: TrainingSequence[] = window.flat(2);
    return [
      ...checkLearner({ model, format, tokenizer, trained: run.window.parameters, options, tokens }),
      ...checkRows(sequences, { vocabularySize: model.config.vocabularySize, stopIds: format?.stopIds }),
    ];
  }

  async function* takeStep({ isFirst }: StepContext): ReturnType<TakeStep> {
    const window = await readWindow(source, perDeviceTrainBatchSize, gradientAccumulationSteps);
    if (source.tooLong > reportedTooLong) {
      reportedTooLong = source.tooLong;
      yield tooLongWarning(source, options, run.step);
    }
    if (window.length === 0) {
      if (run.step === 0) throw noRows(source, options);
      return 'exhausted';
    }
    if (isFirst) {
      if (evalDataset && options.evalSteps > 0) await requireEvaluable(evalDataset, { ...options, format, tokenizer });
      yield* reportFindings(await preflight(window), run.step);
    }
    const microBatches = window.map((rows) => rows.flat());
    return learnSequences(model, run.window, microBatches, run.learningRate, { ...options, step: run.step });
  }

  return trainingLoop(run, {
    takeStep,
    begin() {
      reportedTooLong = source.tooLong;
    },
  });
}

/** The rows of one optimizer window, micro-batch by micro-batch; fewer at the end of the stream. */
async function readWindow(source: SequenceSource, batchSize: number, microBatches: number): Promise<BatchRow[][]> {
  const window: BatchRow[][] = [];
  for (let micro = 0; micro < microBatches; micro++) {
    const rows = await source.take(batchSize);
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

function noRows({ tooLong, read }: SequenceSource, { maxLength }: SftOptions): TrainerError {
  const message =
    read === 0
      ? 'The stream has no rows. Check the dataset and its split.'
      : `All ${tooLong} rows are longer than maxLength ${maxLength}. Raise maxLength.`;
  return new TrainerError('TW_TRAINERS_NO_ROWS', message);
}
