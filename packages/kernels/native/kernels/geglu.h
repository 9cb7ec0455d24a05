// GeGLU (arXiv 2002.05202) over rows [gate | up]: out = gelu(gate) * up with the tanh form of GELU (arXiv 1606.08415), which is
// g * sigmoid(p(g)), p(g) = 2 sqrt(2 / pi) (g + 0.044715 g^3). Loop order: rows over threads, 16 lanes.
#pragma once
#include "kernels/rows.h"
#include "simd/math.h"

namespace thinkwright {
namespace {

constexpr float kGeluLinear = 1.5957691216057308f, kGeluCubic = 0.07135481282634303f;

// sigmoid(p) is 0 or 1 long before these bounds, beyond which p and its slope would overflow. This order keeps NaN.
template <class W>
inline W bounded(W gate) {
  return W::maximum(W::broadcast(-100.0f), W::minimum(W::broadcast(100.0f), gate));
}

template <class V>
void geglu(const float* gateUp, float* out, int rows, int f) {
  using W = typename V::Wide;
  const W linear = W::broadcast(kGeluLinear), cubic = W::broadcast(kGeluCubic);
  forRows(rows, f * 4L, [&](std::int64_t row) {
    const float *gate = gateUp + row * 2 * f, *up = gate + f;
    for (int j = 0; j < f; j += 16) {
      const W g = W::loadFirst(gate + j, f - j);
      const W b = bounded(g);
      const W s = sigmoid(b * W::fma(cubic, b * b, linear));
      (g * s * W::loadFirst(up + j, f - j)).storeFirst(out + row * f + j, f - j);
    }
  });
}

// d gate = dy up s (1 + gate (1 - s) p'(gate)), d up = dy gate s, with s = sigmoid(p(gate)). 1 - s is exp(-p) s, because p' is large where
// s rounds to 1; where exp(-p) is infinite, infinity times zero becomes the 1 that it stands for.
template <class V>
void gegluGrad(const float* gateUp, const float* dOut, float* dGateUp, int rows, int f) {
  using W = typename V::Wide;
  const W one = W::broadcast(1.0f), linear = W::broadcast(kGeluLinear), cubic = W::broadcast(kGeluCubic);
  const W slopeCubic = W::broadcast(3.0f * kGeluCubic);
  forRows(rows, f * 4L, [&](std::int64_t row) {
    const float *gate = gateUp + row * 2 * f, *up = gate + f;
    float *dGate = dGateUp + row * 2 * f, *dUp = dGate + f;
    for (int j = 0; j < f; j += 16) {
      const int count = f - j;
      const W g = W::loadFirst(gate + j, count), dy = W::loadFirst(dOut + row * f + j, count);
      const W b = bounded(g), square = b * b;
      const W e = exponential(W::zero() - b * W::fma(cubic, square, linear));
      const W s = one / (one + e), rest = W::minimum(e * s, one);
      const W slope = s * W::fma(b * rest, W::fma(slopeCubic, square, linear), one);
      (dy * W::loadFirst(up + j, count) * slope).storeFirst(dGate + j, count);
      (dy * (g * s)).storeFirst(dUp + j, count);
    }
  });
}

}  // namespace
}  // namespace thinkwright
