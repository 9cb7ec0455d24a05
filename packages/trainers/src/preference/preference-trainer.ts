// Preference learning (DPO with every loss of its family, APO, IPO, KTO, CPO, SimPO, ORPO): one loop that reads from top to bottom.
//   pairs (KTO: single completions) -> log-probs of policy and reference -> loss -> optimizer -> the reference follows, where asked

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import type { RowStream } from '@thinkwright/datasets';
import type { LanguageModel } from '@thinkwright/models';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { TrainerError } from '../errors.ts';
import {
  type PreferenceOptions,
  type PreferenceOptionsInput,
  parsePreferenceOptions,
} from '../options/preference-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { reportFindings } from '../preflight/finding.ts';
import { plannedTokens } from '../preflight/planned-tokens.ts';
import { mixInto, type ReferencePolicy, referencePolicy } from '../rl/reference-policy.ts';
import type { SharedPorts, Trainer, TrainerEvent } from '../trainer.ts';
import { type StepContext, type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { type LearnPairsResult, learnPairs } from './learn-pairs.ts';
import { learnUnpaired } from './learn-unpaired.ts';
import { type PreferenceRow, PreferenceSource, pairOf, type RowReader } from './pair-source.ts';
import { liveScores, precomputedScores, type ReferenceScorer } from './reference-scores.ts';
import { unpairedExamplesOf } from './unpaired-source.ts';

/** Rows are { prompt, chosen, rejected }; for KTO also { prompt, completion, label }. */
export interface PreferencePorts extends SharedPorts, RowPorts<PreferenceRow> {
  /** Renders conversations; needed for rows of messages. */
  format?: ChatFormat;
  /** Needed for rows of plain text when there is no format. */
  tokenizer?: Tokenizer;
  /** The frozen policy of DPO and KTO; otherwise the model without its adapter, or a copy of the weights as they are now. */
  reference?: LanguageModel;
}

/**
 * A trainer for pairs of completions, one better than the other, or (KTO) completions marked good or bad. Options are checked at once;
 * nothing is trained before `train()`.
 * @throws TrainerError for unknown, invalid or clashing options.
 */
export function createPreferenceTrainer(settings: PreferencePorts & PreferenceOptionsInput): Trainer {
  const { format, tokenizer, ...rest } = settings;
  const rendering = { format, tokenizer };
  return settings.algorithm === 'kto'
    ? preferenceTrainer(settings, rest, {
        reader: {
          read: (row) => unpairedExamplesOf(row, rendering),
          sequencesOf: ({ sequence }) => [sequence],
        },
        fewest: 2,
        learn: ({ model, scores, frozen, run, options }, examples) =>
          learnUnpaired(
            model,
            { scores: scores!, reference: frozen },
            run.window,
            examples,
            run.learningRate,
            options,
            run.step,
          ),
      })
    : preferenceTrainer(settings, rest, {
        reader: {
          read: (row) => [pairOf(row, rendering)],
          sequencesOf: ({ chosen, rejected }) => [chosen, rejected],
        },
        fewest: 1,
        learn: ({ model, scores, run, options }, pairs) =>
          learnPairs(model, scores, run.window, microBatchesOf(pairs, options), run.learningRate, options, run.step),
      });
}

interface LearnContext {
  model: LanguageModel;
  scores: ReferenceScorer | undefined;
  frozen: ReferencePolicy | undefined;
  run: TrainingRun<unknown>;
  options: PreferenceOptions;
}

interface Learner<Item> {
  reader: RowReader<Item>;
  /** Items without which there is no step. */
  fewest: number;
  learn(context: LearnContext, items: Item[]): Promise<LearnPairsResult>;
}

function preferenceTrainer<Item>(
  { format, tokenizer }: PreferencePorts,
  ports: Omit<PreferencePorts & PreferenceOptionsInput, 'format' | 'tokenizer'>,
  { reader, fewest, learn }: Learner<Item>,
): Trainer {
  const { model, stage, evaluate, outputDir, resumeFromCheckpoint, ...more } = ports;
  const { stream, dataset, reference, ...given } = more;
  const options = parsePreferenceOptions(given);
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, maxLength, syncRefModel } = options;
  const windowItems = perDeviceTrainBatchSize * gradientAccumulationSteps;
  const order = { seed: options.seed, shuffle: options.shuffleDataset };
  const rows = openStream({ stream, dataset }, order, 'createPreferenceTrainer');
  const source = new PreferenceSource(rows, reader, maxLength);
  const needsReference = options.algorithm === 'dpo' || options.algorithm === 'kto';
  const frozen = needsReference ? referencePolicy(model, reference, { follows: syncRefModel }) : undefined;
  let scores = frozen && !options.precomputeRefLogProbs ? liveScores(frozen) : undefined;
  const run = new TrainingRun({
    kind: 'preference',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps: options.maxSteps!,
    tokenizerFiles: format?.files ?? tokenizer?.files,
    position: () => source.state(),
    restore: async (position) => source.restore(position),
    ...(frozen && syncRefModel && { reference: frozen.model.namedTensors() }),
  });

  /** Every sequence of the dataset, window by window. */
  async function* allSequences() {
    if (dataset?.size === undefined) throw noFirstPass();
    const once = new PreferenceSource(dataset.stream({ epochs: 1 }), reader, maxLength);
    for (let items = await once.take(windowItems); items.length > 0; items = await once.take(windowItems))
      yield items.flatMap((item) => reader.sequencesOf(item));
  }

  let reportedTooLong = 0;

  async function preflight(items: readonly Item[]) {
    const open = (stream: RowStream<PreferenceRow>) => new PreferenceSource(stream, reader, maxLength);
    const tokensOf = (item: Item) => reader.sequencesOf(item).reduce((sum, { ids }) => sum + ids.length, 0);
    const tokens = await plannedTokens({ dataset, order, open, tokensOf }, items, perDeviceTrainBatchSize);
    const scorers = frozen && !options.precomputeRefLogProbs ? [frozen.model] : [];
    return checkLearner({ model, format, tokenizer, trained: run.window.parameters, options, tokens, scorers });
  }

  async function* takeStep({ isFirst }: StepContext): ReturnType<TakeStep> {
    const items = await source.take(windowItems);
    if (source.tooLong > reportedTooLong) {
      reportedTooLong = source.tooLong;
      yield tooLongWarning(source, options, run.step);
    }
    if (items.length < fewest) {
      if (run.step === 0) throw tooFewRows(source, options);
      return 'exhausted';
    }
    if (isFirst) yield* reportFindings(await preflight(items), run.step);
    if (frozen && scores === undefined) {
      scores = await precomputedScores(frozen, allSequences(), outputDir);
      frozen.dispose();
    }
    const result = await learn({ model, scores, frozen, run, options }, items);
    if (frozen && syncRefModel && (run.step + 1) % options.refModelSyncSteps === 0)
      mixInto(frozen.model, model, options.refModelMixupAlpha);
    return result;
  }

  return trainingLoop(run, {
    takeStep,
    begin() {
      reportedTooLong = source.tooLong;
    },
    dispose: () => frozen?.dispose(),
  });
}

