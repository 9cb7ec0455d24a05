// Reinforcement learning with verifiable rewards (GRPO, Dr. GRPO, DAPO by their options): one loop from top to bottom.
//   prompts -> G completions each -> rewards -> advantages -> windows of micro-batches -> clipped objective -> AdamW
// GRPO: https://arxiv.org/abs/2402.03300. Leaves out dynamic refilling of groups without signal, and tools.

import type { ChatFormat } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import type { RewardFunction, Row } from '@thinkwright/rewards';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { currentDevice } from '@thinkwright/tensors';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { rolloutCorrection } from '../corrections/rollout-correction.ts';
import {
  type AdaptiveEntropyState,
  afterWindow,
  entropyBonus,
  initialEntropyState,
} from '../entropy/adaptive-entropy.ts';
import { parseRlOptions, type RlOptions, type RlOptionsInput } from '../options/rl-options.ts';
import type { RolloutRecord, SharedPorts, Trainer } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { generate } from './generation.ts';
import { type LearnOptions, type LearnResult, learn } from './learn.ts';
import { learnerWindow } from './learner-batch.ts';
import { logProbsOfRollouts } from './log-probs-of-rollouts.ts';
import { nextPrompts } from './next-prompts.ts';
import { PromptSource, type PromptSourceState } from './prompt-source.ts';
import { referencePolicy } from './reference-policy.ts';
import { type Rollout, rolloutFromJson, rolloutToJson } from './rollout.ts';
import { rolloutMetrics } from './rollout-metrics.ts';
import { unscoredWarning } from './score-rollouts.ts';

/** Rows are prompts, in the order in which they are asked. */
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

interface Position {
  prompts: PromptSourceState;
  generations: number;
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
  const learnOptions: LearnOptions = { ...options, epsilonHigh: options.epsilonHigh ?? options.epsilon };
  const groupsAlwaysTeach = options.beta > 0 || options.entropyCoef > 0 || options.useAdaptiveEntropy;
  const windowOptions = { ...options, dropZeroSignalGroups: options.dropZeroSignalGroups ?? !groupsAlwaysTeach };
  let adaptiveEntropy = options.useAdaptiveEntropy ? initialEntropyState(options) : undefined;

  const room = model.config.maxPositions - options.maxCompletionLength;
  const source = new PromptSource(
    openStream({ stream, dataset }, { ...options, shuffle: true }, 'createRlTrainer'),
    format,
    Math.min(room, options.maxPromptLength ?? room),
  );
  const frozen = options.beta > 0 ? referencePolicy(model, reference) : undefined;
  let generations = 0;
  let pending: Pending | undefined;

  const run = new TrainingRun<Position>({
    kind: 'rl',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps,
    tokenizerFiles: format.files,
    position: () => ({
      prompts: source.state(),
      generations,
      ...(adaptiveEntropy && { adaptiveEntropy }),
      ...(pending && { pending: { rollouts: pending.rollouts.map(rolloutToJson), next: pending.next } }),
    }),
    async restore(position) {
      source.restore(position.prompts);
      generations = position.generations;
      adaptiveEntropy = position.adaptiveEntropy ?? adaptiveEntropy;
      pending = position.pending && {
        rollouts: position.pending.rollouts.map(rolloutFromJson),
        next: position.pending.next,
      };
    },
  });

  /** Log-probs of the policies that stay fixed while a generation is in use. */
  async function fillFixedLogProbs(rollouts: Rollout[]): Promise<void> {
    const scoring = { temperature: options.temperature, batchSize: perDeviceTrainBatchSize };
    if (await samplerIsExact(engine, options))
      for (const rollout of rollouts) rollout.oldLogProbs = rollout.samplerLogProbs;
    else if (windowsPerGeneration * numIterations > 1 || options.importanceSamplingCorrection) {
      const old = await logProbsOfRollouts(model, rollouts, scoring);
      for (const [i, rollout] of rollouts.entries()) rollout.oldLogProbs = old[i]!;
      if (options.importanceSamplingCorrection) correctForSampler(rollouts, options);
    } // else: one update a generation, so the ratio is 1 by definition
    if (frozen === undefined) return;
    const fixed = await logProbsOfRollouts(frozen.model, rollouts, { ...scoring, adapterOff: frozen.adapterOff });
    for (const [i, rollout] of rollouts.entries()) rollout.referenceLogProbs = fixed[i]!;
  }

  async function* takeStep(): ReturnType<TakeStep> {
    let generationMetrics: Record<string, number> = {};
    if (pending === undefined) {
      const prompts = yield* nextPrompts(source, promptsPerGeneration, run.step);
      if (prompts === undefined) return 'exhausted';
      const { rollouts, records, failures } = await generate(prompts, { engine, format, reward }, options, {
        index: generations,
        step: run.step,
      });
      await fillFixedLogProbs(rollouts);
      generations++;
      pending = { rollouts, next: 0 };
      generationMetrics = { ...rolloutMetrics(rollouts, numGenerations), ...metrics?.(records) };
      yield { type: 'rollout', step: run.step, records };
      if (Object.keys(failures).length > 0) yield unscoredWarning(failures, run.step);
    }

    const { rollouts, next } = pending;
    const from = (next % windowsPerGeneration) * windowRows;
    const batches = learnerWindow(rollouts.slice(from, from + windowRows), windowOptions);
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
    return { metrics: { ...learnt, ...generationMetrics, live_rows: liveRows }, tokens };
  }

  return trainingLoop(run, { takeStep, dispose: () => frozen?.dispose() });
}

/** Whether the engine's log-probs may stand for the trainer's own. */
async function samplerIsExact(engine: RolloutEngine, { oldLogProbs, topK, topP, minP }: RlOptions): Promise<boolean> {
  if (oldLogProbs !== 'auto') return oldLogProbs === 'sampler';
  const unfiltered = topK === 0 && topP === 1 && minP === null;
  return unfiltered && currentDevice().name === 'native' && (await engine.info()).logProbs === 'processed';
}

/** rho of every token, from the log-probs that the trainer computed itself. */
function correctForSampler(rollouts: Rollout[], options: RlOptions): void {
  for (const rollout of rollouts) {
    rollout.correction = Float32Array.from(rolloutCorrection(rollout.oldLogProbs!, rollout.samplerLogProbs, options));
  }
}
