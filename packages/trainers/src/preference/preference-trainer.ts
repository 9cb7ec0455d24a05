// Preference learning (DPO with every loss of its family, APO, IPO, KTO, CPO, SimPO, ORPO): one loop that reads from top to bottom.
//   pairs -> chosen and rejected laid end to end -> log-probs of policy and reference -> loss of the pairs -> optimizer

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { TrainerError } from '../errors.ts';
import {
  type PreferenceOptions,
  type PreferenceOptionsInput,
  parsePreferenceOptions,
} from '../options/preference-options.ts';
import { referencePolicy } from '../rl/reference-policy.ts';
import type { SharedPorts, Trainer, TrainerEvent } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { learnPairs } from './learn-pairs.ts';
import { PairSource, type PreferencePair, type PreferenceRow } from './pair-source.ts';

/** Rows are { prompt, chosen, rejected }. */
export interface PreferencePorts extends SharedPorts, RowPorts<PreferenceRow> {
  /** Renders conversations; needed for rows of messages. */
  format?: ChatFormat;
  /** Needed for rows of plain text when there is no format. */
  tokenizer?: Tokenizer;
  /** The frozen policy of DPO and KTO; otherwise the model without its adapter, or a copy of the weights as they are now. */
  reference?: LanguageModel;
}

/**
 * A trainer for pairs of completions, one better than the other. Options are checked at once; nothing is trained before `train()`.
 * @throws TrainerError for unknown, invalid or clashing options.
 */
export function createPreferenceTrainer(settings: PreferencePorts & PreferenceOptionsInput): Trainer {
  const { model, stage, evaluate, outputDir, resumeFromCheckpoint, ...more } = settings;
  const { stream, dataset, format, tokenizer, reference, ...given } = more;
  const options = parsePreferenceOptions(given);
  const totalSteps = options.maxSteps!;
  const rows = openStream(
    { stream, dataset },
    { ...options, shuffle: options.shuffleDataset },
    'createPreferenceTrainer',
  );
  const source = new PairSource(rows, { format, tokenizer }, options.maxLength);
  const needsReference = options.algorithm === 'dpo' || options.algorithm === 'kto';
  const frozen = needsReference ? referencePolicy(model, reference) : undefined;
  const run = new TrainingRun({
    kind: 'preference',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps,
    tokenizerFiles: format?.files ?? tokenizer?.files,
    position: () => source.state(),
    restore: async (position) => source.restore(position),
  });
  const { perDeviceTrainBatchSize, gradientAccumulationSteps } = options;

  let reportedTooLong = 0;

  async function* takeStep(): ReturnType<TakeStep> {
    const pairs = await source.take(perDeviceTrainBatchSize * gradientAccumulationSteps);
    if (source.tooLong > reportedTooLong) {
      reportedTooLong = source.tooLong;
      yield tooLongWarning(source, options, run.step);
    }
    const window = microBatchesOf(pairs, options);
    if (window.length === 0) {
      if (run.step === 0) throw noPairs(source, options);
      return 'exhausted';
    }
    return learnPairs(model, frozen, run.window, window, run.learningRate, options, run.step);
  }

  return trainingLoop(run, {
    takeStep,
    begin() {
      reportedTooLong = source.tooLong;
    },
    dispose: () => frozen?.dispose(),
  });
}

/** Micro-batches of a window; KTO leaves out a last one of a single pair, which has no other prompt to mismatch with. */
function microBatchesOf(pairs: PreferencePair[], options: PreferenceOptions): PreferencePair[][] {
  const window: PreferencePair[][] = [];
  for (let start = 0; start < pairs.length; start += options.perDeviceTrainBatchSize)
    window.push(pairs.slice(start, start + options.perDeviceTrainBatchSize));
  return options.algorithm === 'kto' ? window.filter((micro) => micro.length > 1) : window;
}

function tooLongWarning({ tooLong, read }: PairSource, { maxLength }: PreferenceOptions, step: number): TrainerEvent {
  const message = `${tooLong} of ${read} pairs have a side longer than maxLength ${maxLength} and were left out. Raise maxLength to train on them.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_ROWS_TOO_LONG', message };
}

function noPairs({ tooLong, read }: PairSource, { maxLength }: PreferenceOptions): TrainerError {
  const message =
    read === 0
      ? 'The stream has no rows. Check the dataset and its split.'
      : `Of ${read} pairs ${tooLong} are longer than maxLength ${maxLength}, and too few are left for a batch. Raise maxLength.`;
  return new TrainerError('TW_TRAINERS_NO_ROWS', message);
}
