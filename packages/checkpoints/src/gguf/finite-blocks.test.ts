import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_LAYOUTS, type DataType } from '../data-types.ts';
import { decodeFloat32 } from '../decode-float32.ts';
import { firstNotFinite } from './finite-blocks.ts';

const types: DataType[] = ['F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q4_K', 'Q5_K', 'Q6_K'];

describe('firstNotFinite', () => {
  it.each(types)('says of random %s blocks what their expansion says', (dtype) => {
    const { bytes, elements } = BLOCK_LAYOUTS[dtype];
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3 * bytes, maxLength: 3 * bytes }),
        fc.integer({ min: 0, max: 2 }),
        (raw, block) => {
          if (dtype === 'Q6_K') raw[block * bytes + 209]! |= 0x7c;
          const values = new Float32Array(3 * elements);
          decodeFloat32(dtype, raw, values);
          const found = values.findIndex((value) => !Number.isFinite(value));
          const expected = found < 0 ? -1 : Math.floor(found / elements) * elements;
          const told = firstNotFinite(dtype, raw);
          // A block whose scale is not finite may still hold numbers that are: infinity times 0 is NaN, so it never is whole.
          expect(told).toBe(expected);
        },
      ),
    );
  });
});
