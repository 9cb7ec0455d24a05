// The rules of `Sampling` that a table of bigrams cannot take from a library, in plain float64 for the fake engine: ids that may not
// come, and the filters that look at the entropy. The papers are named in types.ts.

import type { Sampling } from './types.ts';

/** Ids that may not come next: suppressed, too early to stop, or the last of an n-gram that was there before. */
export function ruledOut(
  sampling: Sampling,
  promptIds: ArrayLike<number>,
  ids: readonly number[],
  vocabularySize: number,
): Set<number> {
  const { suppressTokens = [], minNewTokens = 0, stopIds, noRepeatNgramSize: size = 0 } = sampling;
  const out = new Set(ids.length < minNewTokens ? [...suppressTokens, ...stopIds] : suppressTokens);
  const all = [...Array.from(promptIds), ...ids];
  const withRepeats = new Set(out);
  const tail = all.slice(all.length - size + 1).join(' ');
  for (let end = size - 1; size > 0 && end < all.length; end++)
    if (all.slice(end - size + 1, end).join(' ') === tail) withRepeats.add(all[end]!);
  return withRepeats.size < vocabularySize ? withRepeats : out;
}

/** What top-H keeps; `ids` are the likeliest first, with log-probs that need not sum to one. */
export function withinEntropy(ids: number[], logProbs: number[], topH: number | undefined): number[] {
  if (topH === undefined) return ids;
  const candidates = ids.slice(0, 100);
  const shares = distributionOf(candidates, logProbs).map(surprise);
  const bound = topH * shares.reduce((sum, share) => sum + share, 0);
  let reached = 0;
  return candidates.filter((_, index) => {
    reached += shares[index]!;
    return index === 0 || reached <= bound;
  });
}

/** What typicalP, epsilonCutoff and etaCutoff keep, one after the other. */
export function typicalAndLikely(ids: number[], logProbs: number[], sampling: Sampling): number[] {
  const { typicalP = 1, epsilonCutoff = 0, etaCutoff = 0 } = sampling;
  let kept = ids;
  if (typicalP < 1) {
    const probabilities = distributionOf(kept, logProbs);
    const entropy = entropyOf(probabilities);
    const ranked = probabilities
      .map((p, index) => ({ id: kept[index]!, p, distance: Math.abs(-Math.log(p) - entropy) }))
      .sort((a, b) => a.distance - b.distance);
    let mass = 0;
    const last = ranked.findIndex(({ p }) => {
      mass += p;
      return mass >= typicalP;
    });
    const near = new Set(ranked.slice(0, last < 0 ? ranked.length : last + 1).map(({ id }) => id));
    kept = kept.filter((id) => near.has(id));
  }
  if (epsilonCutoff > 0) kept = notBelow(kept, logProbs, () => epsilonCutoff);
  if (etaCutoff > 0)
    kept = notBelow(kept, logProbs, (entropy) => Math.min(etaCutoff, Math.sqrt(etaCutoff) * Math.exp(-entropy)));
  return kept;
}

function notBelow(ids: number[], logProbs: number[], floorAt: (entropy: number) => number): number[] {
  const probabilities = distributionOf(ids, logProbs);
  const floor = Math.min(floorAt(entropyOf(probabilities)), Math.max(...probabilities));
  return ids.filter((_, index) => probabilities[index]! >= floor);
}

function distributionOf(ids: number[], logProbs: number[]): number[] {
  const mass = ids.reduce((sum, id) => sum + Math.exp(logProbs[id]!), 0);
  return ids.map((id) => Math.exp(logProbs[id]!) / mass);
}

const surprise = (p: number) => (p > 0 ? -p * Math.log(p) : 0);
const entropyOf = (probabilities: number[]) => probabilities.reduce((sum, p) => sum + surprise(p), 0);
