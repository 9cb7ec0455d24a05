// Rejection sampling, the bootstrap of STaR: rounds of sampling, keeping what is correct, and fine-tuning on it.
// STaR: https://arxiv.org/abs/2203.14465, without rationalisation; each round goes on from the last (expert iteration) where the
// paper restarts from the base model. There is no negative signal: lucky hasty answers survive.

import { setImmediate } from 'node:timers/promises';
import type { ChatFormat } from '@thinkwright/chat';
import type { RowStream } from '@thinkwright/datasets';
import type { RewardFunction, Row } from '@thinkwright/rewards';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { type SavedSequence, sequenceFromJson, sequenceToJson } from '../batches/saved-sequence.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import {
  parseRejectionSamplingOptions,
  type RejectionSamplingOptions,
  type RejectionSamplingOptionsInput,
} from '../options/rejection-sampling-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { plannedCompletionTokens } from '../preflight/planned-tokens.ts';
import { scoringModels } from '../preflight/scoring-models.ts';
import { recordOf, sampleAndScore } from '../rl/generation.ts';
import { PromptSource, type PromptSourceState } from '../rl/prompt-source.ts';
import { trajectorySequence } from '../rl/rollout.ts';
import { learnSequences } from '../sft/learn-sequences.ts';
import type { RolloutRecord, SharedPorts, Trainer, TrainerEvent } from '../trainer.ts';
import { type StepContext, type TakeStep, trainingLoop } from '../training-loop.ts';
import { type Phase, TrainingRun } from '../training-run.ts';
import { type Candidate, keepCorrect } from './keep-correct.ts';
import { shuffledOrder } from './shuffled-order.ts';

export interface RejectionSamplerPorts extends SharedPorts, RowPorts<Row> {
  engine: RolloutEngine;
  format: ChatFormat;
  reward: RewardFunction;
  /** Which completions to keep; default: it ended by itself and its reward is at least `minimumReward`. */
  accept?: (record: RolloutRecord) => boolean;
  /** Further metrics of a round's samples, such as the style of a task's traces. */
  metrics?: (records: RolloutRecord[]) => Record<string, number>;
}

interface Position {
  prompts: PromptSourceState;
  round: number;
  generations: number;
  phase: Phase;
  kept: SavedSequence[];
}

/**
 * A trainer in rounds; its steps are those of the fine-tuning, and `totalSteps` is an upper estimate until the last round is sampled.
 * @throws TrainerError for unknown, invalid or clashing options.
 */
