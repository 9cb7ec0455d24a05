#include "kernels/tables.h"

namespace thinkwright {

const GemmKernels& gemmKernelsOf(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return gemmKernelsAvx512();
  if (isa == Isa::avx2) return gemmKernelsAvx2();
#elif defined(__aarch64__)
  if (isa == Isa::neon) return gemmKernelsNeon();
#endif
  (void)isa;
  return gemmKernelsPortable();
}

const Kernels& kernelsOf(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernelsAvx512();
  if (isa == Isa::avx2) return kernelsAvx2();
#elif defined(__aarch64__)
  if (isa == Isa::neon) return kernelsNeon();
#endif
  (void)isa;
  return kernelsPortable();
}

const GemmKernels& gemmKernels() { return gemmKernelsOf(selectedIsa()); }

const Kernels& kernels() { return kernelsOf(selectedIsa()); }

}  // namespace thinkwright
