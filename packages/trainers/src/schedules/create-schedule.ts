// Schedules by their transformers name. A new one is a file beside this and a line in the table below.

import { TrainerError } from '../errors.ts';
import { constant, constantWithWarmup } from './constant.ts';
import { cosine } from './cosine.ts';
import { cosineWarmupWithMinLr } from './cosine-warmup-with-min-lr.ts';
import { cosineWithMinLr } from './cosine-with-min-lr.ts';
import { cosineWithRestarts } from './cosine-with-restarts.ts';
import { inverseSqrt } from './inverse-sqrt.ts';
import { linear } from './linear.ts';
import { polynomial } from './polynomial.ts';
import type { PlateauOptions } from './reduce-on-plateau.ts';
import type { ScheduleFactor, ScheduleShape } from './schedule.ts';
import { type WarmupStableDecayOptions, warmupStableDecay } from './warmup-stable-decay.ts';
import { warmupTimesDecay } from './warmup-times-decay.ts';

export const SCHEDULES = [
  'linear',
  'cosine',
  'cosine_with_restarts',
  'cosine_with_min_lr',
  'cosine_warmup_with_min_lr',
  'polynomial',
  'inverse_sqrt',
  'warmup_stable_decay',
  'constant',
  'constant_with_warmup',
  'warmup_times_decay',
  'reduce_lr_on_plateau',
] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

export interface ScheduleKeywords extends Partial<WarmupStableDecayOptions>, PlateauOptions {
  numCycles?: number;
  minLr?: number;
  minLrRate?: number;
  /** 'cosine_warmup_with_min_lr': share of the peak at which the warm-up starts. */
  warmupLrRate?: number;
  /** 'polynomial': last learning rate, 1e-7 when left out, and the power. */
  lrEnd?: number;
  power?: number;
  /** 'inverse_sqrt'. */
  timescale?: number;
  /** 'warmup_times_decay': share of the peak that is left at the last step. */
  endFactor?: number;
}

/**
 * Learning rate of every optimizer step (the first is 0).
 * @throws TrainerError when cosine_with_min_lr has no floor, or the name is unknown.
 */
export function createSchedule(
  name: ScheduleName,
  learningRate: number,
  shape: ScheduleShape,
  keywords: ScheduleKeywords = {},
): (step: number) => number {
  const factor = scheduleFactor(name, learningRate, shape, keywords);
  return (step) => learningRate * factor(step);
}

function scheduleFactor(
  name: ScheduleName,
  learningRate: number,
  shape: ScheduleShape,
  keywords: ScheduleKeywords,
): ScheduleFactor {
  switch (name) {
    case 'linear':
      return linear(shape);
    case 'cosine':
      return cosine(shape, keywords);
    case 'cosine_with_min_lr':
      return cosineWithMinLr(shape, { ...keywords, minLrRate: floorRate(learningRate, keywords) });
    case 'cosine_with_restarts':
      return cosineWithRestarts(shape, keywords);
    case 'cosine_warmup_with_min_lr':
      return cosineWarmupWithMinLr(shape, { ...keywords, minLrRate: floorRate(learningRate, keywords) });
    case 'polynomial':
      return polynomial(shape, { ...keywords, endRate: (keywords.lrEnd ?? 1e-7) / learningRate });
    case 'inverse_sqrt':
      return inverseSqrt(shape, keywords);
    case 'warmup_stable_decay':
      return warmupStableDecay(shape, { ...keywords, numDecaySteps: decaySteps(keywords) });
    case 'constant':
    case 'reduce_lr_on_plateau': // TrainingRun lowers it after evaluations
      return constant();
    case 'constant_with_warmup':
      return constantWithWarmup(shape);
    case 'warmup_times_decay':
      return warmupTimesDecay(shape, keywords);
    default:
      throw new TrainerError(
        'TW_TRAINERS_OPTION_INVALID',
        `lrSchedulerType "${name}" is unknown: choose one of ${SCHEDULES.join(', ')}.`,
      );
  }
}

function decaySteps({ numDecaySteps }: ScheduleKeywords): number {
  if (numDecaySteps !== undefined) return numDecaySteps;
  throw new TrainerError(
    'TW_TRAINERS_OPTIONS_CLASH',
    'warmup_stable_decay needs lrSchedulerKwargs.numDecaySteps, the steps of the decay at the end; a tenth of maxSteps is usual.',
  );
}

function floorRate(learningRate: number, { minLr, minLrRate }: ScheduleKeywords): number {
  if ((minLr === undefined) === (minLrRate === undefined)) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      'A cosine with a floor needs exactly one of lrSchedulerKwargs.minLr and lrSchedulerKwargs.minLrRate; 0.1 is the usual minLrRate.',
    );
  }
  return minLrRate ?? minLr! / learningRate;
}
