// What the two trainers of reward models share: the classifier is what is trained, saved and resumed, and the loop is
//   rows -> items (what is left out is counted) -> micro-batches -> one update
// What an item is and what is learnt from it, they say.

import type { ChatFormat, Tokenizer } from '@thinkwright/chat';
import { type Classifier, type ClassifierKind, saveClassifier } from '@thinkwright/models';
import { microBatchesOf } from '../batches/micro-batches.ts';
import { TrainerError } from '../errors.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import type { TrainingOptions } from '../options/training-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { reportFindings } from '../preflight/finding.ts';
import { type ItemsToCome, plannedTokens } from '../preflight/planned-tokens.ts';
import type { LearnResult } from '../rl/learn.ts';
import type { SharedPorts, Trainer, TrainerEvent } from '../trainer.ts';
import { type StepContext, type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';

export interface ClassifierPorts extends Omit<SharedPorts, 'model'> {
  /** createClassifier(model, ...) or loadClassifier(folder); stays the caller's. */
  classifier: Classifier;
  /** Renders conversations; needed for rows of messages. */
  format?: ChatFormat;
  /** Needed for rows of plain text when there is no format. */
  tokenizer?: Tokenizer;
}

/** Items from rows, with their exact position. */
interface ItemSource<Item, State> {
  take(count: number): Promise<Item[]>;
  state(): State;
  restore(state: State): void;
}

export interface ClassifierLoop<Row, Item, State> {
  kind: string;
  ports: ClassifierPorts;
  options: TrainingOptions;
  source: ItemSource<Item, State>;
  /** The same rows once more, for the pre-flight. */
  toCome: Omit<ItemsToCome<Row, Item>, 'tokensOf'>;
  /** What the model reads of an item. */
  sequencesOf(item: Item): readonly { ids: Int32Array }[];
  /** Rows left out so far, and what to say of them. */
  leftOut(): number;
  leftOutMessage(): string;
  /** Why there is nothing to train on. */
  nothing(): string;
  /** @param step optimizer steps done. */
  learn(window: OptimizerWindow, microBatches: Item[][], learningRate: number, step: number): Promise<LearnResult>;
}

export function classifierTrainer<Row, Item, State>(loop: ClassifierLoop<Row, Item, State>): Trainer {
  const { kind, ports, options, source, learn } = loop;
  const { classifier, format, tokenizer, ...more } = ports;
  const run = new TrainingRun<State>({
    kind,
    ports: { model: classifier.model, ...more },
    options,
    totalSteps: options.maxSteps!,
    tokenizerFiles: format?.files ?? tokenizer?.files,
    beside: classifier.head.parameters(),
    saveWeights: (folder, tokenizerFiles) => saveClassifier(classifier, folder, { tokenizerFiles }),
    position: () => source.state(),
    restore: async (position) => source.restore(position),
  });
  const { perDeviceTrainBatchSize, gradientAccumulationSteps } = options;

  async function preflight(items: readonly Item[]) {
    const tokensOf = (item: Item) => loop.sequencesOf(item).reduce((sum, { ids }) => sum + ids.length, 0);
    const tokens = await plannedTokens({ ...loop.toCome, tokensOf }, items, perDeviceTrainBatchSize);
    const learner = { model: classifier.model, format, tokenizer, trained: run.window.parameters, options };
    // how replies end matters to models that write, not to judges
    return checkLearner({ ...learner, tokens }).filter(
      ({ code, severity }) => severity === 'error' || code === 'TW_TRAINERS_MEMORY',
    );
  }

  async function* takeStep({ isFirst }: StepContext): ReturnType<TakeStep> {
    const before = loop.leftOut();
    const items = await source.take(perDeviceTrainBatchSize * gradientAccumulationSteps);
    if (loop.leftOut() > before) yield tooLong(run.step, loop.leftOutMessage());
    if (items.length === 0) {
      if (run.step === 0) throw new TrainerError('TW_TRAINERS_NO_ROWS', loop.nothing());
      return 'exhausted';
    }
    if (isFirst) yield* reportFindings(await preflight(items), run.step);
    return learn(run.window, microBatchesOf(items, perDeviceTrainBatchSize), run.learningRate, run.step);
  }

  return trainingLoop(run, { takeStep });
}

const tooLong = (step: number, message: string): TrainerEvent => ({
  type: 'warning',
  step,
  code: 'TW_TRAINERS_ROWS_TOO_LONG',
  message,
});

/** @throws TrainerError SHAPE for a classifier of the other kind, or with another number of outputs. */
export function checkClassifier(
  { kind, head }: Classifier,
  wanted: { kind: ClassifierKind; labels: number },
  trainer: string,
): void {
  const labels = head.weight.shape[0]!;
  if (kind === wanted.kind && labels === wanted.labels) return;
  throw new TrainerError(
    'TW_TRAINERS_SHAPE',
    `${trainer}: the classifier is of kind "${kind}" with ${labels} outputs; expected "${wanted.kind}" with ${wanted.labels}. Make it with createClassifier(model, { kind: '${wanted.kind}' }).`,
  );
}
