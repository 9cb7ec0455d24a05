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

// One row; out may be x.
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

// dx = rstd * (dy w) - x * rstd³ / C * Σ (dy w x), and dy x rstd added to `sums`, for one row; dx may be the gradient's place.
template <class V>
inline void rmsNormGradRow(const float* value, const float* gradient, const float* weight, float scale, float* dx, float* sums, int c) {
  V sum = V::zero();
  for (int j = 0; j < c; j += 8) {
    const V scaled = V::loadFirst(gradient + j, c - j) * V::loadFirst(weight + j, c - j);
    sum = V::fma(scaled, V::loadFirst(value + j, c - j), sum);
  }
  const V scales = V::broadcast(scale);
  const V back = V::broadcast(sum.sum() * scale * scale * scale / static_cast<float>(c));
  for (int j = 0; j < c; j += 8) {
    const V a = V::loadFirst(value + j, c - j), g = V::loadFirst(gradient + j, c - j);
    (scales * (g * V::loadFirst(weight + j, c - j)) - back * a).storeFirst(dx + j, c - j);
    V::fma(a * scales, g, V::loadFirst(sums + j, c - j)).storeFirst(sums + j, c - j);
  }
}

inline int normRanges(std::int64_t rows) { return static_cast<int>((rows + kNormRowRange - 1) / kNormRowRange); }

// body(row, sums) for the rows of one range.
template <class Body>
inline void forNormRange(int range, std::int64_t rows, float* sums, int c, Body&& body) {
  std::memset(sums, 0, static_cast<size_t>(c) * 4);
  const std::int64_t end = std::min<std::int64_t>(rows, (range + 1LL) * kNormRowRange);
  for (std::int64_t row = static_cast<std::int64_t>(range) * kNormRowRange; row < end; row++) body(row, sums);
}

inline void sumNormRanges(const float* partial, int ranges, int c, float* dWeight, int accumulate) {
  for (int j = 0; j < c; j++) {
    float sum = 0;
    for (int range = 0; range < ranges; range++) sum += partial[static_cast<size_t>(range) * c + j];
    dWeight[j] = accumulate ? dWeight[j] + sum : sum;
  }
}

template <class V>
void rmsNormGrad(const float* x, const float* weight, const float* rstd, const float* dOut, float* dx, float* dWeight, int rows, int c,
                 int accumulate) {
  const int ranges = normRanges(rows);
  float* partial = sharedScratch<float>(0, static_cast<size_t>(std::max(ranges, 1)) * c);
  parallel(ranges, [&](int range) {
    forNormRange(range, rows, partial + static_cast<size_t>(range) * c, c, [&](std::int64_t row, float* sums) {
      rmsNormGradRow<V>(x + row * c, dOut + row * c, weight, rstd[row], dx + row * c, sums, c);
    });
  });
  if (dWeight != nullptr) sumNormRanges(partial, ranges, c, dWeight, accumulate);
}

}  // namespace
}  // namespace thinkwright
