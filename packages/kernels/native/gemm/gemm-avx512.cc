// Matrix products with AVX-512.
#include "gemm/table.h"
#include "kernels/tables.h"
#include "simd/unpack-avx512.h"
#include "simd/vec8-avx512.h"

namespace thinkwright {
const GemmKernels& gemmKernelsAvx512() {
  static constexpr GemmKernels table = makeGemmKernels<Avx512Vec>();
  return table;
}
}  // namespace thinkwright
