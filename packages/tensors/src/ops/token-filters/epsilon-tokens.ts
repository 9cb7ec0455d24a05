// Epsilon sampling: drops tokens less likely than an absolute floor; the most likely ones always stay. Hewitt et al. 2022,
// "Truncation Sampling as Language Model Desmoothing", https://arxiv.org/abs/2210.15191.
import { keptProbabilities } from './kept-probabilities.ts';

/**
 * Those of `kept` with a probability of at least `epsilon`, in its order.
 * @param epsilon in (0, 1)
 */
export function epsilonTokens(logProbs: Float32Array, kept: readonly number[], epsilon: number): number[] {
  const probabilities = keptProbabilities(logProbs, kept);
  const floor = Math.min(
    epsilon,
    probabilities.reduce((largest, probability) => Math.max(largest, probability), 0),
  );
  return kept.filter((_, index) => probabilities[index]! >= floor);
}
