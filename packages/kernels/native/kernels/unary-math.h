// Element-wise functions that share the vector exp, log and tanh; the others are in elementwise.cc.
#pragma once
#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "kernels/rows.h"
#include "simd/math.h"

namespace thinkwright {
namespace {

template <class V, class Function>
inline void eachVector(const float* x, float* out, int count, Function&& function) {
  parallelRanges(count, kPieceElements / 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += 16) {
      const int lanes = static_cast<int>(std::min<std::int64_t>(16, end - i));
      function(V::Wide::loadFirst(x + i, lanes)).storeFirst(out + i, lanes);
    }
  });
}

template <class V>
void unary(int op, int type, const void* x, void* out, int count, float low, float high) {
  const float* from = static_cast<const float*>(x);
  float* to = static_cast<float*>(out);
  switch (op) {
    case kExp: return eachVector<V>(from, to, count, [](typename V::Wide value) { return exponential(value); });
    case kLog: return eachVector<V>(from, to, count, [](typename V::Wide value) { return logarithm(value); });
    case kTanh: return eachVector<V>(from, to, count, [](typename V::Wide value) { return hyperbolicTangent(value); });
    case kSigmoid: return eachVector<V>(from, to, count, [](typename V::Wide value) { return sigmoid(value); });
    default: return scalarUnary(op, type, x, out, count, low, high);
  }
}

}  // namespace
}  // namespace thinkwright
