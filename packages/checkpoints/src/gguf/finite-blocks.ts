// Are all numbers of a tensor finite? Told from the stored bits, without expanding them: a block is finite when its half-precision
// scales are, for their products with a few small integers stay far below the largest float32.

import { BLOCK_LAYOUTS, type DataType } from '../data-types.ts';

/** Where the half floats of a block lie. */
const SCALES: Partial<Record<DataType, readonly number[]>> = {
  F16: [0],
  Q8_0: [0],
  Q4_0: [0],
  Q4_1: [0, 2],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/** Index of the first element whose block holds an infinity or NaN, or -1. */
export function firstNotFinite(dtype: DataType, bytes: Uint8Array): number {
  const { bytes: step, elements } = BLOCK_LAYOUTS[dtype];
  const scales = dtype === 'BF16' ? [0] : SCALES[dtype]!;
  const exponent = dtype === 'BF16' ? 0x7f80 : 0x7c00;
  for (let at = 0; at < bytes.length; at += step)
    for (const offset of scales) {
      const bits = bytes[at + offset]! | (bytes[at + offset + 1]! << 8);
      if ((bits & exponent) === exponent) return (at / step) * elements;
    }
  return -1;
}
