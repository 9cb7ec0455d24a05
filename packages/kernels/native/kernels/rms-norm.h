// RMS normalisation, Zhang and Sennrich 2019 (arXiv 1910.07467): out = x / sqrt(mean(x²) + epsilon) * weight.
// Loop order: rows over threads; a row's sum runs in 8 lanes (lane = c mod 8) and one fixed tree. The weight's gradient sums rows in
// fixed ranges of 64, then the ranges in order.
#pragma once
#include <cmath>
#include <cstring>

#include "kernels/rows.h"
#include "runtime/scratch.h"

namespace thinkwright {
namespace {

constexpr int kNormRowRange = 64;

// 1 / sqrt(mean(x²) + epsilon)
template <class V>
inline float inverseRootMeanSquare(const float* x, int c, float epsilon) {
  V sum = V::zero();
  for (int j = 0; j < c; j += 8) {
    const V value = V::loadFirst(x + j, c - j);
    sum = V::fma(value, value, sum);
  }
  return 1.0f / std::sqrt(sum.sum() / static_cast<float>(c) + epsilon);
}

template <class V>
inline void scaleRow(const float* x, float scale, const float* weight, float* out, int c) {
  const V scales = V::broadcast(scale);
  for (int j = 0; j < c; j += 8) (V::loadFirst(x + j, c - j) * scales * V::loadFirst(weight + j, c - j)).storeFirst(out + j, c - j);
}

template <class V>
void rmsNorm(const float* x, const float* weight, float* out, float* rstd, int rows, int c, float epsilon) {
  forRows(rows, c, [&](std::int64_t row) {
    const float scale = inverseRootMeanSquare<V>(x + row * c, c, epsilon);
    if (rstd != nullptr) rstd[row] = scale;
    scaleRow<V>(x + row * c, scale, weight, out + row * c, c);
  });
}

// dx = rstd * (dy w) - x * rstd³ / C * Σ (dy w x)
template <class V>
void rmsNormGrad(const float* x, const float* weight, const float* rstd, const float* dOut, float* dx, float* dWeight, int rows, int c,
                 int accumulate) {
  const int ranges = (rows + kNormRowRange - 1) / kNormRowRange;
  float* partial = sharedScratch<float>(0, static_cast<size_t>(std::max(ranges, 1)) * c);
  parallel(ranges, [&](int range) {
    float* sums = partial + static_cast<size_t>(range) * c;
    std::memset(sums, 0, static_cast<size_t>(c) * 4);
    const int end = std::min(rows, (range + 1) * kNormRowRange);
    for (std::int64_t row = static_cast<std::int64_t>(range) * kNormRowRange; row < end; row++) {
      const float *value = x + row * c, *gradient = dOut + row * c;
      V sum = V::zero();
      for (int j = 0; j < c; j += 8) {
        const V scaled = V::loadFirst(gradient + j, c - j) * V::loadFirst(weight + j, c - j);
        sum = V::fma(scaled, V::loadFirst(value + j, c - j), sum);
      }
      const float scale = rstd[row];
      const V scales = V::broadcast(scale);
      const V back = V::broadcast(sum.sum() * scale * scale * scale / static_cast<float>(c));
      for (int j = 0; j < c; j += 8) {
        const V a = V::loadFirst(value + j, c - j), g = V::loadFirst(gradient + j, c - j);
        (scales * (g * V::loadFirst(weight + j, c - j)) - back * a).storeFirst(dx + row * c + j, c - j);
        V::fma(a * scales, g, V::loadFirst(sums + j, c - j)).storeFirst(sums + j, c - j);
      }
    }
  });
  if (dWeight == nullptr) return;
  for (int j = 0; j < c; j++) {
    float sum = 0;
    for (int range = 0; range < ranges; range++) sum += partial[static_cast<size_t>(range) * c + j];
    dWeight[j] = accumulate ? dWeight[j] + sum : sum;
  }
}

}  // namespace
}  // namespace thinkwright
