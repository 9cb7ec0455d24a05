// Which evaluation was the best so far, and whether it is time to stop: transformers' EarlyStoppingCallback and
// load_best_model_at_end. Plain numbers, saved with every checkpoint.

import { TrainerError } from './errors.ts';
import type { TrainingOptions } from './options/training-options.ts';

export interface BestEvaluation {
  step: number;
  value: number;
  /** Evaluations since then. */
  worseSince: number;
}

type MetricOptions = Pick<TrainingOptions, 'metricForBestModel' | 'greaterIsBetter'>;
type WatchOptions = MetricOptions & Pick<TrainingOptions, 'earlyStoppingThreshold' | 'earlyStoppingPatience'>;

/** The option that asks to compare evaluations, if one does. */
export function evaluationWatcher(
  options: Pick<TrainingOptions, 'earlyStoppingPatience' | 'loadBestModelAtEnd' | 'lrSchedulerType'>,
): string | undefined {
  if (options.loadBestModelAtEnd) return 'loadBestModelAtEnd';
  if (options.earlyStoppingPatience !== null) return 'earlyStoppingPatience';
  return options.lrSchedulerType === 'reduce_lr_on_plateau' ? 'lrSchedulerType "reduce_lr_on_plateau"' : undefined;
}

/**
 * The metric that decides.
 * @throws TrainerError OPTIONS_CLASH when the evaluation has no such metric.
 */
export function decidingMetric(metrics: Record<string, number>, { metricForBestModel: name }: MetricOptions): number {
  const value = metrics[name];
  if (value !== undefined) return value;
  throw new TrainerError(
    'TW_TRAINERS_OPTIONS_CLASH',
    `metricForBestModel "${name}" is not among the metrics of the evaluation: ${Object.keys(metrics).join(', ') || '(none)'}. Name one of them.`,
  );
}

export function isGreaterBetter({ metricForBestModel, greaterIsBetter }: MetricOptions): boolean {
  return greaterIsBetter ?? !metricForBestModel.endsWith('loss');
}

/** The best after an evaluation at `step` gave `value`: a new one, or the old one with `worseSince` counted up. */
export function afterEvaluation(
  best: BestEvaluation | undefined,
  step: number,
  value: number,
  options: WatchOptions,
): BestEvaluation {
  if (best === undefined) return { step, value, worseSince: 0 };
  const sign = isGreaterBetter(options) ? 1 : -1;
  const isBetter = sign * (value - best.value) > options.earlyStoppingThreshold; // false for NaN
  return isBetter ? { step, value, worseSince: 0 } : { ...best, worseSince: best.worseSince + 1 };
}

/** Whether the metric has stood still for long enough. */
export function hasStalled(best: BestEvaluation | undefined, { earlyStoppingPatience }: WatchOptions): boolean {
  return best !== undefined && earlyStoppingPatience !== null && best.worseSince >= earlyStoppingPatience;
}
