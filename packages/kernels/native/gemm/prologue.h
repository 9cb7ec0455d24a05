// What comes before a product: RMSNorm of the rows of a (kernels/rms-norm.h), each scaled to root mean square 1 and by a weight. Many rows
// are scaled as they are packed; few, and those that other numerics round, in a buffer first. The bits are those of a norm of its own.
#pragma once
#include "gemm/pack.h"
#include "kernels/rms-norm.h"

namespace thinkwright {
namespace {

constexpr int kNormalisedRows = 2;  // a shared slot

struct Norm {
  const float* weight = nullptr;  // [k]; absent: rows as they are
  float* inverse = nullptr;       // [m], written: 1 / root mean square of each row
  float epsilon = 0;
};

template <class V>
void rowStatistics(const Norm& norm, int m, int k, const float* a, long aStride) {
  forRows(m, k, [&](std::int64_t row) { norm.inverse[row] = inverseRootMeanSquare<V>(a + row * aStride, k, norm.epsilon); });
}

// The rows [m, k] themselves, or normalised ones in a buffer of their own.
template <class V>
Strided normalisedRows(const Norm& norm, int m, int k, const Strided& a) {
  if (norm.weight == nullptr) return a;
  rowStatistics<V>(norm, m, k, a.data, a.row);
  float* rows = sharedScratch<float>(kNormalisedRows, static_cast<size_t>(m) * k + kPanelWidth);
  forRows(m, k, [&](std::int64_t row) { scaleRow<V>(a.at(row, 0), norm.inverse[row], norm.weight, rows + row * k, k); });
  return {rows, k, 1};
}

}  // namespace
}  // namespace thinkwright