export function microBatchesOf<Item>(items: readonly Item[], { perDeviceTrainBatchSize }: PreferenceOptions): Item[][] {
  const window: Item[][] = [];
  for (let start = 0; start < items.length; start += perDeviceTrainBatchSize)
    window.push(items.slice(start, start + perDeviceTrainBatchSize));
  return window;
}

interface SourceCounts {
  read: number;
  tooLong: number;
}

function tooLongWarning({ tooLong, read }: SourceCounts, { maxLength }: PreferenceOptions, step: number): TrainerEvent {
  const message = `${tooLong} of ${read} rows have a side longer than maxLength ${maxLength} and were left out. Raise maxLength to train on them.`;
  return { type: 'warning', step, code: 'TW_TRAINERS_ROWS_TOO_LONG', message };
}

function tooFewRows({ tooLong, read }: SourceCounts, { maxLength }: PreferenceOptions): TrainerError {
  const message =
    read === 0
      ? 'The stream has no rows. Check the dataset and its split.'
      : `Of ${read} rows ${tooLong} are longer than maxLength ${maxLength}, and too few are left for a batch. Raise maxLength.`;
  return new TrainerError('TW_TRAINERS_NO_ROWS', message);
}

function noFirstPass(): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_OPTIONS_CLASH',
    'precomputeRefLogProbs goes through the rows once before training: give a `dataset` of known size, not a stream.',
  );
}
