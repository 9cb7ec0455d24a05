// Products of int8.h with AVX2.
#include "gemm/int8-tile.h"
#include "simd/dot-avx2.h"

namespace thinkwright {
Int8Gemm int8GemmAvx2();

Int8Gemm int8GemmAvx2() { return dotProduct<Int8Kernel<Avx2Dot<false>>>; }
}  // namespace thinkwright
