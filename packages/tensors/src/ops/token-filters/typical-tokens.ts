// Locally typical sampling: keeps the tokens whose surprise is closest to what the distribution surprises on average (its
// entropy), as few as reach the mass. The most likely token may go. Meister et al. 2022, https://arxiv.org/abs/2202.00666.
import { entropyOf, keptProbabilities } from './kept-probabilities.ts';

/**
 * Those of `kept` that are typical, in its order; tokens as far from the entropy as the last one needed stay too.
 * @param mass in (0, 1)
 */
export function typicalTokens(logProbs: Float32Array, kept: readonly number[], mass: number): number[] {
  const probabilities = keptProbabilities(logProbs, kept);
  const entropy = entropyOf(probabilities);
  const distances = probabilities.map((probability) => Math.abs(-Math.log(probability) - entropy));
  const nearest = Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]! || a - b);
  let reached = 0;
  const last = nearest.find((index) => {
    reached += probabilities[index]!;
    return reached >= mass;
  });
  const farthest = last === undefined ? Number.POSITIVE_INFINITY : distances[last]!;
  return kept.filter((_, index) => distances[index]! <= farthest);
}
