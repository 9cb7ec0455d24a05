// What follows a product while its output is still in cache: y = c + bias + addend, either of them left out; and for a gated pair of
// weights side by side (SwiGLU, arXiv 2002.05202) gated = silu(y of the left half) · y of the right half.
// The bits are those of a bias, a residual or an activation added by a pass of its own.
#pragma once
#include "gemm/gemm.h"
#include "simd/math.h"

namespace thinkwright {
namespace {

struct Epilogue {
  const float* bias = nullptr;    // [n]
  const float* addend = nullptr;  // [m, n], with the row stride of c
  float* gated = nullptr;         // [m, n / 2]; n / 2 a multiple of kPanelWidth

  // Of a product with the columns from `column` on; bias and addend begin at column 0.
  static Epilogue of(int column, const float* bias, const float* addend, float* gated) {
    return {bias == nullptr ? nullptr : bias + column, addend == nullptr ? nullptr : addend + column, gated};
  }
  // Gate and up are multiplied in turn, the same panels of each.
  int parts() const { return gated == nullptr ? 1 : 2; }
};

// The chains of columns [column, column + columns) of each part of c[m, n] are done in rows [row0, row1).
template <class V>
inline void finish(const Epilogue& epilogue, float* c, long cStride, int n, int row0, int row1, int column, int columns) {
  using W = typename V::Wide;
  const float *bias = epilogue.bias, *addend = epilogue.addend;
  const int half = n / 2, end = column + columns;
  for (long row = row0; row < row1; row++) {
    float* y = c + row * cStride;
    for (int part = 0; part < epilogue.parts() && (bias != nullptr || addend != nullptr); part++) {
      for (int j = column + part * half; j < end + part * half; j += kPanelWidth) {
        const int count = end + part * half - j;
        W sum = W::loadFirst(y + j, count);
        if (bias != nullptr) sum = sum + W::loadFirst(bias + j, count);
        if (addend != nullptr) sum = sum + W::loadFirst(addend + row * cStride + j, count);
        sum.storeFirst(y + j, count);
      }
    }
    for (int j = column; j < end && epilogue.gated != nullptr; j += kPanelWidth) {
      const W gate = W::load(y + j);
      (gate * sigmoid(gate) * W::load(y + half + j)).store(epilogue.gated + row * half + j);
    }
  }
}

}  // namespace
}  // namespace thinkwright
