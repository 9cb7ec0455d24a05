// Matrix products in `int8` numerics, a named mode: inference with weights of q8_0, q4_0, q4_1 or q4_k blocks against activations
// rounded to 8 bits once a product, 32 at a time:  s = max |x| / 127,  q = round to nearest even (x · (127 / max |x|)).
// An output is one chain over the blocks of 32 in order, from 0:
//   y = fma(float(S), sw · s, y)   S = Σ q w, a sum of whole numbers below 2^24, exact in any order
//   y = fma(mw, s · float(Σ q), y)   only for formats with a minimum mw
// so its bits do not depend on rows, threads or instruction set either. A block with |x| < 2^-100 throughout counts as zeros; one
// that holds an infinity or NaN makes its row NaN.
#pragma once
#include <cstdint>

#include "runtime/cpu-features.h"

namespace thinkwright {

// Ways to multiply bytes, by feature bits.
enum class Dot { portable = 0, avx2 = 1, avxVnni = 2, avx512Vnni = 3, neon = 4, neonDot = 5 };
constexpr Dot kDots[] = {Dot::portable, Dot::avx2, Dot::avxVnni, Dot::avx512Vnni, Dot::neon, Dot::neonDot};

const char* nameOf(Dot dot);
bool isPresent(Dot dot);
// The best one that an instruction set allows.
Dot bestDot(Isa isa);

// Called for columns [column, column + columns) of rows [row0, row1) as soon as they are there. Of two parts: the first two weights are
// as wide and multiplied in turn, and the call is for the same columns of both.
struct Completion {
  int parts = 1;
  void (*call)(const void* context, int row0, int row1, int column, int columns) = nullptr;
  const void* context = nullptr;
};

// The arguments of storedGemm (gemm.h), forward only; of the types only the layout counts.
using Int8Gemm = void (*)(int m, int k, const float* a, int aStride, float* c, int cStride, int column, const std::uint8_t* panels0, int n0, int type0,
                          const std::uint8_t* panels1, int n1, int type1, const std::uint8_t* panels2, int n2, int type2, const Completion& completion);

// Only for one that is present.
Int8Gemm int8GemmOf(Dot dot);
Int8Gemm int8Gemm();

}  // namespace thinkwright
