// The functions of gemm.h for one vector type.
#pragma once
#include "gemm/driver.h"
#include "gemm/stored-pack.h"
#include "gemm/stored-gemm.h"

namespace thinkwright {
namespace {

template <class V>
void packForward(const float* weight, int n, int k, int column, int totalColumns, float* panels) {
  packPanels<V>({weight, 1, k}, n, k, column, totalColumns, 0, k, panels);
}

template <class V>
void packBackward(const float* weight, int n, int k, int depth, int totalDepth, float* panels) {
  packPanels<V>({weight, k, 1}, k, n, 0, k, depth, totalDepth, panels);
}

template <class V>
void gemm(int m, int n, int k, const float* a, int aColumn, int aStride, const float* panels, float* c, int cColumn, int cStride, int accumulate,
          const float* bias, const float* addend, float* gated, const float* norm, float* inverse, float epsilon) {
  normalisedProduct<V>({norm, inverse, epsilon}, {m, n, k, {a + aColumn, aStride, 1}, panels, static_cast<long>(k) * kPanelWidth, c + cColumn, cStride, accumulate != 0, nullptr,
              Epilogue::of(cColumn, bias, addend, gated)});
}

template <class V>
void gradWeight(int rows, int n, int k, const float* dy, int dyColumn, int dyStride, const float* x, int xStride, float* dWeight,
                int accumulate) {
  gradientOverRows<V>(rows, n, k, dy + dyColumn, dyStride, x, xStride, dWeight, accumulate != 0);
}

template <class V>
void gradBias(const float* dy, int rows, int stride, int column, float* dBias, int n, int accumulate) {
  constexpr int kColumns = 64;
  parallel((n + kColumns - 1) / kColumns, [&](int task) {
    for (int j = task * kColumns; j < std::min(n, (task + 1) * kColumns); j += 8) {
      const int count = std::min(8, n - j);
      V total = accumulate ? V::loadFirst(dBias + j, count) : V::zero();
      for (long row0 = 0; row0 < rows; row0 += kRowSegment) {
        V sum = V::zero();
        for (long row = row0; row < std::min<long>(rows, row0 + kRowSegment); row++) {
          sum = sum + V::loadFirst(dy + row * stride + column + j, count);
        }
        total = total + sum;
      }
      total.storeFirst(dBias + j, count);
    }
  });
}

template <class V>
void matMul(int batch, int m, int n, int k, const float* a, int aBatchStride, int aRowStride, int aColumnStride, const float* b,
            int bBatchStride, int bRowStride, int bColumnStride, float* c) {
  float* panels = sharedScratch<float>(kPackedPanels, panelFloats(n, k));
  for (int i = 0; i < batch; i++) {
    if (i == 0 || bBatchStride != 0) {
      packPanels<V>({b + static_cast<long>(i) * bBatchStride, bRowStride, bColumnStride}, n, k, 0, n, 0, k, panels);
    }
    product<V>({m, n, k, {a + static_cast<long>(i) * aBatchStride, aRowStride, aColumnStride}, panels, static_cast<long>(k) * kPanelWidth,
                c + static_cast<long>(i) * m * n, n, false});
  }
}

template <class V>
constexpr GemmKernels makeGemmKernels() {
  return {.packForward = packForward<V>,
          .packBackward = packBackward<V>,
          .turnPanels = turnPanels<V>,
          .gemm = gemm<V>,
          .gradWeight = gradWeight<V>,
          .gradBias = gradBias<V>,
          .matMul = matMul<V>,
          .storedQuantise = storedQuantise,
          .storedPack = storedPack,
          .storedExpand = storedExpand<V>,
          .storedRows = storedRows<V>,
          .storedGemm = storedGemm<V>};
}

}  // namespace
}  // namespace thinkwright
