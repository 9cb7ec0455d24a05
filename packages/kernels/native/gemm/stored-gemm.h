// storedGemm of gemm.h: which arithmetic its weights ask for.
#pragma once
#include "gemm/bf16-expanded.h"
#include "gemm/bf16.h"
#include "gemm/int8.h"
#include "gemm/stored.h"

namespace thinkwright {
namespace {

// Forward: c[m, column …] = a[m, k] Wᵀ; backward: c[m, k] = a[m, column …] W, or continues the chains of c when `accumulate` is 1.
// Weights whose n is 0 are absent; an f32 weight has plain panels. Types marked with other numerics: forward, all of them the same.
template <class V>
void storedGemm(int m, int k, const float* a, int aStride, float* c, int cStride, int column, int backward, int accumulate, const std::uint8_t* panels0, int n0, int type0,
                const std::uint8_t* panels1, int n1, int type1, const std::uint8_t* panels2, int n2, int type2) {
  if (type0 >= kBf16Products) {
    if (useBf16Dot()) return bf16GemmDot()(m, k, a, aStride, c, cStride, column, panels0, n0, type0, panels1, n1, type1, panels2, n2, type2);
    return bf16Expanded<V>(m, k, a, aStride, c, cStride, column, panels0, n0, panels1, n1, panels2, n2);
  }
  if (type0 >= kInt8Products) return int8Gemm()(m, k, a, aStride, c, cStride, column, panels0, n0, type0, panels1, n1, type1, panels2, n2, type2);
  StoredSource<V> source(k, backward != 0);
  source.add(panels0, n0, type0);
  source.add(panels1, n1, type1);
  source.add(panels2, n2, type2);
  const int n = source.columns(), columns = backward ? k : n, depth = backward ? n : k;
  product<V>({m, columns, depth, {backward ? a + column : a, aStride, 1}, nullptr, 0, backward ? c : c + column, cStride, accumulate != 0, &source});
}

}  // namespace
}  // namespace thinkwright
