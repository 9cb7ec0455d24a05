#include "gemm/bf16.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace thinkwright {

bool hasBf16Dot() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return isPresent(Isa::avx512) && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 5 & 1) != 0;
#else
  return false;
#endif
}

bool useBf16Dot() {
  static const bool use = selectedIsa() == Isa::avx512 && hasBf16Dot();
  return use;
}

#if !defined(__x86_64__)
Int8Gemm bf16GemmDot() { return nullptr; }
#endif

}  // namespace thinkwright
