// Process reward models: is each step of a solution right?
//   solutions in steps -> two classes at the separator after each step -> cross-entropy -> optimizer
// Uesato et al., https://arxiv.org/abs/2211.14275; "Let's verify step by step", https://arxiv.org/abs/2305.20050; TRL PRMTrainer.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import { microBatchesOf } from '../batches/micro-batches.ts';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { TrainerError } from '../errors.ts';
import { type ProcessRewardOptionsInput, parseProcessRewardOptions } from '../options/process-reward-options.ts';
import type { Trainer, TrainerEvent } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { type ClassifierPorts, checkClassifier, classifierRun } from './classifier-run.ts';
import { learnSteps } from './learn-steps.ts';
import { type StepRow, StepSource } from './step-source.ts';

/** Rows are { prompt, completions: string[], labels: boolean[] }. */
export interface ProcessRewardPorts extends ClassifierPorts, RowPorts<StepRow> {
  /** Renders prompts of messages. */
  format?: ChatFormat;
  /** Needed when there is no format. */
  tokenizer?: Tokenizer;
}

/**
 * A trainer for a classifier of kind `token`. Options are checked at once; nothing is trained before `train()`. `save` writes a folder for
 * `loadClassifier` and transformers' AutoModelForTokenClassification.
 * @throws TrainerError for unknown, invalid or clashing options, or a classifier of another kind.
 */
export function createProcessRewardTrainer(settings: ProcessRewardPorts & ProcessRewardOptionsInput): Trainer {
  const { classifier, stage, evaluate, outputDir, resumeFromCheckpoint, ...more } = settings;
  const { stream, dataset, format, tokenizer, ...given } = more;
  const options = parseProcessRewardOptions(given);
  checkClassifier(classifier, { kind: 'token', labels: 2 }, 'createProcessRewardTrainer');
  const order = { seed: options.seed, shuffle: options.shuffleDataset };
  const rows = openStream({ stream, dataset }, order, 'createProcessRewardTrainer');
  const source = new StepSource(rows, { ...options, format, tokenizer });
  const run = new TrainingRun({
    kind: 'process-reward',
    ports: { model: classifier.model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps: options.maxSteps!,
    tokenizerFiles: format?.files ?? tokenizer?.files,
    ...classifierRun(classifier),
    position: () => source.state(),
    restore: async (position) => source.restore(position),
  });
  const { perDeviceTrainBatchSize, gradientAccumulationSteps } = options;

  async function* takeStep(): ReturnType<TakeStep> {
    const before = source.unlabelled;
    const solutions = await source.take(perDeviceTrainBatchSize * gradientAccumulationSteps);
    if (source.unlabelled > before) yield unlabelledWarning(source, options.maxLength, run.step);
    if (solutions.length === 0) {
      if (run.step === 0) throw noSolutions(source, options.maxLength);
      return 'exhausted';
    }
    const window = microBatchesOf(solutions, perDeviceTrainBatchSize);
    return learnSteps(classifier, run.window, window, run.learningRate, options, run.step);
  }

  return trainingLoop(run, { takeStep });
}

function unlabelledWarning({ unlabelled, read }: StepSource, maxLength: number | null, step: number): TrainerEvent {
  const message = `${unlabelled} of ${read} solutions have no label within maxLength ${maxLength} and were left out. Raise maxLength to train on them.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_ROWS_TOO_LONG', message };
}

function noSolutions({ read }: StepSource, maxLength: number | null): TrainerError {
  const message =
    read === 0
      ? 'The stream has no rows. Check the dataset and its split.'
      : `None of ${read} solutions has a label within maxLength ${maxLength}. Raise maxLength.`;
  return new TrainerError('TW_TRAINERS_NO_ROWS', message);
}
