// The trainer of each method as a recipe makes it, over rows of the planned length.

import { createClassifier, type LanguageModel } from '@thinkwright/models';
import type { RolloutEngine } from '@thinkwright/rollouts';
import {
  createDistillationTrainer,
  createOnlinePreferenceTrainer,
  createPpoTrainer,
  createPreferenceTrainer,
  createProcessRewardTrainer,
  createRejectionSampler,
  createRewardModelTrainer,
  createRlTrainer,
  createSftTrainer,
  parseRejectionSamplingOptions,
  type Trainer,
} from '@thinkwright/trainers';
import { completionOptions, type PlannedLengths } from './planned-lengths.ts';
import { plannedDataset, plannedFormat, plannedSteps } from './planned-rows.ts';
import type { MemoryPlanRequest, PlannedMethod } from './request.ts';

export interface PlannedModels {
  model: LanguageModel;
  teacher?: LanguageModel;
  valueModel?: LanguageModel;
}

/** A run has many steps; how many of them are walked the plan says. */
const MANY_STEPS = 1_000_000;
const format = plannedFormat();
/** Every other completion is right: no group without signal, so that every row is learnt from. */
const reward = (batch: readonly unknown[]) => batch.map((_, index) => index % 2);

/**
 * @param open an engine for a model, which the caller closes.
 * @throws TrainerError for the trainer's options.
 */
export function plannedTrainer(
  { model, teacher, valueModel }: PlannedModels,
  request: MemoryPlanRequest,
  lengths: PlannedLengths,
  open: (model: LanguageModel) => RolloutEngine,
): Trainer {
  const options = optionsOf(request);
  const dataset = <Row>(row: Row) => plannedDataset(request, row);
  const rows = { format, maxLength: request.length, ...options }; // of trainers that are given what they learn
  const prompt = String(lengths.prompt);
  const completion = String(lengths.completion);
  const sampling = () => ({
    ...{ model, engine: open(model), format, reward, ...options },
    dataset: dataset({ prompt }),
  });
  const completions = { maxCompletionLength: lengths.completion };
  const creators: Record<Exclude<PlannedMethod, 'generate'>, () => Trainer> = {
    pretrain: () => createSftTrainer({ ...rows, model, dataset: dataset({ text: String(request.length) }) }),
    sft: () => createSftTrainer({ ...rows, model, dataset: dataset({ text: String(request.length) }) }),
    preference: () =>
      createPreferenceTrainer({
        ...rows,
        model,
        dataset: dataset({ prompt, chosen: completion, rejected: completion }),
      }),
    'reward-model': () =>
      createRewardModelTrainer({
        ...rows,
        classifier: createClassifier(model, { kind: 'sequence' }),
        dataset: dataset({ prompt, chosen: completion, rejected: completion }),
      }),
    'process-reward': () =>
      createProcessRewardTrainer({
        ...rows,
        classifier: createClassifier(model, { kind: 'token' }),
        dataset: dataset({ prompt, ...plannedSteps(lengths.completion) }),
      }),
    distill: () =>
      createDistillationTrainer({
        ...rows,
        lmbda: plannedShare(options),
        dataset: dataset({ prompt, completion }),
        ...{ model, engine: open(model), teacher, ...(teacher && { teacherEngine: open(teacher) }) },
      }),
    rl: () => createRlTrainer({ ...sampling(), ...completions }),
    'online-preference': () => createOnlinePreferenceTrainer({ ...sampling(), ...completions }),
    ppo: () =>
      createPpoTrainer({
        ...sampling(),
        ...(valueModel && { valueModel }),
        responseLength: lengths.completion,
        valueWarmupSteps: 0, // a step that learns values alone takes less
      }),
    'rejection-sampling': () =>
      createRejectionSampler({ ...sampling(), ...completions, ...plannedRounds(options), accept: () => true }),
  };
  return creators[request.method as Exclude<PlannedMethod, 'generate'>]();
}

/** Whether both a step on the rows and one on the student's own completions have to be walked. */
export const hasTwoKindsOfSteps = ({ method, options = {} }: MemoryPlanRequest): boolean =>
  method === 'distill' && plannedShare(options) === A_HALF;

const A_HALF = 0.5;

/** Of the student's own completions: any but none and all is planned as a half, so that both kinds of steps come soon. */
function plannedShare({ lmbda = A_HALF }: Options): number {
  return typeof lmbda === 'number' && lmbda > 0 && lmbda < 1 ? A_HALF : (lmbda as number);
}

/** As many problems as are sampled at once, and enough to fill the windows: of each one completion is kept, since all are alike. */
function plannedRounds(options: Options): { rounds: number; problemsPerRound: number } {
  const { problemsPerRound, generationBatchSize, keepPerProblem, ...window } = parseRejectionSamplingOptions(options);
  const learnt = Math.min(
    window.perDeviceTrainBatchSize * window.gradientAccumulationSteps,
    problemsPerRound * keepPerProblem,
  );
  return { rounds: 2, problemsPerRound: Math.max(learnt, Math.min(problemsPerRound, generationBatchSize)) };
}

type Options = Record<string, unknown>;

/** Without what needs ports that a plan does not have, and without the longest completion, which is planned as the lengths say. */
function optionsOf({ method, options = {} }: MemoryPlanRequest): Options {
  const { loadBestModelAtEnd: _, [completionOptions[method] ?? '']: _own, ...rest } = options;
  return method === 'rejection-sampling' ? rest : { maxSteps: MANY_STEPS, ...rest };
}
