// Matrix products in `bf16` numerics, a named mode: inference with bfloat16 weights, activations rounded to bfloat16 (nearest even).
// Products of two such numbers are exact in float32; an output is one fma chain from 0 that takes each pair of depths the odd one
// first, as VDPBF16PS does:   y = fma(x[2 i + 1], w[2 i + 1], y);  y = fma(x[2 i], w[2 i], y)
// Its bits do not depend on rows or threads, nor on the instruction set but for one thing: VDPBF16PS takes denormal operands and
// sums (below 2^-126) as 0, and the fma chains of other sets do not.
#pragma once
#include "gemm/int8.h"
#include "gemm/stored-formats.h"

namespace thinkwright {

// Whether VDPBF16PS is there (AVX512_BF16), and whether the instruction set in use allows it.
bool hasBf16Dot();
bool useBf16Dot();

// With VDPBF16PS; only where it is present. The arguments of Int8Gemm; of the types all are bfloat16.
Int8Gemm bf16GemmDot();

}  // namespace thinkwright
