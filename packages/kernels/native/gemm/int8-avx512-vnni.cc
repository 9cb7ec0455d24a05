// Products of int8.h with AVX-512 VNNI.
#include "gemm/int8-tile.h"
#include "simd/dot-avx512.h"

namespace thinkwright {
Int8Gemm int8GemmAvx512Vnni();

Int8Gemm int8GemmAvx512Vnni() { return dotProduct<Int8Kernel<Avx512Dot>>; }
}  // namespace thinkwright
