// Products of int8.h with AVX2 and AVX-VNNI.
#include "gemm/int8-tile.h"
#include "simd/dot-avx2.h"

namespace thinkwright {
Int8Gemm int8GemmAvxVnni();

Int8Gemm int8GemmAvxVnni() { return dotProduct<Int8Kernel<Avx2Dot<true>>>; }
}  // namespace thinkwright
