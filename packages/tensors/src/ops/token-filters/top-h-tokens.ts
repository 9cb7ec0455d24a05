// Top-H: keeps the most likely tokens for as long as their share of the entropy stays within a fraction of the whole, so that the
// bound follows the model's own confidence. Looks at no more than the 100 most likely tokens, as transformers does. Baghaei
// Potraghloo et al. 2025, https://arxiv.org/abs/2509.02510.
import { keptProbabilities } from './kept-probabilities.ts';

const CANDIDATES = 100;

/**
 * Those of `kept` within the bound, in its order; the most likely one always stays.
 * @param fraction in (0, 1]
 */
export function topHTokens(logProbs: Float32Array, kept: readonly number[], fraction: number): number[] {
  const candidates = [...kept].sort((a, b) => logProbs[b]! - logProbs[a]! || a - b).slice(0, CANDIDATES);
  let reached = 0;
  const entropies = Array.from(keptProbabilities(logProbs, candidates), (p) => {
    if (p > 0) reached -= p * Math.log(p);
    return reached;
  });
  const bound = reached * fraction;
  const within = new Set(candidates.filter((_, index) => index === 0 || entropies[index]! <= bound));
  return kept.filter((token) => within.has(token));
}
