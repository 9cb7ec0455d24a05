// What an update of PPO did to the tokens of its window, under TRL's metric names. Plain arrays; means over the tokens that count
// (TRL's approxkl, entropy and ratio average over the padding too).

/** Of a micro-batch, all [N]. */
export interface WindowTokens {
  logProbs: Float32Array;
  oldLogProbs: Float32Array;
  values: Float32Array;
  oldValues: Float32Array;
  returns: Float32Array;
  advantages: Float32Array;
  entropy: Float32Array;
}

export function windowMetrics(
  microBatches: readonly WindowTokens[],
  { cliprange, cliprangeValue }: { cliprange: number; cliprangeValue: number },
): Record<string, number> {
  let count = 0;
  const sums = { kl: 0, clipped: 0, entropy: 0, valueClipped: 0, ratio: 0, squares: 0 };
  const returns = { sum: 0, squares: 0, errors: 0, squaredErrors: 0 };
  for (const micro of microBatches) {
    for (let i = 0; i < micro.logProbs.length; i++) {
      const difference = micro.logProbs[i]! - micro.oldLogProbs[i]!;
      const ratio = Math.exp(difference);
      const bounded = Math.min(Math.max(ratio, 1 - cliprange), 1 + cliprange);
      count++;
      sums.kl += difference ** 2 / 2;
      sums.entropy += micro.entropy[i]!;
      sums.ratio += ratio;
      sums.squares += ratio ** 2;
      if (-micro.advantages[i]! * bounded > -micro.advantages[i]! * ratio) sums.clipped++;
      const [value, old, target] = [micro.values[i]!, micro.oldValues[i]!, micro.returns[i]!];
      const clippedValue = Math.min(Math.max(value, old - cliprangeValue), old + cliprangeValue);
      if ((clippedValue - target) ** 2 > (value - target) ** 2) sums.valueClipped++;
      returns.sum += target;
      returns.squares += target ** 2;
      returns.errors += target - value;
      returns.squaredErrors += (target - value) ** 2;
    }
  }
  const variance = (sum: number, squares: number) => squares / count - (sum / count) ** 2;
  const spread = variance(returns.sum, returns.squares);
  return {
    entropy: sums.entropy / count,
    'policy/approxkl_avg': sums.kl / count,
    'policy/clipfrac_avg': sums.clipped / count,
    'policy/entropy_avg': sums.entropy / count,
    'val/clipfrac_avg': sums.valueClipped / count,
    'val/ratio': sums.ratio / count,
    'val/ratio_var': variance(sums.ratio, sums.squares),
    // 1: the values foresee the returns; 0: no better than their mean
    'val/explained_variance': spread > 0 ? 1 - variance(returns.errors, returns.squaredErrors) / spread : 0,
  };
}
