// "reduce_lr_on_plateau": the learning rate falls when an evaluation's metric has stopped improving. Unlike the other schedules it
// looks at what happened, so it is a state with a step function; the state is plain numbers and is saved with every checkpoint.
// Semantics of torch.optim.lr_scheduler.ReduceLROnPlateau, which transformers runs under this name.

export interface PlateauOptions {
  /** What the learning rate is multiplied by. */
  factor?: number;
  /** Evaluations without improvement that are forgiven. */
  patience?: number;
  /** The least improvement that counts: a share of the best value ('rel'), or itself ('abs'). */
  threshold?: number;
  thresholdMode?: 'rel' | 'abs';
  /** Evaluations after a reduction in which nothing is counted. */
  cooldown?: number;
  minLr?: number;
  /** Reductions smaller than this are not made. */
  eps?: number;
}

export interface Plateau {
  learningRate: number;
  /** null before the first evaluation. */
  best: number | null;
  badEvaluations: number;
  cooldownLeft: number;
}

export function startPlateau(learningRate: number): Plateau {
  return { learningRate, best: null, badEvaluations: 0, cooldownLeft: 0 };
}

/** The state after an evaluation gave `value`; NaN is never an improvement. */
export function afterPlateauEvaluation(
  { learningRate, ...before }: Plateau,
  value: number,
  greaterIsBetter: boolean,
  { factor = 0.1, patience = 10, cooldown = 0, minLr = 0, eps = 1e-8, ...thresholds }: PlateauOptions = {},
): Plateau {
  const isBetter =
    before.best === null ? !Number.isNaN(value) : improves(value, before.best, greaterIsBetter, thresholds);
  const best = isBetter ? value : before.best;
  const isCooling = before.cooldownLeft > 0;
  const badEvaluations = isBetter || isCooling ? 0 : before.badEvaluations + 1;
  if (badEvaluations <= patience) {
    return { learningRate, best, badEvaluations, cooldownLeft: isCooling ? before.cooldownLeft - 1 : 0 };
  }
  const reduced = Math.max(learningRate * factor, minLr);
  return {
    learningRate: learningRate - reduced > eps ? reduced : learningRate,
    best,
    badEvaluations: 0,
    cooldownLeft: cooldown,
  };
}

function improves(
  value: number,
  best: number,
  greaterIsBetter: boolean,
  { threshold = 1e-4, thresholdMode = 'rel' }: Pick<PlateauOptions, 'threshold' | 'thresholdMode'>,
): boolean {
  const sign = greaterIsBetter ? 1 : -1;
  const bar = thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold;
  return greaterIsBetter ? value > bar : value < bar;
}
