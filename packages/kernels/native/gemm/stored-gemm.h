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
                const std::uint8_t* panels1, int n1, int type1, const std::uint8_t* panels2, int n2, int type2, const float* bias, const float* addend, float* gated,
                const float* norm, float* inverse, float epsilon) {
  const Epilogue epilogue = Epilogue::of(column, bias, addend, gated);
  const Norm prologue{norm, inverse, epsilon};
  if (type0 >= kInt8Products) {
    const Strided rows = normalisedRows<V>(prologue, m, k, {a, aStride, 1});
    a = rows.data;
    aStride = static_cast<int>(rows.row);
  }
  if (type0 >= kBf16Products && !useBf16Dot()) {
    return bf16Expanded<V>(m, k, a, aStride, c, cStride, column, panels0, n0, panels1, n1, panels2, n2, epilogue);
  }
  if (type0 >= kInt8Products) {
    const auto completed = [&](int row0, int row1, int from, int columns) {
      finish<V>(epilogue, c + column, cStride, n0 + n1 + n2, row0, row1, from, columns);
    };
    using Completed = decltype(completed);
    const auto call = [](const void* context, int row0, int row1, int from, int columns) {
      (*static_cast<Completed*>(context))(row0, row1, from, columns);
    };
    const Int8Gemm product = type0 >= kBf16Products ? bf16GemmDot() : int8Gemm();
    return product(m, k, a, aStride, c, cStride, column, panels0, n0, type0, panels1, n1, type1, panels2, n2, type2, {epilogue.parts(), call, &completed});
  }
  StoredSource<V> source(k, backward != 0);
  source.add(panels0, n0, type0);
  source.add(panels1, n1, type1);
  source.add(panels2, n2, type2);
  const int n = source.columns(), columns = backward ? k : n, depth = backward ? n : k;
  normalisedProduct<V>(prologue, {m, columns, depth, {backward ? a + column : a, aStride, 1}, nullptr, static_cast<long>(k) * kPanelWidth, backward ? c : c + column, cStride, accumulate != 0, &source, epilogue});
}

}  // namespace
}  // namespace thinkwright
