// Numbers as bytes, block by block: each block of 256 is divided by its largest magnitude and each quotient becomes the index of the
// nearest value of a map. Dettmers et al., https://arxiv.org/abs/2110.02861.

export const BLOCK_SIZE = 256;

/** `length` numbers in `codes`, with the largest magnitude of each block. */
export interface QuantizedBlocks {
  codes: Uint8Array;
  largest: Float32Array;
}

/** All zeros. */
export function quantizedZeros(length: number, map: Float32Array): QuantizedBlocks {
  return {
    codes: new Uint8Array(length).fill(map.indexOf(0)),
    largest: new Float32Array(Math.ceil(length / BLOCK_SIZE)),
  };
}

/** Reads block `block` into `into`; returns how many numbers it has. */
export function readBlock({ codes, largest }: QuantizedBlocks, map: Float32Array, block: number, into: Float32Array) {
  const start = block * BLOCK_SIZE;
  const count = Math.min(BLOCK_SIZE, codes.length - start);
  for (let i = 0; i < count; i++) into[i] = map[codes[start + i]!]! * largest[block]!;
  return count;
}

/** Writes the first `count` numbers of `values` as block `block`. */
export function writeBlock(
  { codes, largest }: QuantizedBlocks,
  map: Float32Array,
  block: number,
  values: Float32Array,
  count: number,
): void {
  let most = 0;
  for (let i = 0; i < count; i++) most = Math.max(most, Math.abs(values[i]!));
  largest[block] = most;
  const start = block * BLOCK_SIZE;
  for (let i = 0; i < count; i++) codes[start + i] = nearestCode(map, most === 0 ? 0 : Math.fround(values[i]! / most));
}

/** Index of the value of the ascending `map` that is nearest to `value`. */
export function nearestCode(map: Float32Array, value: number): number {
  let low = 0;
  let high = map.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (map[middle]! <= value) low = middle;
    else high = middle;
  }
  return value - map[low]! <= map[high]! - value ? low : high;
}
