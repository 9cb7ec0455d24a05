// One draw on the host: the inverse of the cumulative distribution of what the filters left, at a uniform number keyed by (seed, key,
// position); at temperature 0 the most likely token, unfiltered.
import { philoxInto } from '../random/philox.ts';
import { STREAMS, toUniformDouble } from '../random/uniform.ts';
import { keptTokens, type TokenFilters } from './token-filters/kept-tokens.ts';

export interface DrawRandom {
  seed: number;
  /** Hash of the prompt's key and the sample's index. */
  key: number;
  /** Position of the token that is drawn. */
  position: number;
}

export interface Draw {
  token: number;
  /** Under the filtered distribution. */
  logProb: number;
}

/** @param logProbs [V] of one row, after the temperature */
export function drawToken(
  logProbs: Float32Array,
  settings: TokenFilters & { temperature: number },
  { seed, key, position }: DrawRandom,
): Draw {
  if (settings.temperature === 0) return mostLikely(logProbs);
  const words = new Uint32Array(4);
  philoxInto(words, 0, seed, STREAMS.sampling, key, position, 0, 0);
  const point = toUniformDouble(words[0]!, words[1]!);
  const kept = keptTokens(logProbs, settings);
  const mass = kept.reduce((sum, token) => sum + Math.exp(logProbs[token]!), 0);
  let passed = 0;
  let token = kept[0]!;
  for (const candidate of kept) {
    const probability = Math.exp(logProbs[candidate]!);
    if (probability === 0) continue;
    token = candidate;
    passed += probability;
    if (passed > point * mass) break;
  }
  const filtered = kept.length < logProbs.length;
  return { token, logProb: filtered ? logProbs[token]! - Math.log(mass) : logProbs[token]! };
}

function mostLikely(logProbs: Float32Array): Draw {
  let token = 0;
  for (let index = 1; index < logProbs.length; index++) if (logProbs[index]! > logProbs[token]!) token = index;
  return { token, logProb: logProbs[token]! };
}
