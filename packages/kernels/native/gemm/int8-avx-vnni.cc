// Products of int8.h with AVX2 and AVX-VNNI.
#include "gemm/int8-tile.h"
#include "simd/dot-avx2.h"

namespace thinkwright {
Int8Gemm int8GemmAvxVnni();

Int8Gemm int8GemmAvxVnni() { return int8Product<Avx2Dot<true>>; }
}  // namespace thinkwright
