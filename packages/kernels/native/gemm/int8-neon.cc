// Products of int8.h with NEON.
#include "gemm/int8-tile.h"
#include "simd/dot-neon.h"

namespace thinkwright {
Int8Gemm int8GemmNeon();

Int8Gemm int8GemmNeon() { return int8Product<NeonDot<false>>; }
}  // namespace thinkwright
