// Matrix products with AVX2 and FMA.
#include "gemm/table.h"
#include "kernels/tables.h"
#include "simd/unpack-avx2.h"
#include "simd/vec8-avx2.h"

namespace thinkwright {
const GemmKernels& gemmKernelsAvx2() {
  static constexpr GemmKernels table = makeGemmKernels<Avx2Vec>();
  return table;
}
}  // namespace thinkwright
