// Online and iterative preference learning with a reward function as the judge: the policy writes several completions of a prompt, the best
// and the worst make a pair, and the pairs of a round are learnt.
//   prompts -> completions -> rewards -> pairs -> DPO (or CPO, SimPO, ORPO) -> after the last pair, the next round
// Online: https://arxiv.org/abs/2402.04792; iterative: https://arxiv.org/abs/2404.19733 (lossType ['sigmoid', 'sft'], refreshReference).

import type { ChatFormat } from '@thinkwright/chat';
import type { LanguageModel } from '@thinkwright/models';
import type { RewardFunction, Row } from '@thinkwright/rewards';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { openStream, type RowPorts } from '../batches/open-stream.ts';
import { type SavedSequence, sequenceFromJson, sequenceToJson } from '../batches/saved-sequence.ts';
import { TrainerError } from '../errors.ts';
import {
  type OnlinePreferenceOptionsInput,
  parseOnlinePreferenceOptions,
} from '../options/online-preference-options.ts';
import { checkLearner } from '../preflight/check-learner.ts';
import { plannedCompletionTokens } from '../preflight/planned-tokens.ts';
import { scoringModels } from '../preflight/scoring-models.ts';
import { recordOf, sampleAndScore } from '../rl/generation.ts';
import { nextPrompts } from '../rl/next-prompts.ts';
import { PromptSource, type PromptSourceState } from '../rl/prompt-source.ts';
import { mixInto, referencePolicy } from '../rl/reference-policy.ts';
import { rolloutMetrics } from '../rl/rollout-metrics.ts';
import { unscoredWarning } from '../rl/score-rollouts.ts';
import type { SharedPorts, Trainer } from '../trainer.ts';
import { type TakeStep, trainingLoop } from '../training-loop.ts';
import { TrainingRun } from '../training-run.ts';
import { bestAndWorst } from './best-and-worst.ts';
import { learnPairs } from './learn-pairs.ts';
import type { PreferencePair } from './pair-source.ts';
import { microBatchesOf } from './preference-trainer.ts';
import { liveScores } from './reference-scores.ts';

/** Rows are prompts, in the order in which they are asked. */
export interface OnlinePreferencePorts extends SharedPorts, RowPorts<Row> {
  /** Samples with the weights that are trained (createEngine(model)). */
  engine: RolloutEngine;
  format: ChatFormat;
  /** The judge. */
  reward: RewardFunction;
  /** The frozen policy of DPO; otherwise the model without its adapter, or a copy of the weights as they are now. */
  reference?: LanguageModel;
}

interface Position {
  prompts: PromptSourceState;
  rounds: number;
  pool: { chosen: SavedSequence; rejected: SavedSequence }[];
}

/** Rounds that are sampled for one step; then it makes do with the pairs there are. */
const MOST_ROUNDS = 8;

