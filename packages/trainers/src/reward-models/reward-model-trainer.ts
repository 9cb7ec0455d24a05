// Outcome reward models: a score of a whole completion, learnt from pairs of which one is better.
//   pairs -> score at the last token of each side -> Bradley-Terry loss -> optimizer
// Christiano et al., https://arxiv.org/abs/1706.03741; Stiennon et al., https://arxiv.org/abs/2009.01325.

import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { parseRewardModelOptions, type RewardModelOptionsInput } from '../options/reward-model-options.ts';
import { type PreferencePair, type PreferenceRow, PreferenceSource, pairOf } from '../preference/pair-source.ts';
import type { Trainer } from '../trainer.ts';
import { type ClassifierPorts, checkClassifier, classifierTrainer } from './classifier-trainer.ts';
import { learnRewards } from './learn-rewards.ts';

/** Rows are { prompt, chosen, rejected }, and optionally `margin`: by how much the chosen side must win. */
export interface RewardModelPorts extends ClassifierPorts, RowPorts<PreferenceRow> {}

/**
 * A trainer for a classifier of kind `sequence`. Options are checked at once; nothing is trained before `train()`. `save` writes a folder
 * for `loadClassifier` and transformers' AutoModelForSequenceClassification.
 * @throws TrainerError for unknown, invalid or clashing options, or a classifier of another kind.
 */
export function createRewardModelTrainer(settings: RewardModelPorts & RewardModelOptionsInput): Trainer {
  const { classifier, format, tokenizer, stage, evaluate, outputDir, resumeFromCheckpoint, ...more } = settings;
  const { stream, dataset, ...given } = more;
  const options = parseRewardModelOptions(given);
  const { maxLength } = options;
  checkClassifier(classifier, { kind: 'sequence', labels: 1 }, 'createRewardModelTrainer');
  const order = { seed: options.seed, shuffle: options.shuffleDataset };
  const rows = openStream({ stream, dataset }, order, 'createRewardModelTrainer');
  const reader = {
    read: (row: PreferenceRow) => [pairOf(row, { format, tokenizer })],
    sequencesOf: ({ chosen, rejected }: PreferencePair) => [chosen, rejected],
  };
  const open = (stream: typeof rows) => new PreferenceSource(stream, reader, maxLength);
  const source = open(rows);
  return classifierTrainer({
    kind: 'reward-model',
    ports: { classifier, format, tokenizer, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    source,
    toCome: { dataset, order, open },
    sequencesOf: reader.sequencesOf,
    leftOut: () => source.tooLong,
    leftOutMessage: () =>
      `${source.tooLong} of ${source.read} pairs have a side longer than maxLength ${maxLength} and were left out. Raise maxLength to train on them.`,
    nothing: () =>
      source.read === 0
        ? 'The stream has no rows. Check the dataset and its split.'
        : `All ${source.tooLong} pairs are longer than maxLength ${maxLength}. Raise maxLength.`,
    learn: (window, pairs, learningRate, step) => learnRewards(classifier, window, pairs, learningRate, options, step),
  });
}
