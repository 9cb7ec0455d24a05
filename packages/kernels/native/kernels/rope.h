// Rotary position embedding (arXiv 2104.09864), half-split as in Llama: (a, b) -> (a cos - b sin, b cos + a sin) with a and b the
// first and second half of a head. With norms, each head is RMS-normalised first (Qwen3), to the bits of rmsNorm over [rows * heads, D].
// Loop order: rows over threads, heads, then pairs; in place when out is x.
#pragma once
#include <cstring>

#include "kernels/rms-norm.h"
#include "kernels/rows.h"

namespace thinkwright {
namespace {

// angles: D/2 cosines, then D/2 sines. `to` may be `from`.
template <class V>
inline void rotateHead(const float* from, const float* angles, V sign, float* to, int half) {
  for (int d = 0; d < half; d += 8) {
    const int count = half - d;
    const V a = V::loadFirst(from + d, count), b = V::loadFirst(from + half + d, count);
    const V cosine = V::loadFirst(angles + d, count), sine = V::loadFirst(angles + half + d, count) * sign;
    V::fma(a, cosine, V::zero() - b * sine).storeFirst(to + d, count);
    V::fma(b, cosine, a * sine).storeFirst(to + half + d, count);
  }
}

template <class V>
void rope(const float* x, const float* table, const int32_t* positions, const float* queryNorm, const float* keyNorm, float* out, int rows,
          int width, int headDimension, int headCount, int queryHeadCount, float epsilon, int inverse, int tableRows) {
  const V sign = V::broadcast(inverse ? -1.0f : 1.0f);
  forRows(rows, width, [&](std::int64_t row) {
    const float* angles = table + clampIndex(positions[row], tableRows) * headDimension;
    for (int head = 0; head < headCount; head++) {
      const float* from = x + row * width + head * headDimension;
      float* to = out + row * width + head * headDimension;
      const float* norm = head < queryHeadCount ? queryNorm : keyNorm;
      if (norm != nullptr) {
        scaleRow<V>(from, inverseRootMeanSquare<V>(from, headDimension, epsilon), norm, to, headDimension);
        from = to;
      }
      rotateHead<V>(from, angles, sign, to, headDimension / 2);
    }
    const int rotated = headCount * headDimension;
    if (x != out) std::memcpy(out + row * width + rotated, x + row * width + rotated, static_cast<size_t>(width - rotated) * 4);
  });
}

// Each head of dOut is rotated back into dx, then goes through its norm. The rows of a norm are all its heads of all rows, in ranges as
// in rmsNormGrad; the inverse root mean squares are computed again.
template <class V>
void ropeNormGrad(const float* x, const float* table, const int32_t* positions, const float* queryNorm, const float* keyNorm,
                  const float* dOut, float* dx, float* dQueryNorm, float* dKeyNorm, int rows, int width, int headDimension, int headCount,
                  int queryHeadCount, float epsilon, int tableRows) {
  const V back = V::broadcast(-1.0f);
  const int keyHeadCount = headCount - queryHeadCount;
  const std::int64_t queries = static_cast<std::int64_t>(rows) * queryHeadCount, keys = static_cast<std::int64_t>(rows) * keyHeadCount;
  const int queryRanges = normRanges(queries), ranges = queryRanges + normRanges(keys);
  float* partial = sharedScratch<float>(0, static_cast<size_t>(std::max(ranges, 1)) * headDimension);
  parallel(ranges, [&](int range) {
    float* partialSums = partial + static_cast<size_t>(range) * headDimension;
    const bool isQuery = range < queryRanges;
    const int heads = isQuery ? queryHeadCount : keyHeadCount;
    const float* weight = isQuery ? queryNorm : keyNorm;
    const int first = isQuery ? 0 : queryHeadCount;
    forNormRange(isQuery ? range : range - queryRanges, isQuery ? queries : keys, partialSums, headDimension, [&](std::int64_t index, float* sums) {
      const std::int64_t row = index / heads, at = row * width + (first + index % heads) * headDimension;
      rotateHead<V>(dOut + at, table + clampIndex(positions[row], tableRows) * headDimension, back, dx + at, headDimension / 2);
      const float scale = inverseRootMeanSquare<V>(x + at, headDimension, epsilon);
      rmsNormGradRow<V>(x + at, dx + at, weight, scale, dx + at, sums, headDimension);
    });
  });
  const int rotated = headCount * headDimension;
  forRows(rows, width - rotated, [&](std::int64_t row) {
    std::memcpy(dx + row * width + rotated, dOut + row * width + rotated, static_cast<size_t>(width - rotated) * 4);
  });
  sumNormRanges(partial, queryRanges, headDimension, dQueryNorm, 0);
  sumNormRanges(partial + static_cast<size_t>(queryRanges) * headDimension, ranges - queryRanges, headDimension, dKeyNorm, 0);
}

}  // namespace
}  // namespace thinkwright