export function createRejectionSampler(settings: RejectionSamplerPorts & RejectionSamplingOptionsInput): Trainer {
  const {
    model,
    stage,
    evaluate,
    outputDir,
    resumeFromCheckpoint,
    engine,
    format,
    reward,
    stream,
    dataset,
    accept: givenAccept,
    metrics: taskMetrics,
    ...given
  } = settings;
  const options = parseRejectionSamplingOptions(given);
  const { rounds, problemsPerRound, generationBatchSize, keepPerProblem, minimumReward } = options;
  const accept =
    givenAccept ?? (({ reward, finish }) => finish === 'stop' && reward !== null && reward >= minimumReward - 1e-9);
  const room = model.config.maxPositions - options.maxCompletionLength;
  const order = { seed: options.seed, shuffle: true };
  const open = (rows: RowStream<Row>) => new PromptSource(rows, format, room);
  const source = open(openStream({ stream, dataset }, order, 'createRejectionSampler'));
  let round = 0; // rounds sampled
  let generations = 0;
  let kept: TrainingSequence[] = [];

  const run: TrainingRun<Position> = new TrainingRun<Position>({
    kind: 'rejection-sampling',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps: stepsFor(problemsPerRound * keepPerProblem, options),
    estimateTotalSteps: () =>
      run.phase.start +
      run.phase.steps +
      Math.max(0, rounds - Math.max(round, 1)) * stepsFor(problemsPerRound * keepPerProblem, options),
    tokenizerFiles: format.files,
    position: () => ({
      prompts: source.state(),
      round,
      generations,
      phase: { ...run.phase },
      kept: kept.map(sequenceToJson),
    }),
    async restore(position) {
      source.restore(position.prompts);
      ({ round, generations } = position);
      run.phase = position.phase;
      kept = position.kept.map(sequenceFromJson);
    },
  });
  const roundIsOver = () => round === 0 || run.step >= run.phase.start + run.phase.steps;

  /** False when aborted: the prompts go back, so that a resumed run samples the same round. */
  async function* sampleRound(signal?: AbortSignal): AsyncGenerator<TrainerEvent, boolean> {
    const before = { prompts: source.state(), generations };
    const collected: TrainingSequence[] = [];
    const records: RolloutRecord[] = [];
    while (records.length < problemsPerRound * options.numGenerations) {
      if (signal?.aborted) {
        source.restore(before.prompts);
        generations = before.generations;
        return false;
      }
      const asked = Math.min(generationBatchSize, problemsPerRound - records.length / options.numGenerations);
      const prompts = await source.take(asked);
      if (prompts.length === 0) break;
      const place = { index: generations++, step: run.step };
      const { samples } = await sampleAndScore(prompts, { engine, format, reward }, options, place);
      const candidates = samples.map(
        (sample): Candidate => ({
          record: recordOf(sample, prompts[sample.group]!, 0, run.step),
          sequence: trajectorySequence(sample.trajectory),
        }),
      );
      for (let start = 0; start < candidates.length; start += options.numGenerations) {
        collected.push(...keepCorrect(candidates.slice(start, start + options.numGenerations), keepPerProblem, accept));
      }
      records.push(...candidates.map(({ record }) => record));
      yield { type: 'rollout', step: run.step, records: candidates.map(({ record }) => record) };
      await setImmediate();
    }
    round++;
    if (collected.length === 0) throw nothingKept(round, records.length, options);
    kept = collected;
    run.beginPhase(stepsFor(kept.length, options));
    const accepted = records.filter(accept).length / records.length;
    const metrics = {
      ...meanParts(records),
      ...taskMetrics?.(records),
      accepted,
      kept: kept.length,
      sampled: records.length,
      steps: run.phase.steps,
    };
    yield { type: 'round-end', step: run.step, round, metrics };
    return true;
  }

  async function* takeStep({ signal }: StepContext): ReturnType<TakeStep> {
    if (roundIsOver() && !(yield* sampleRound(signal))) return 'aborted';
    const started = performance.now(); // sampling is not part of the step
    const window = windowOf(kept, run.step - run.phase.start, round, options);
    const { metrics, tokens } = await learnSequences(model, run.window, window, run.learningRate, {
      ...options,
      step: run.step,
    });
    const isLastOfRound = run.step + 1 >= run.phase.start + run.phase.steps;
    const seconds = (performance.now() - started) / 1000;
    return { metrics: { ...metrics, round }, tokens, seconds, saveAnyway: isLastOfRound };
  }

  return trainingLoop(run, {
    takeStep,
    async preflight() {
      const tokens = await plannedCompletionTokens(
        { dataset, order, open },
        { sequences: options.perDeviceTrainBatchSize, completion: options.maxCompletionLength, prompt: null },
      );
      return checkLearner({
        model,
        format,
        trained: run.window.parameters,
        options,
        tokens,
        scorers: scoringModels(model),
      });
    },
    isFinished: () => round === rounds && roundIsOver(),
  });
}

/** Optimizer steps over `count` sequences for the epochs asked; what does not fill a window is left out. */
function stepsFor(count: number, options: RejectionSamplingOptions): number {
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, numTrainEpochs } = options;
  return Math.max(1, Math.floor((count * numTrainEpochs) / (perDeviceTrainBatchSize * gradientAccumulationSteps)));
}

/** The micro-batches of one step of a round: consecutive places in the epochs' shuffled orders. */
function windowOf(
  kept: readonly TrainingSequence[],
  stepOfRound: number,
  round: number,
  { perDeviceTrainBatchSize, gradientAccumulationSteps, seed }: RejectionSamplingOptions,
): TrainingSequence[][] {
  const rows = Math.min(perDeviceTrainBatchSize * gradientAccumulationSteps, kept.length);
  const orders = new Map<number, Int32Array>();
  const picked = Array.from({ length: rows }, (_, row) => {
    const place = stepOfRound * rows + row;
    const epoch = Math.floor(place / kept.length);
    if (!orders.has(epoch)) orders.set(epoch, shuffledOrder(kept.length, seed, round, epoch));
    return kept[orders.get(epoch)![place % kept.length]!]!;
  });
  const microBatches: TrainingSequence[][] = [];
  for (let start = 0; start < rows; start += perDeviceTrainBatchSize) {
    microBatches.push(picked.slice(start, start + perDeviceTrainBatchSize));
  }
  return microBatches;
}

function meanParts(records: readonly RolloutRecord[]): Record<string, number> {
  const scored = records.filter(({ reward }) => reward !== null);
  const mean = (value: (record: RolloutRecord) => number) =>
    scored.reduce((sum, record) => sum + value(record), 0) / scored.length;
  const names = new Set(scored.flatMap(({ parts }) => Object.keys(parts)));
  const parts = [...names].map((name) => [`rewards/${name}/mean`, mean((record) => record.parts[name] ?? 0)] as const);
  return { reward: mean((record) => record.reward!), ...Object.fromEntries(parts) };
}

function nothingKept(round: number, sampled: number, { minimumReward }: RejectionSamplingOptions): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_NO_ROWS',
    `Round ${round}: not one of ${sampled} completions was good enough to learn from (minimumReward ${minimumReward}). ` +
      'Train longer before sampling, sample more per problem, or lower minimumReward.',
  );
}
