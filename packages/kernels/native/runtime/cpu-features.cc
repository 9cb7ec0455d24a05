#include "runtime/cpu-features.h"

namespace thinkwright {

namespace {
Isa selected = Isa::portable;
}

const char* nameOf(Isa isa) {
  switch (isa) {
    case Isa::avx2: return "avx2";
    case Isa::avx512: return "avx512";
    case Isa::neon: return "neon";
    default: return "portable";
  }
}

bool isPresent(Isa isa) {
  if (isa == Isa::portable) return true;
#if defined(__x86_64__)
  // The compiler's function also asks whether the system saves the registers (XGETBV).
  __builtin_cpu_init();
  // Every processor with AVX2 and FMA also converts half floats (F16C).
  if (isa == Isa::neon) return false;
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return isPresent(Isa::avx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw");
#elif defined(__aarch64__)
  return isa == Isa::neon;  // part of every 64-bit Arm processor
#else
  return false;
#endif
}

Isa bestIsa() {
  Isa best = Isa::portable;
  for (const Isa isa : kIsas) {
    if (isPresent(isa)) best = isa;
  }
  return best;
}

Isa selectedIsa() { return selected; }

void selectIsa(Isa isa) { selected = isa; }

}  // namespace thinkwright
