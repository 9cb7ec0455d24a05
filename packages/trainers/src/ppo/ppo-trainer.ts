// Proximal policy optimisation with a value head on any model and any reward function.
//   prompts -> one completion each -> scores, KL, values -> GAE -> numPpoEpochs x numMiniBatches windows -> optimizer
// PPO: https://arxiv.org/abs/1707.06347; for language models: https://arxiv.org/abs/1909.08593. The value head stands on the policy's own
// layers, or on those of a value model.

import type { ChatFormat } from '@thinkwright/chat';
import { createLinearHead, type LanguageModel } from '@thinkwright/models';
import type { RewardFunction, Row } from '@thinkwright/rewards';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { TrainerError } from '../errors.ts';
import { type PpoOptions, type PpoOptionsInput, parsePpoOptions } from '../options/ppo-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { plannedCompletionTokens } from '../preflight/planned-tokens.ts';
import { probeFindings } from '../preflight/probe-completions.ts';
import { scoringModels } from '../preflight/scoring-models.ts';
import { shuffledOrder } from '../rejection-sampling/shuffled-order.ts';
import { nextPrompts } from '../rl/next-prompts.ts';
import { PromptSource, type PromptSourceState } from '../rl/prompt-source.ts';
import { referencePolicy } from '../rl/reference-policy.ts';
import { unscoredWarning } from '../rl/score-rollouts.ts';
import type { RolloutRecord, SharedPorts, Trainer } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { modeMetrics } from '../watching/mode-metrics.ts';
import { adaptedKlCoefficient } from './adaptive-kl.ts';
import { type Critic, criticParameters } from './critic.ts';
import { learnPpo } from './learn-ppo.ts';
import { ppoGeneration } from './ppo-generation.ts';
import { type PpoRollout, ppoRolloutFromJson, ppoRolloutToJson } from './ppo-rollout.ts';

/** Rows are prompts, in the order in which they are asked. */
export interface PpoPorts extends SharedPorts, RowPorts<Row> {
  /** Samples with the weights that are trained (createEngine(model)). */
  engine: RolloutEngine;
  format: ChatFormat;
  reward: RewardFunction;
  /**
   * Foresees the returns with layers of its own, which are trained (and saved, in `value_head.safetensors`) along with the policy; it stays
   * the caller's to dispose. Without it the value head stands on the policy's layers: half the memory and time.
   */
  valueModel?: LanguageModel;
  /** For klCoef > 0; otherwise the model without its adapter, or a copy of the weights as they are now. */
  reference?: LanguageModel;
  /** Further metrics of a generation, such as the style of a task's traces. */
  metrics?: (records: RolloutRecord[]) => Record<string, number>;
}

/** A generation in use: which of its windows comes next. */
interface Pending {
  rollouts: PpoRollout[];
  next: number;
}

interface Position {
  prompts: PromptSourceState;
  generations: number;
  klCoef: number;
  pending?: { rollouts: Record<string, unknown>[]; next: number };
}

/**
 * A trainer that improves `model` on the rewards of its own completions, with a learnt value of each token as the baseline. Options are
 * checked at once; nothing is sampled before the first `train()`. The value head is saved in `value_head.safetensors`.
 * @throws TrainerError for unknown, invalid or clashing options.
 */
