// Process reward models: is each step of a solution right?
//   solutions in steps -> two classes at the separator after each step -> cross-entropy -> optimizer
// Uesato et al., https://arxiv.org/abs/2211.14275; "Let's verify step by step", https://arxiv.org/abs/2305.20050; TRL PRMTrainer.

import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { type ProcessRewardOptionsInput, parseProcessRewardOptions } from '../options/process-reward-options.ts';
import type { Trainer } from '../trainer.ts';
import { type ClassifierPorts, checkClassifier, classifierTrainer } from './classifier-trainer.ts';
import { learnSteps } from './learn-steps.ts';
import { type StepRow, StepSource } from './step-source.ts';

/** Rows are { prompt, completions: string[], labels: boolean[] }. */
export interface ProcessRewardPorts extends ClassifierPorts, RowPorts<StepRow> {}

/**
 * A trainer for a classifier of kind `token`. Options are checked at once; nothing is trained before `train()`. `save` writes a folder for
 * `loadClassifier` and transformers' AutoModelForTokenClassification.
 * @throws TrainerError for unknown, invalid or clashing options, or a classifier of another kind.
 */
export function createProcessRewardTrainer(settings: ProcessRewardPorts & ProcessRewardOptionsInput): Trainer {
  const { classifier, format, tokenizer, stage, evaluate, outputDir, resumeFromCheckpoint, ...more } = settings;
  const { stream, dataset, ...given } = more;
  const options = parseProcessRewardOptions(given);
  const { maxLength } = options;
  checkClassifier(classifier, { kind: 'token', labels: 2 }, 'createProcessRewardTrainer');
  const order = { seed: options.seed, shuffle: options.shuffleDataset };
  const rows = openStream({ stream, dataset }, order, 'createProcessRewardTrainer');
  const open = (stream: typeof rows) => new StepSource(stream, { ...options, format, tokenizer });
  const source = open(rows);
  return classifierTrainer({
    kind: 'process-reward',
    ports: { classifier, format, tokenizer, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    source,
    toCome: { dataset, order, open },
    sequencesOf: (solution) => [solution],
    leftOut: () => source.unlabelled,
    leftOutMessage: () =>
      `${source.unlabelled} of ${source.read} solutions have no label within maxLength ${maxLength} and were left out. Raise maxLength to train on them.`,
    nothing: () =>
      source.read === 0
        ? 'The stream has no rows. Check the dataset and its split.'
        : `None of ${source.read} solutions has a label within maxLength ${maxLength}. Raise maxLength.`,
    learn: (window, solutions, learningRate, step) =>
      learnSteps(classifier, window, solutions, learningRate, options, step),
  });
}