/** @throws TrainerError for unknown, invalid or clashing options. */
export function createOnlinePreferenceTrainer(settings: OnlinePreferencePorts & OnlinePreferenceOptionsInput): Trainer {
  const { model, stage, evaluate, outputDir, resumeFromCheckpoint, stream, dataset, ...more } = settings;
  const { engine, format, reward, reference, ...given } = more;
  const options = parseOnlinePreferenceOptions(given);
  const { syncRefModel, refreshReference, numGenerations } = options;
  const pairsPerStep = options.perDeviceTrainBatchSize * options.gradientAccumulationSteps;
  const promptsPerRound = options.promptsPerRound ?? pairsPerStep;
  const order = { seed: options.seed, shuffle: options.shuffleDataset };
  const rows = openStream({ stream, dataset }, order, 'createOnlinePreferenceTrainer');
  const room = model.config.maxPositions - options.maxCompletionLength;
  const open = (stream: typeof rows) =>
    new PromptSource(stream, format, Math.min(room, options.maxPromptLength ?? room));
  const source = open(rows);
  const follows = syncRefModel || refreshReference;
  const frozen = options.algorithm === 'dpo' ? referencePolicy(model, reference, { follows }) : undefined;
  let rounds = 0;
  let pool: PreferencePair[] = [];

  const run = new TrainingRun<Position>({
    kind: 'online-preference',
    ports: { model, stage, evaluate, outputDir, resumeFromCheckpoint },
    options,
    totalSteps: options.maxSteps!,
    tokenizerFiles: format.files,
    position: () => ({
      prompts: source.state(),
      rounds,
      pool: pool.map(({ chosen, rejected }) => ({
        chosen: sequenceToJson(chosen),
        rejected: sequenceToJson(rejected),
      })),
    }),
    async restore(position) {
      source.restore(position.prompts);
      rounds = position.rounds;
      pool = position.pool.map(({ chosen, rejected }) => ({
        chosen: sequenceFromJson(chosen),
        rejected: sequenceFromJson(rejected),
      }));
    },
    ...(frozen && follows && { reference: frozen.model.namedTensors() }),
  });

  async function* takeStep({ signal }: { signal?: AbortSignal }): ReturnType<TakeStep> {
    let roundMetrics: Record<string, number> = {};
    for (let tries = 0; pool.length < pairsPerStep && tries < MOST_ROUNDS; tries++) {
      if (signal?.aborted) return 'aborted';
      if (frozen && refreshReference) mixInto(frozen.model, model, 1);
      const prompts = yield* nextPrompts(source, promptsPerRound, run.step);
      if (prompts === undefined) return 'exhausted';
      const place = { index: rounds++, step: run.step };
      const { samples, failures } = await sampleAndScore(prompts, { engine, format, reward }, options, place);
      yield {
        type: 'rollout',
        step: run.step,
        records: samples.map((sample) => recordOf(sample, prompts[sample.group]!, 0, run.step)),
      };
      if (Object.keys(failures).length > 0) yield unscoredWarning(failures, run.step);
      const groups = prompts.map((_, group) => samples.filter((sample) => sample.group === group));
      const pairs = groups.flatMap((group) => bestAndWorst(group, options.minimumMargin) ?? []);
      pool.push(...pairs);
      roundMetrics = {
        ...rolloutMetrics(samples.map(sampledOf), numGenerations),
        frac_reward_zero_std: 1 - pairs.length / prompts.length,
        round: rounds,
      };
    }
    if (pool.length === 0) {
      if (run.step === 0) throw noPairs(MOST_ROUNDS, promptsPerRound);
      const nothing = { loss: 0, grad_norm: 0, learning_rate: run.learningRate }; // mastered: the step passes without an update
      return { metrics: { ...nothing, ...roundMetrics }, tokens: 0 };
    }
    const window = microBatchesOf(pool.slice(0, pairsPerStep), options);
    const scores = frozen && liveScores(frozen);
    const { metrics, tokens } = await learnPairs(
      model,
      scores,
      run.window,
      window,
      run.learningRate,
      options,
      run.step,
    );
    pool = pool.slice(pairsPerStep);
    if (frozen && syncRefModel && (run.step + 1) % options.refModelSyncSteps === 0)
      mixInto(frozen.model, model, options.refModelMixupAlpha);
    return { metrics: { ...metrics, ...roundMetrics }, tokens };
  }

  return trainingLoop(run, {
    takeStep,
    async preflight() {
      const tokens = await plannedCompletionTokens(
        { dataset, order, open },
        {
          sequences: 2 * options.perDeviceTrainBatchSize, // both sides of a pair
          completion: options.maxCompletionLength,
          prompt: options.maxPromptLength,
        },
      );
      const scorers = scoringModels(model, frozen);
      return checkLearner({ model, format, trained: run.window.parameters, options, tokens, scorers });
    },
    dispose: () => frozen?.dispose(),
  });
}

function sampledOf({ reward, parts, trajectory }: Awaited<ReturnType<typeof sampleAndScore>>['samples'][number]) {
  const { ids, mask, finish, sample } = trajectory;
  return { reward, parts, ids, ...(mask && { mask }), finish, sample, zeroSignal: false };
}

function noPairs(rounds: number, prompts: number): TrainerError {
  return new TrainerError(
    'TW_TRAINERS_NO_ROWS',
    `${rounds} rounds of ${prompts} prompts gave no pair: the completions of a prompt are worth the same. Sample more (numGenerations, temperature), lower minimumMargin, or choose prompts that are solved now and then.`,
  );
}