export function createPpoTrainer(settings: PpoPorts & PpoOptionsInput): Trainer {
  const { model, stage, evaluate, outputDir, resumeFromCheckpoint, stream, dataset, ...more } = settings;
  const { engine, format, reward, valueModel, reference, metrics: taskMetrics, ...given } = more;
  const options = parsePpoOptions(given);
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, numMiniBatches, numPpoEpochs } = options;
  const promptsPerGeneration = perDeviceTrainBatchSize * gradientAccumulationSteps * numMiniBatches;
  const order = { seed: options.seed, shuffle: true };
  const rows = openStream({ stream, dataset }, order, 'createPpoTrainer');
  if (valueModel !== undefined) checkValueModel(valueModel, model, format);
  const context = Math.min(model.config.maxPositions, valueModel?.config.maxPositions ?? Number.POSITIVE_INFINITY);
  const room = context - options.responseLength;
  const open = (stream: typeof rows) =>
    new PromptSource(stream, format, Math.min(room, options.maxPromptLength ?? room));
  const source = open(rows);
  const frozen = options.klCoef > 0 ? referencePolicy(model, reference) : undefined;
  const inputs = (valueModel ?? model).config.hiddenSize;
  const head = createLinearHead({ name: 'v_head.summary', inputs, outputs: 1, bias: true, std: 0 });
  const critic: Critic = { head, ...(valueModel && { model: valueModel }) };
  let generations = 0;
  let klCoef = options.klCoef;
  let pending: Pending | undefined;

  const run = new TrainingRun<Position>({
    kind: 'ppo',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps: options.maxSteps!,
    tokenizerFiles: format.files,
    beside: criticParameters(critic),
    position: () => ({
      prompts: source.state(),
      generations,
      klCoef,
      ...(pending && { pending: { rollouts: pending.rollouts.map(ppoRolloutToJson), next: pending.next } }),
    }),
    async restore(position) {
      source.restore(position.prompts);
      ({ generations, klCoef } = position);
      pending = position.pending && {
        rollouts: position.pending.rollouts.map(ppoRolloutFromJson),
        next: position.pending.next,
      };
    },
  });

  async function* takeStep(): ReturnType<TakeStep> {
    let generationMetrics: Record<string, number> = {};
    if (pending === undefined) {
      const prompts = yield* nextPrompts(source, promptsPerGeneration, run.step);
      if (prompts === undefined) return 'exhausted';
      const place = { index: generations, step: run.step };
      const ports = { model, critic, reference: frozen, engine, format, reward };
      const generation = await ppoGeneration(prompts, ports, { ...options, klCoef }, place);
      generations++;
      pending = { rollouts: generation.rollouts, next: 0 };
      generationMetrics = {
        ...generation.metrics,
        ...modeMetrics(generation.records),
        ...taskMetrics?.(generation.records),
      };
      if (options.adapKlCtrl) klCoef = adaptedKlCoefficient(klCoef, generation.meanKl, prompts.length, options);
      yield { type: 'rollout', step: run.step, records: generation.records };
      if (Object.keys(generation.failures).length > 0) yield unscoredWarning(generation.failures, run.step);
    }
    const { rollouts, next } = pending;
    const learningRate = run.learningRate;
    const window = miniBatch(rollouts, next, generations, options);
    const learnt =
      window.length === 0 // too few completions had a score: the step passes without an update
        ? { metrics: { loss: 0, grad_norm: 0, learning_rate: learningRate }, tokens: 0 }
        : await learnPpo(model, critic, run.window, window, learningRate, {
            ...options,
            valueOnly: run.step < options.valueWarmupSteps,
          });
    pending = next + 1 < numMiniBatches * numPpoEpochs ? { rollouts, next: next + 1 } : undefined;
    return { metrics: { ...learnt.metrics, ...generationMetrics }, tokens: learnt.tokens };
  }

  return trainingLoop(run, {
    takeStep,
    preflight: async () => [
      ...checkLearner({
        model,
        format,
        trained: run.window.parameters,
        ...(valueModel && { learners: [valueModel] }),
        options,
        tokens: await plannedCompletionTokens(
          { dataset, order, open },
          { sequences: perDeviceTrainBatchSize, completion: options.responseLength, prompt: options.maxPromptLength },
        ),
        scorers: scoringModels(model, frozen),
      }),
      ...(await probeFindings(
        { ...options, model, engine, format, dataset, maxCompletionLength: options.responseLength },
        options.probeSamples,
        run.step,
      )),
    ],
    dispose() {
      head.dispose();
      frozen?.dispose();
    },
  });
}

function checkValueModel(valueModel: LanguageModel, model: LanguageModel, { tokenizer }: ChatFormat): void {
  if (valueModel === model)
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      'createPpoTrainer: valueModel is the policy itself. Leave it out to put the value head on the policy, or load the weights a second time.',
    );
  const { vocabularySize } = valueModel.config;
  if (vocabularySize < tokenizer.vocabularySize)
    throw new TrainerError(
      'TW_TRAINERS_SHAPE',
      `createPpoTrainer: the policy's tokenizer has ${tokenizer.vocabularySize} tokens, the value model's embedding ${vocabularySize}. It reads what the policy writes: take one with the same tokenizer.`,
    );
}

/** The rollouts of one window: each pass goes through all of them once, in an order of its own. */
function miniBatch(
  rollouts: readonly PpoRollout[],
  next: number,
  generation: number,
  { numMiniBatches, seed }: PpoOptions,
): PpoRollout[] {
  const order = shuffledOrder(rollouts.length, seed, generation, Math.floor(next / numMiniBatches));
  const edge = (part: number) => Math.floor((part * rollouts.length) / numMiniBatches);
  const part = next % numMiniBatches;
  return Array.from(order.slice(edge(part), edge(part + 1)), (place) => rollouts[place]!);
}
