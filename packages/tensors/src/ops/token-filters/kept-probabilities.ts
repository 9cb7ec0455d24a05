// The distribution over the tokens that earlier filters left: the filters after them see probabilities that sum to one again, as
// transformers' warpers do when they take the softmax of scores in which the removed ones are -inf.

/** Probabilities of `kept`, in its order; they sum to 1. */
export function keptProbabilities(logProbs: Float32Array, kept: readonly number[]): Float64Array {
  const probabilities = new Float64Array(kept.length);
  let mass = 0;
  for (const [index, token] of kept.entries()) {
    probabilities[index] = Math.exp(logProbs[token]!);
    mass += probabilities[index]!;
  }
  return probabilities.map((probability) => probability / mass);
}

/** -Σ p log p, in nats; impossible tokens add nothing. */
export function entropyOf(probabilities: Float64Array): number {
  return probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}
