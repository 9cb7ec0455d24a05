#include "gemm/int8.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace thinkwright {

Int8Gemm int8GemmPortable();
#if defined(__x86_64__)
Int8Gemm int8GemmAvx2();
Int8Gemm int8GemmAvxVnni();
Int8Gemm int8GemmAvx512Vnni();
#elif defined(__aarch64__)
Int8Gemm int8GemmNeon();
Int8Gemm int8GemmNeonDot();
#endif

const char* nameOf(Dot dot) {
  switch (dot) {
    case Dot::avx2: return "avx2";
    case Dot::avxVnni: return "avx-vnni";
    case Dot::avx512Vnni: return "avx512-vnni";
    case Dot::neon: return "neon";
    case Dot::neonDot: return "neon-dot";
    default: return "portable";
  }
}

bool isPresent(Dot dot) {
  if (dot == Dot::portable) return true;
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (dot == Dot::avx2) return isPresent(Isa::avx2);
  if (dot == Dot::avxVnni) return isPresent(Isa::avx2) && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1) != 0;
  if (dot == Dot::avx512Vnni) return isPresent(Isa::avx512) && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c >> 11 & 1) != 0;
  return false;
#elif defined(__aarch64__)
  if (dot == Dot::neon) return true;
  if (dot != Dot::neonDot) return false;
#if defined(__linux__)
  return (getauxval(AT_HWCAP) >> 20 & 1) != 0;  // HWCAP_ASIMDDP
#else
  return true;  // every Mac of this architecture
#endif
#else
  return false;
#endif
}

Dot bestDot(Isa isa) {
  const auto first = [](Dot wanted, Dot otherwise) { return isPresent(wanted) ? wanted : otherwise; };
  switch (isa) {
    case Isa::avx512: return first(Dot::avx512Vnni, first(Dot::avxVnni, Dot::avx2));
    case Isa::avx2: return first(Dot::avxVnni, Dot::avx2);
    case Isa::neon: return first(Dot::neonDot, Dot::neon);
    default: return Dot::portable;
  }
}

Int8Gemm int8GemmOf(Dot dot) {
#if defined(__x86_64__)
  if (dot == Dot::avx512Vnni) return int8GemmAvx512Vnni();
  if (dot == Dot::avxVnni) return int8GemmAvxVnni();
  if (dot == Dot::avx2) return int8GemmAvx2();
#elif defined(__aarch64__)
  if (dot == Dot::neonDot) return int8GemmNeonDot();
  if (dot == Dot::neon) return int8GemmNeon();
#endif
  (void)dot;
  return int8GemmPortable();
}

Int8Gemm int8Gemm() {
  static const Int8Gemm chosen = int8GemmOf(bestDot(selectedIsa()));
  return chosen;
}

}  // namespace thinkwright
