// Matrix products with NEON.
#include "gemm/table.h"
#include "kernels/tables.h"
#include "simd/unpack-portable.h"
#include "simd/vec8-neon.h"

namespace thinkwright {
const GemmKernels& gemmKernelsNeon() {
  static constexpr GemmKernels table = makeGemmKernels<NeonVec>();
  return table;
}
}  // namespace thinkwright
