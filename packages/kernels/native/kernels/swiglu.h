// SwiGLU (arXiv 2002.05202) over rows [gate | up]: out = gate * sigmoid(gate) * up. Loop order: rows over threads, 16 lanes.
#pragma once
#include "kernels/rows.h"
#include "simd/math.h"

namespace thinkwright {
namespace {

template <class V>
void swiglu(const float* gateUp, float* out, int rows, int f) {
  using W = typename V::Wide;
  forRows(rows, f * 4L, [&](std::int64_t row) {
    const float *gate = gateUp + row * 2 * f, *up = gate + f;
    for (int j = 0; j < f; j += 16) {
      const W g = W::loadFirst(gate + j, f - j);
      (g * sigmoid(g) * W::loadFirst(up + j, f - j)).storeFirst(out + row * f + j, f - j);
    }
  });
}

// d gate = dy up s (1 + gate (1 - s)), d up = dy gate s, with s = sigmoid(gate)
template <class V>
void swigluGrad(const float* gateUp, const float* dOut, float* dGateUp, int rows, int f) {
  using W = typename V::Wide;
  const W one = W::broadcast(1.0f);
  forRows(rows, f * 4L, [&](std::int64_t row) {
    const float *gate = gateUp + row * 2 * f, *up = gate + f;
    float *dGate = dGateUp + row * 2 * f, *dUp = dGate + f;
    for (int j = 0; j < f; j += 16) {
      const int count = f - j;
      const W g = W::loadFirst(gate + j, count), dy = W::loadFirst(dOut + row * f + j, count);
      const W s = sigmoid(g);
      const W slope = s * W::fma(g, one - s, one);
      (dy * W::loadFirst(up + j, count) * slope).storeFirst(dGate + j, count);
      (dy * (g * s)).storeFirst(dUp + j, count);
    }
  });
}

}  // namespace
}  // namespace thinkwright
