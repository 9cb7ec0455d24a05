// Products of int8.h with NEON.
#include "gemm/int8-tile.h"
#include "simd/dot-neon.h"

namespace thinkwright {
Int8Gemm int8GemmNeon();

Int8Gemm int8GemmNeon() { return dotProduct<Int8Kernel<NeonDot<false>>>; }
}  // namespace thinkwright
