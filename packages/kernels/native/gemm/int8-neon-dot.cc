// Products of int8.h with NEON and its dot products.
#include "gemm/int8-tile.h"
#include "simd/dot-neon.h"

namespace thinkwright {
Int8Gemm int8GemmNeonDot();

Int8Gemm int8GemmNeonDot() { return dotProduct<Int8Kernel<NeonDot<true>>>; }
}  // namespace thinkwright
