// Products of bf16.h where there is no instruction for them: both sides become float32, pairs of depths change places, and the exact
// products of stored.h do the rest.
#pragma once
#include "gemm/bf16.h"
#include "gemm/half-floats.h"
#include "gemm/stored.h"

namespace thinkwright {
namespace {

constexpr int kSwappedRows = 14;  // a thread's slot: callers hold others

template <class V>
void bf16Expanded(int m, int k, const float* a, int aStride, float* c, int cStride, int column, const std::uint8_t* panels0, int n0,
                  const std::uint8_t* panels1, int n1, const std::uint8_t* panels2, int n2, const Epilogue& epilogue) {
  const int depth = (k + 1) / 2 * 2;  // an absent last depth is 0 on both sides
  float* rows = threadScratch<float>(kSwappedRows, static_cast<size_t>(m) * depth + kPanelWidth);
  parallelRanges(m, std::max(1, (1 << 16) / std::max(1, k)), [&](long begin, long end) {
    for (long row = begin; row < end; row++) {
      const float* from = a + row * aStride;
      float* to = rows + row * depth;
      for (int i = 0; i < k; i++) to[i ^ 1] = fromBfloat16(toBfloat16(from[i]));
      if (k % 2 != 0) to[k - 1] = 0;
    }
  });
  StoredSource<V> source(depth, false);
  source.add(panels0, n0, kBfloat16Swapped);
  source.add(panels1, n1, kBfloat16Swapped);
  source.add(panels2, n2, kBfloat16Swapped);
  product<V>({m, source.columns(), depth, {rows, depth, 1}, nullptr, 0, c + column, cStride, false, &source, epilogue});
}

}  // namespace
}  // namespace thinkwright
