// All kernels for the avx512 vector type.
#include "kernels/table.h"
#include "kernels/tables.h"
#include "simd/vec8-avx512.h"

namespace thinkwright {
const Kernels& kernelsAvx512() {
  static constexpr Kernels table = makeKernels<Avx512Vec>();
  return table;
}
}  // namespace thinkwright
