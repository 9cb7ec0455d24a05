// Matrix products in plain C++.
#include "gemm/table.h"
#include "kernels/tables.h"
#include "simd/unpack-portable.h"
#include "simd/vec8-portable.h"

namespace thinkwright {
const GemmKernels& gemmKernelsPortable() {
  static constexpr GemmKernels table = makeGemmKernels<PortableVec>();
  return table;
}
}  // namespace thinkwright
