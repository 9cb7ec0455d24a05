// Reinforcement learning with verifiable rewards (GRPO, Dr. GRPO, DAPO and their relatives by their options): one loop from top to bottom.
//   generation (rollout-source.ts) -> windows of micro-batches -> clipped objective -> optimizer -> the reference follows
// GRPO: https://arxiv.org/abs/2402.03300. Leaves out tools.

import type { ChatFormat } from '@thinkwright/chat';
import type { RowStream } from '@thinkwright/datasets';
import type { LanguageModel } from '@thinkwright/models';
import type { RewardFunction, Row } from '@thinkwright/rewards';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import {
  type AdaptiveEntropyState,
  afterWindow,
  entropyBonus,
  initialEntropyState,
} from '../entropy/adaptive-entropy.ts';
import { parseRlOptions, type RlOptions, type RlOptionsInput } from '../options/rl-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { plannedCompletionTokens } from '../preflight/planned-tokens.ts';
import { probeFindings } from '../preflight/probe-completions.ts';
import { scoringModels } from '../preflight/scoring-models.ts';
import type { RolloutRecord, SharedPorts, Trainer } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { modeMetrics } from '../watching/mode-metrics.ts';
import { type LearnOptions, type LearnResult, learn } from './learn.ts';
import { learnerWindow } from './learner-batch.ts';
import { tooLongWarning } from './next-prompts.ts';
import { PromptSource } from './prompt-source.ts';
import { mixInto, referencePolicy } from './reference-policy.ts';
import { type Rollout, rolloutFromJson, rolloutToJson } from './rollout.ts';
import { RolloutSource, type RolloutSourceState } from './rollout-source.ts';
import { unscoredWarning } from './score-rollouts.ts';

export interface RlPorts extends SharedPorts, RowPorts<Row> {
  /** Samples with the weights that are trained (createEngine(model)). */
  engine: RolloutEngine;
  format: ChatFormat;
  reward: RewardFunction;
  /** For beta > 0; otherwise the model without its adapter, or a copy of the weights as they are now. */
  reference?: LanguageModel;
  /** Further metrics of a generation, such as the style of a task's traces. */
  metrics?: (records: RolloutRecord[]) => Record<string, number>;
}

/** A generation in use: which of its windows come next. */
interface Pending {
  rollouts: Rollout[];
  next: number;
}

interface Position extends RolloutSourceState {
  adaptiveEntropy?: AdaptiveEntropyState;
  pending?: { rollouts: Record<string, unknown>[]; next: number };
}

/**
 * A trainer that improves `model` on the rewards of its own completions. Options are checked at once; nothing is sampled before
 * the first `train()`.
 * @throws TrainerError for unknown, invalid or clashing options.
 */
