// Eta sampling: epsilon sampling whose floor falls with the entropy, to min(ε, √ε · exp(-entropy)), so that flat distributions
// keep more. Hewitt et al. 2022, "Truncation Sampling as Language Model Desmoothing", https://arxiv.org/abs/2210.15191.
import { epsilonTokens } from './epsilon-tokens.ts';
import { entropyOf, keptProbabilities } from './kept-probabilities.ts';

/**
 * Those of `kept` at or above the floor, in its order.
 * @param epsilon in (0, 1)
 */
export function etaTokens(logProbs: Float32Array, kept: readonly number[], epsilon: number): number[] {
  const entropy = entropyOf(keptProbabilities(logProbs, kept));
  return epsilonTokens(logProbs, kept, Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy)));
}
