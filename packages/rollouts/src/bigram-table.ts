// The fake engine's language: logits[previous][next], uniform in [-2, 2), and the sampling rules of the contract in plain
// float64. Randomness is a hash of (seed, key, sample, step), so no state is carried between draws.

import { ruledOut, typicalAndLikely, withinEntropy } from './sampling-rules.ts';
import type { Sampling } from './types.ts';

/** murmur3's finaliser, after folding in one 32-bit word at a time. */
function mix(...words: number[]): number {
  let hash = 0x9e3779b9;
  for (const word of words) {
    hash ^= word;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = (hash ^ (hash >>> 16)) >>> 0;
  }
  return hash;
}

/** A number in [0, 1) fixed by its arguments. */
export function drawUniform(seed: number, key: string, sample: number, step: number): number {
  return mix(seed, ...Array.from(key, (character) => character.codePointAt(0)!), sample, step) / 2 ** 32;
}

export class BigramTable {
  readonly size: number;
  readonly #seed: number;

  constructor(size: number, seed: number) {
    this.size = size;
    this.#seed = seed;
  }

  #logits(previous: number): number[] {
    return Array.from({ length: this.size }, (_, next) => (mix(this.#seed, previous, next) / 2 ** 32) * 4 - 2);
  }

  logProb(previous: number, next: number, temperature: number): number {
    return logSoftmax(this.#logits(previous).map((logit) => logit / temperature))[next]!;
  }

  /** Draws the next id (or takes `forced`) by inverting the cumulative distribution at `uniform`. */
  sample(
    previous: number,
    sampling: Sampling,
    uniform: number,
    forced?: number,
    history: { promptIds: ArrayLike<number>; ids: readonly number[] } = { promptIds: [], ids: [] },
  ): { id: number; logProb: number } {
    const { temperature, topK = 0, topP = 1, minP = 0 } = sampling;
    const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = sampling;
    const logits = this.#logits(previous);
    for (const id of new Set([...Array.from(history.promptIds), ...history.ids]))
      logits[id] = logits[id]! > 0 ? logits[id]! / repetitionPenalty : logits[id]! * repetitionPenalty;
    for (const id of history.ids) logits[id]! -= frequencyPenalty;
    for (const id of new Set(history.ids)) logits[id]! -= presencePenalty;
    for (const id of ruledOut(sampling, history.promptIds, history.ids, this.size))
      logits[id] = Number.NEGATIVE_INFINITY;
    const logProbs = logSoftmax(logits.map((logit) => logit / (temperature || 1)));
    const descending = logProbs.map((_, id) => id).sort((a, b) => logProbs[b]! - logProbs[a]! || a - b);
    if (temperature === 0) {
      const id = forced ?? descending[0]!;
      return { id, logProb: logProbs[id]! };
    }
    const possible = descending.filter((id) => Number.isFinite(logProbs[id]!));
    let kept = withinEntropy(possible, logProbs, sampling.topH);
    if (topK > 0) kept = kept.slice(0, topK);
    kept = nucleus(kept, logProbs, topP);
    const floor = Math.log(minP) + logProbs[kept[0]!]!;
    kept = kept.filter((id) => logProbs[id]! >= floor);
    kept = typicalAndLikely(kept, logProbs, sampling);
    const keptLogProbs = logSoftmax(kept.map((id) => logProbs[id]!));
    if (forced !== undefined) return { id: forced, logProb: keptLogProbs[kept.indexOf(forced)] ?? logProbs[forced]! };
    let rest = uniform;
    let index = 0;
    while (index < kept.length - 1 && rest >= Math.exp(keptLogProbs[index]!)) {
      rest -= Math.exp(keptLogProbs[index]!);
      index++;
    }
    return { id: kept[index]!, logProb: keptLogProbs[index]! };
  }
}

function logSoftmax(logits: number[]): number[] {
  const largest = Math.max(...logits);
  const logSum = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  return logits.map((logit) => logit - logSum);
}

function nucleus(ids: number[], logProbs: number[], topP: number): number[] {
  if (topP >= 1) return ids;
  const total = ids.reduce((sum, id) => sum + Math.exp(logProbs[id]!), 0);
  let reached = 0;
  const end = ids.findIndex((id) => {
    reached += Math.exp(logProbs[id]!) / total;
    return reached >= topP;
  });
  return ids.slice(0, end + 1);
}