export function createRlTrainer(settings: RlPorts & RlOptionsInput): Trainer {
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
    reference,
    metrics,
    ...given
  } = settings;
  const options = parseRlOptions(given);
  const totalSteps = options.maxSteps!;
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, numGenerations, numIterations } = options;
  const stepsPerGeneration = options.stepsPerGeneration ?? gradientAccumulationSteps;
  const promptsPerGeneration = (perDeviceTrainBatchSize * stepsPerGeneration) / numGenerations;
  const windowRows = perDeviceTrainBatchSize * gradientAccumulationSteps;
  const windowsPerGeneration = stepsPerGeneration / gradientAccumulationSteps;
  const beta = options.klInReward ? 0 : options.beta; // of the loss
  const learnOptions: LearnOptions = { ...options, beta, epsilonHigh: options.epsilonHigh ?? options.epsilon };
  const groupsAlwaysTeach = beta > 0 || options.entropyCoef > 0 || options.useAdaptiveEntropy;
  const windowOptions = { ...options, dropZeroSignalGroups: options.dropZeroSignalGroups ?? !groupsAlwaysTeach };
  let adaptiveEntropy = options.useAdaptiveEntropy ? initialEntropyState(options) : undefined;

  const room = model.config.maxPositions - options.maxCompletionLength;
  const order = { seed: options.seed, shuffle: true };
  const open = (rows: RowStream<Row>) =>
    new PromptSource(rows, format, Math.min(room, options.maxPromptLength ?? room), knownPassRateGate(options));
  const prompts = open(openStream({ stream, dataset }, order, 'createRlTrainer'));
  const { syncRefModel, refModelSyncSteps, refModelMixupAlpha } = options;
  const frozen = options.beta > 0 ? referencePolicy(model, reference, { follows: syncRefModel }) : undefined;
  const source = new RolloutSource(prompts, { model, engine, format, reward, reference: frozen }, options);
  let pending: Pending | undefined;

  const run = new TrainingRun<Position>({
    kind: 'rl',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps,
    tokenizerFiles: format.files,
    position: () => ({
      ...source.state(),
      ...(adaptiveEntropy && { adaptiveEntropy }),
      ...(pending && { pending: { rollouts: pending.rollouts.map(rolloutToJson), next: pending.next } }),
    }),
    async restore(position) {
      source.restore(position);
      adaptiveEntropy = position.adaptiveEntropy ?? adaptiveEntropy;
      pending = position.pending && {
        rollouts: position.pending.rollouts.map(rolloutFromJson),
        next: position.pending.next,
      };
    },
    ...(frozen && syncRefModel && { reference: frozen.model.namedTensors() }),
  });

  async function* takeStep(): ReturnType<TakeStep> {
    let generationMetrics: Record<string, number> = {};
    if (pending === undefined) {
      const before = prompts.tooLong;
      const generation = await source.next(promptsPerGeneration, run.step, windowsPerGeneration * numIterations > 1);
      if (prompts.tooLong > before) yield tooLongWarning(prompts, run.step);
      if (generation === undefined) return 'exhausted';
      const { rollouts, records, failures } = generation;
      pending = { rollouts, next: 0 };
      generationMetrics = { ...generation.metrics, ...modeMetrics(records), ...metrics?.(records) };
      yield { type: 'rollout', step: run.step, records };
      if (Object.keys(failures).length > 0) yield unscoredWarning(failures, run.step);
    }

    const { rollouts, next } = pending;
    const from = (next % windowsPerGeneration) * windowRows;
    const window = withoutStale(rollouts.slice(from, from + windowRows), run.step, options.maxStaleness);
    const batches = learnerWindow(window.rollouts, windowOptions);
    const liveRows = batches.reduce((sum, batch) => sum + batch.rollouts.length, 0);
    const learningRate = run.learningRate;
    const bonus = adaptiveEntropy ? entropyBonus(adaptiveEntropy, options) : options.entropyCoef;
    const { metrics: learnt, tokens }: LearnResult =
      liveRows === 0 // every group agrees: the step passes without an update
        ? { metrics: { loss: 0, grad_norm: 0, learning_rate: learningRate }, tokens: 0 }
        : await learn(model, run.window, batches, learningRate, { ...learnOptions, entropyBonus: bonus }, next === 0);
    if (adaptiveEntropy && learnt.entropy !== undefined) {
      learnt.entropy_coef = bonus;
      adaptiveEntropy = afterWindow(adaptiveEntropy, learnt.entropy, options);
    }
    pending = next + 1 < windowsPerGeneration * numIterations ? { rollouts, next: next + 1 } : undefined;
    if (frozen && syncRefModel && (run.step + 1) % refModelSyncSteps === 0)
      mixInto(frozen.model, model, refModelMixupAlpha);
    return { metrics: { ...learnt, ...generationMetrics, ...window.metrics, live_rows: liveRows }, tokens };
  }

  return trainingLoop(run, {
    takeStep,
    preflight: async () => [
      ...checkLearner({
        model,
        format,
        trained: run.window.parameters,
        options,
        tokens: await plannedCompletionTokens(
          { dataset, order, open },
          {
            sequences: perDeviceTrainBatchSize,
            completion: options.maxCompletionLength,
            prompt: options.maxPromptLength,
          },
        ),
        scorers: scoringModels(model, frozen),
      }),
      ...(await probeFindings({ ...options, model, engine, format, dataset }, options.probeSamples, run.step)),
    ],
    dispose: () => frozen?.dispose(),
  });
}

/** Rows that say how often they were solved before (`passRate`, of a filtered data set) must lie within the curriculum's gate. */
function knownPassRateGate({ curriculum }: RlOptions): ((row: Row) => boolean) | undefined {
  if (curriculum === null) return undefined;
  return ({ passRate }) =>
    typeof passRate !== 'number' || (passRate >= curriculum.minPassRate && passRate <= curriculum.maxPassRate);
}

/** Completions sampled more than `most` updates ago do not train. */
function withoutStale(rollouts: Rollout[], step: number, most: number | null) {
  if (most === null) return { rollouts, metrics: {} };
  const ages = rollouts.map(({ sampledAt = step }) => step - sampledAt);
  const kept = rollouts.filter((_, i) => ages[i]! <= most);
  const metrics = { 'staleness/max': Math.max(...ages), 'staleness/left_out': rollouts.length - kept.length };
  return { rollouts: kept, metrics };
}
