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

type WatchOptions = Pick<
  TrainingOptions,
  'metricForBestModel' | 'greaterIsBetter' | 'earlyStoppingThreshold' | 'earlyStoppingPatience' | 'loadBestModelAtEnd'
>;

/** Whether the options ask to compare evaluations. */
export function watchesEvaluations({ earlyStoppingPatience, loadBestModelAtEnd }: WatchOptions): boolean {
  return earlyStoppingPatience !== null || loadBestModelAtEnd;
}

/**
 * The best after an evaluation at `step`: a new one, or the old one with `worseSince` counted up.
 * @throws TrainerError OPTIONS_CLASH when the evaluation has no such metric.
 */
export function afterEvaluation(
  best: BestEvaluation | undefined,
  step: number,
  metrics: Record<string, number>,
  options: WatchOptions,
): BestEvaluation {
  const { metricForBestModel: name, earlyStoppingThreshold } = options;
  const value = metrics[name];
  if (value === undefined) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `metricForBestModel "${name}" is not among the metrics of the evaluation: ${Object.keys(metrics).join(', ') || '(none)'}. Name one of them.`,
    );
  }
  if (best === undefined) return { step, value, worseSince: 0 };
  const sign = (options.greaterIsBetter ?? !name.endsWith('loss')) ? 1 : -1;
  const isBetter = sign * (value - best.value) > earlyStoppingThreshold; // false for NaN
  return isBetter ? { step, value, worseSince: 0 } : { ...best, worseSince: best.worseSince + 1 };
}

/** Whether the metric has stood still for long enough. */
export function hasStalled(best: BestEvaluation | undefined, { earlyStoppingPatience }: WatchOptions): boolean {
  return best !== undefined && earlyStoppingPatience !== null && best.worseSince >= earlyStoppingPatience;
}
