// All kernels for the neon vector type.
#include "kernels/table.h"
#include "kernels/tables.h"
#include "simd/vec8-neon.h"

namespace thinkwright {
const Kernels& kernelsNeon() {
  static constexpr Kernels table = makeKernels<NeonVec>();
  return table;
}
}  // namespace thinkwright
