// Which tokens of one distribution survive the filters, in the order and meaning of transformers' logits processors: top-H, top-k,
// top-p, min-p, typical, epsilon, eta. Ties of the k-th token are kept; top-p removes from the least likely up while their
// mass stays within 1 - p; min-p is relative to the most likely one; the others have a file each.
import { epsilonTokens } from './epsilon-tokens.ts';
import { etaTokens } from './eta-tokens.ts';
import { topHTokens } from './top-h-tokens.ts';
import { typicalTokens } from './typical-tokens.ts';

export interface TokenFilters {
  /** 0 is off. */
  topK: number;
  /** 1 is off. */
  topP: number;
  /** 0 is off. */
  minP: number;
  /** Fraction of the entropy; left out is off. */
  topH?: number;
  /** 1 or left out is off. */
  typicalP?: number;
  /** 0 or left out is off. */
  epsilonCutoff?: number;
  /** 0 or left out is off. */
  etaCutoff?: number;
}

/**
 * The surviving token ids, ascending, at least one; without `typicalP` the most likely token is among them.
 * @param logProbs [V] of one row, after the temperature
 */
export function keptTokens(logProbs: Float32Array, filters: TokenFilters): number[] {
  const { topK, topP, minP, topH, typicalP = 1, epsilonCutoff = 0, etaCutoff = 0 } = filters;
  let kept = Array.from(logProbs.keys());
  if (topH !== undefined) kept = topHTokens(logProbs, kept, topH);
  if (topK > 0 && topK < kept.length) {
    const threshold = Float32Array.from(kept, (token) => logProbs[token]!).sort()[kept.length - topK]!;
    kept = kept.filter((token) => logProbs[token]! >= threshold);
  }
  if (topP < 1) kept = withinMass(logProbs, kept, topP);
  if (minP > 0) {
    const most = kept.reduce((largest, token) => Math.max(largest, logProbs[token]!), Number.NEGATIVE_INFINITY);
    kept = kept.filter((token) => Math.exp(logProbs[token]! - most) >= minP);
  }
  if (typicalP < 1) kept = typicalTokens(logProbs, kept, typicalP);
  if (epsilonCutoff > 0) kept = epsilonTokens(logProbs, kept, epsilonCutoff);
  if (etaCutoff > 0) kept = etaTokens(logProbs, kept, etaCutoff);
  return kept;
}

function withinMass(logProbs: Float32Array, tokens: readonly number[], topP: number): number[] {
  const mass = tokens.reduce((sum, token) => sum + Math.exp(logProbs[token]!), 0);
  const ascending = [...tokens].sort((a, b) => logProbs[a]! - logProbs[b]! || a - b);
  const removed = new Set<number>();
  let removedMass = 0;
  for (const token of ascending.slice(0, -1)) {
    removedMass += Math.exp(logProbs[token]!) / mass;
    if (removedMass > 1 - topP) break;
    removed.add(token);
  }
  return tokens.filter((token) => !removed.has(token));
}
