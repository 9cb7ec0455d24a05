// Instruction sets: what the processor has, and which one the kernels use (THINKWRIGHT_ISA or the best present).
// Files named *-avx2.cc and *-avx512.cc (x86-64) and *-neon.cc (arm64) are compiled with the flags of that set (src/build.ts) and
// entered only when selectedIsa() says so.
#pragma once

namespace thinkwright {

enum class Isa { portable = 0, avx2 = 1, avx512 = 2, neon = 3 };

constexpr Isa kIsas[] = {Isa::portable, Isa::avx2, Isa::avx512, Isa::neon};

// The name in THINKWRIGHT_ISA.
const char* nameOf(Isa isa);

// Whether this processor, the system and this build have it.
bool isPresent(Isa isa);

// The best instruction set present.
Isa bestIsa();

// The one in use; fixed before the first record runs.
Isa selectedIsa();
void selectIsa(Isa isa);

}  // namespace thinkwright
