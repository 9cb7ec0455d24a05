// Outcome reward models: a score of a whole completion, learnt from pairs of which one is better.
//   pairs -> score at the last token of each side -> Bradley-Terry loss -> optimizer
// Christiano et al., https://arxiv.org/abs/1706.03741; Stiennon et al., https://arxiv.org/abs/2009.01325.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import { microBatchesOf } from '../batches/micro-batches.ts';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { TrainerError } from '../errors.ts';
import { parseRewardModelOptions, type RewardModelOptionsInput } from '../options/reward-model-options.ts';
import { type PreferencePair, type PreferenceRow, PreferenceSource, pairOf } from '../preference/pair-source.ts';
import type { Trainer, TrainerEvent } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { type ClassifierPorts, checkClassifier, classifierRun } from './classifier-run.ts';
import { learnRewards } from './learn-rewards.ts';

/** Rows are { prompt, chosen, rejected }, and optionally `margin`: by how much the chosen side must win. */
export interface RewardModelPorts extends ClassifierPorts, RowPorts<PreferenceRow> {
  /** Renders conversations; needed for rows of messages. */
  format?: ChatFormat;
  /** Needed for rows of plain text when there is no format. */
  tokenizer?: Tokenizer;
}

/**
 * A trainer for a classifier of kind `sequence`. Options are checked at once; nothing is trained before `train()`. `save` writes a folder
 * for `loadClassifier` and transformers' AutoModelForSequenceClassification.
 * @throws TrainerError for unknown, invalid or clashing options, or a classifier of another kind.
 */
export function createRewardModelTrainer(settings: RewardModelPorts & RewardModelOptionsInput): Trainer {
  const { classifier, stage, evaluate, outputDir, resumeFromCheckpoint, ...more } = settings;
  const { stream, dataset, format, tokenizer, ...given } = more;
  const options = parseRewardModelOptions(given);
  checkClassifier(classifier, { kind: 'sequence', labels: 1 }, 'createRewardModelTrainer');
  const order = { seed: options.seed, shuffle: options.shuffleDataset };
  const rows = openStream({ stream, dataset }, order, 'createRewardModelTrainer');
  const reader = {
    read: (row: PreferenceRow) => [pairOf(row, { format, tokenizer })],
    sequencesOf: ({ chosen, rejected }: PreferencePair) => [chosen, rejected],
  };
  const source = new PreferenceSource(rows, reader, options.maxLength);
  const run = new TrainingRun({
    kind: 'reward-model',
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
    const before = source.tooLong;
    const pairs = await source.take(perDeviceTrainBatchSize * gradientAccumulationSteps);
    if (source.tooLong > before) yield tooLongWarning(source, options.maxLength, run.step);
    if (pairs.length === 0) {
      if (run.step === 0) throw noPairs(source, options.maxLength);
      return 'exhausted';
    }
    const window = microBatchesOf(pairs, perDeviceTrainBatchSize);
    return learnRewards(classifier, run.window, window, run.learningRate, options, run.step);
  }

  return trainingLoop(run, { takeStep });
}

type Counts = Pick<PreferenceSource<PreferencePair>, 'tooLong' | 'read'>;

function tooLongWarning({ tooLong, read }: Counts, maxLength: number | null, step: number): TrainerEvent {
  const message = `${tooLong} of ${read} pairs have a side longer than maxLength ${maxLength} and were left out. Raise maxLength to train on them.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_ROWS_TOO_LONG', message };
}

function noPairs({ tooLong, read }: Counts, maxLength: number | null): TrainerError {
  const message =
    read === 0
      ? 'The stream has no rows. Check the dataset and its split.'
      : `All ${tooLong} pairs are longer than maxLength ${maxLength}. Raise maxLength.`;
  return new TrainerError('TW_TRAINERS_NO_ROWS', message);
}
