// Products of int8.h in plain C++.
#include "gemm/int8-tile.h"
#include "simd/dot-portable.h"

namespace thinkwright {
Int8Gemm int8GemmPortable();

Int8Gemm int8GemmPortable() { return dotProduct<Int8Kernel<PortableDot>>; }
}  // namespace thinkwright
