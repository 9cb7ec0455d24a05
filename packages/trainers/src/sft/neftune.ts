// NEFTune: uniform noise on the embeddings while training, U(-1, 1) alpha / sqrt(L C) with L the tokens of the sequence, which keeps a
// small set of instructions from being learnt by heart. Jain et al., https://arxiv.org/abs/2310.05914. transformers takes L from the
// padded batch; here a sequence's noise does not depend on its neighbours.

import { type RandomKey, uniform } from '@thinkwright/tensors';

/** @param lengths tokens of each packed sequence. @returns [sum of lengths, channels], row major. */
export function neftuneNoise(
  lengths: readonly number[],
  channels: number,
  alpha: number,
  { seed, stream }: RandomKey,
): Float32Array {
  const noise = new Float32Array(lengths.reduce((sum, length) => sum + length, 0) * channels);
  let at = 0;
  for (const length of lengths) {
    const magnitude = alpha / Math.sqrt(length * channels);
    for (const end = at + length * channels; at < end; at++)
      noise[at] = (2 * uniform(seed, stream, at) - 1) * magnitude;
  }
  return noise;
}
