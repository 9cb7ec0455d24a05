// The tables of each instruction set, for the choice at run time and for tests that compare them.
#pragma once
#include "gemm/gemm.h"
#include "kernels/kernels.h"
#include "runtime/cpu-features.h"

namespace thinkwright {

const GemmKernels& gemmKernelsPortable();
const Kernels& kernelsPortable();
#if defined(__x86_64__)
const GemmKernels& gemmKernelsAvx2();
const Kernels& kernelsAvx2();
const GemmKernels& gemmKernelsAvx512();
const Kernels& kernelsAvx512();
#elif defined(__aarch64__)
const GemmKernels& gemmKernelsNeon();
const Kernels& kernelsNeon();
#endif

// Only for an instruction set that is present.
const GemmKernels& gemmKernelsOf(Isa isa);
const Kernels& kernelsOf(Isa isa);

}  // namespace thinkwright
