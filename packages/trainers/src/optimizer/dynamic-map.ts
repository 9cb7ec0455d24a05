// The 256 values of dynamic 8-bit quantisation: an exponent in tens whose length takes bits from the fraction, so that small
// numbers keep their magnitude. Dettmers, https://arxiv.org/abs/1511.04561; Dettmers et al., https://arxiv.org/abs/2110.02861.

const EXPONENTS = 7;

/** Ascending values in (-1, 1] (signed) or [0, 1] (unsigned), 0 and 1 among them. */
export function dynamicMap(isSigned: boolean): Float32Array {
  const values = [0, 1];
  for (let exponent = 0; exponent < EXPONENTS; exponent++) {
    const items = 2 ** (isSigned ? exponent : exponent + 1);
    for (let item = 0; item < items; item++) {
      const mean = 0.1 + (0.9 * (item + 0.5)) / items; // middle of an equal share of [0.1, 1]
      const value = mean * 10 ** (exponent - EXPONENTS + 1);
      values.push(value);
      if (isSigned) values.push(-value);
    }
  }
  return Float32Array.from(values.sort((a, b) => a - b));
}
