// training/*.json: whole runs of TRL's trainers on models/llama-gqa-tied in float32. The micro-batches that TRL saw go through our
// packing, objective, window, clipping, schedule and AdamW; losses, gradient norms, logged metrics and final weights are compared.
// README: rounding alone moved TRL's own runs by `measured`; ten times that is allowed.

import { join } from 'node:path';
import { openSafetensors } from '@thinkwright/checkpoints';
import { type LanguageModel, loadAdapter, loadModel } from '@thinkwright/models';
import { meanOf } from '../advantages/statistics.ts';
import { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { optionsFromSnakeCase } from '../options/names.ts';
import { createSchedule, type ScheduleKeywords, type ScheduleName } from '../schedules/create-schedule.ts';
import { PLAIN_SGD } from '../test/finite-differences.ts';
import { absoluteDeviation, type Comparison, relativeDeviation } from './parity-family.ts';
import { parityFiles, readParityJson } from './parity-folder.ts';

export interface TrainingRunFile<MicroBatch> {
  model: string;
  options: Record<string, unknown>;
  microBatches: MicroBatch[];
  microLosses: number[];
  steps: { loss: number; grad_norm: number; learning_rate: number; [metric: string]: number }[];
  finalWeights: string;
  measured: { maxLossDifference: number; maxGradNormRelativeDifference: number; maxWeightDifference: number };
}

/** What one optimizer step of a recorded run gave here. `loss` is the sum over its micro-batches, as back-propagated. */
export interface StepOutcome {
  loss: number;
  gradNorm: number;
  /** Metrics that TRL logged under the same names. */
  logged?: Record<string, number>;
}

export interface ReplayedStep<MicroBatch> {
  model: LanguageModel;
  window: OptimizerWindow;
  microBatches: MicroBatch[];
  learningRate: number;
  step: number;
  options: Record<string, unknown>;
}

/** Names of the recorded runs of a trainer: `sft` and `sft-…`. */
export function recordedRuns(folder: string, trainer: string): { id: string }[] {
  const names = parityFiles(join(folder, 'training'), '.json');
  return names.filter((name) => name === trainer || name.startsWith(`${trainer}-`)).map((id) => ({ id }));
}

/**
 * Runs a recorded training and compares it step by step.
 * @param takeStep one optimizer step on these micro-batches.
 */
export async function replayTraining<MicroBatch>(
  folder: string,
  name: string,
  takeStep: (step: ReplayedStep<MicroBatch>) => Promise<StepOutcome>,
): Promise<Comparison[]> {
  const run = readParityJson<TrainingRunFile<MicroBatch>>(folder, `training/${name}.json`);
  const { options, steps, measured } = run;
  const model = await loadModel(join(folder, 'models', run.model));
  if (options.adapter)
    model.attachAdapter(await loadAdapter(model.config, join(folder, 'models', run.model, options.adapter as string)));
  const window = new OptimizerWindow(model, {
    adamBeta1: options.adam_beta1 as number,
    adamBeta2: options.adam_beta2 as number,
    adamEpsilon: options.adam_epsilon as number,
    weightDecay: options.weight_decay as number,
    maxGradNorm: options.max_grad_norm as number,
  });
  const learningRate = createSchedule(
    options.lr_scheduler_type as ScheduleName,
    options.learning_rate as number,
    { totalSteps: options.max_steps as number, warmupSteps: options.warmup_steps as number },
    optionsFromSnakeCase(options.lr_scheduler_kwargs ?? {}) as ScheduleKeywords,
  );
  const perStep = run.microBatches.length / steps.length;
  const outcomes: StepOutcome[] = [];
  for (let step = 0; step < steps.length; step++) {
    const microBatches = run.microBatches.slice(step * perStep, (step + 1) * perStep);
    outcomes.push(await takeStep({ model, window, microBatches, learningRate: learningRate(step), step, options }));
  }
  const losses = steps.map((_, step) => sum(run.microLosses.slice(step * perStep, (step + 1) * perStep)));
  const comparisons: Comparison[] = [
    {
      what: 'loss',
      deviation: absoluteDeviation(
        outcomes.map(({ loss }) => loss),
        losses,
      ),
      tolerance: 10 * Math.max(measured.maxLossDifference, 1e-6),
    },
    {
      what: 'grad_norm',
      deviation: Math.max(...outcomes.map(({ gradNorm }, i) => relativeDeviation([gradNorm], [steps[i]!.grad_norm]))),
      tolerance: 10 * Math.max(measured.maxGradNormRelativeDifference, 2e-6),
    },
    {
      what: 'learning_rate',
      deviation: absoluteDeviation(
        steps.map((_, step) => learningRate(step)),
        steps.map((step) => step.learning_rate),
      ),
      tolerance: 1e-15,
    },
    ...loggedMetrics(outcomes, steps),
    {
      what: 'final weights',
      deviation: await weightDeviation(join(folder, 'training', run.finalWeights), window),
      tolerance: 10 * Math.max(measured.maxWeightDifference, 5e-6),
    },
  ];
  window.dispose();
  model.dispose();
  return comparisons;
}

/** TRL logs the mean of its micro-batches, where ours are means over the tokens of all: each is learnt by itself, in place. */
export async function microBatchMeans<MicroBatch>(
  model: LanguageModel,
  microBatches: readonly MicroBatch[],
  names: readonly string[],
  learn: (window: OptimizerWindow, microBatch: MicroBatch) => Promise<{ metrics: Record<string, number> }>,
): Promise<Record<string, number>> {
  const window = new OptimizerWindow(model, PLAIN_SGD);
  const seen: Record<string, number>[] = [];
  for (const microBatch of microBatches) seen.push((await learn(window, microBatch)).metrics);
  window.dispose();
  return Object.fromEntries(names.map((name) => [name, meanOf(seen.map((metrics) => metrics[name]!))]));
}

/** Relative to 1 or the largest figure: a sum of 10 log-probs has the rounding of 10 numbers, and weights have moved by `measured`. */
function loggedMetrics(outcomes: StepOutcome[], steps: Record<string, number>[]): Comparison[] {
  return Object.keys(outcomes[0]?.logged ?? {}).map((what) => {
    const expected = steps.map((step) => step[what] ?? Number.NaN);
    const scale = Math.max(1, ...expected.map(Math.abs));
    const actual = outcomes.map(({ logged }) => logged![what]!);
    return { what, deviation: absoluteDeviation(actual, expected) / scale, tolerance: 1e-5 };
  });
}

/** PEFT keeps the adapter's name inside its parameter names; files on disk do not. */
async function weightDeviation(file: string, window: OptimizerWindow): Promise<number> {
  const expected = await openSafetensors(file);
  try {
    const names = [...expected.entries.keys()];
    const deviations = await Promise.all(
      window.parameters.map(async ({ name, variable }) => {
        const stored = names.find((candidate) => candidate.replace('.default.', '.') === name);
        if (stored === undefined) return Number.POSITIVE_INFINITY;
        return absoluteDeviation(await variable.data(), await expected.readFloat32(stored));
      }),
    );
    return names.length === window.parameters.length ? Math.max(...deviations) : Number.POSITIVE_INFINITY;
  } finally {
    await expected.close();
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
