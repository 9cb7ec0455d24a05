// Micro-kernels: R rows x P panels of 16 columns held in registers while k runs upwards; one fma chain an element. A wide vector is
// one row of a panel. Which shapes fit the registers is said by V::Tiling (simd/tiling.h).
#pragma once
#include <cstdint>
#include <utility>

#include "gemm/gemm.h"

namespace thinkwright {
namespace {

// Not inlined and (g++) not cloned for constant arguments: one copy of each shape serves every caller, which keeps the build short.
#if defined(__clang__)
#define TW_ONE_COPY [[gnu::noinline]]
#else
#define TW_ONE_COPY [[gnu::noinline, gnu::noclone]]
#endif

// How a tile reads its rows: a(r, k) = a[r * row + k * depth]. Packed rows (pack.h) have fixed strides.
struct StridedRows {
  static constexpr int streamAhead = 0;  // depths
  static constexpr bool fetchesNext = false, fetchesAhead = false;
  static constexpr int rowsOfPointer = 3;  // p, p + row, p + 2 row: one address register serves three rows
  const float* a;
  long row, depth;
};
// Few rows against panels from memory, which are fetched 2 KiB ahead: the processor's own prefetching stops at every page.
struct StreamedRows : StridedRows {
  static constexpr int streamAhead = 32;
};
// Panels from memory, of which each step fetches into L2 what is read later: `ahead` bytes from what it reads.
struct FetchingRows : StridedRows {
  static constexpr bool fetchesAhead = true;
  std::intptr_t ahead;
};
template <class V>
struct PackedRows {
  static constexpr int streamAhead = 0;
  static constexpr bool fetchesNext = true, fetchesAhead = false;
  static constexpr int rowsOfPointer = V::Tiling::tileRows;
  const float* a;
  const float* next;  // panels that will be read soon, as far apart as these: a tile fetches a quarter of its depths of them into L2
  static constexpr long row = 1, depth = V::Tiling::tileRows;
};

// Panel p is at b + p * panelStride, its depths bDepth apart. With loadC the chains continue from c, else they start at 0.
template <class V, int R, int P, class Rows>
TW_ONE_COPY void tile(int depth, Rows rows, const float* b, long panelStride, long bDepth, float* c, long cStride, bool loadC) {
  using W = typename V::Wide;
  W sums[P][R];
#pragma GCC unroll 4
  for (int p = 0; p < P; p++) {
#pragma GCC unroll 14
    for (int r = 0; r < R; r++) sums[p][r] = loadC ? W::load(c + r * cStride + p * kPanelWidth) : W::zero();
  }
  constexpr int kShared = Rows::rowsOfPointer, kPointers = (R + kShared - 1) / kShared;
  const float* a[kPointers];
  for (int i = 0; i < kPointers; i++) a[i] = rows.a + i * kShared * rows.row;
  const auto element = [&](int r) __attribute__((always_inline)) { return W::broadcast(a[r / kShared][r % kShared * rows.row]); };
  // Forced inline: otherwise g++ calls it for the larger shapes and the sums live in memory.
  const auto step = [&]() __attribute__((always_inline)) {
    if constexpr (Rows::streamAhead > 0) {
#pragma GCC unroll 4
      for (int p = 0; p < P; p++) __builtin_prefetch(b + p * panelStride + Rows::streamAhead * kPanelWidth);
    }
    if constexpr (Rows::fetchesAhead) {
#pragma GCC unroll 4
      for (int p = 0; p < P; p++) __builtin_prefetch(reinterpret_cast<const char*>(b + p * panelStride) + rows.ahead, 0, 2);
    }
    if constexpr (P == 1) {
      const W columns = W::load(b);
#pragma GCC unroll 14
      for (int r = 0; r < R; r++) sums[0][r] = W::fma(element(r), columns, sums[0][r]);
    } else {
      W columns[P];
#pragma GCC unroll 4
      for (int p = 0; p < P; p++) columns[p] = W::load(b + p * panelStride);
#pragma GCC unroll 14
      for (int r = 0; r < R; r++) {
        const W x = element(r);
#pragma GCC unroll 4
        for (int p = 0; p < P; p++) sums[p][r] = W::fma(x, columns[p], sums[p][r]);
      }
    }
#pragma GCC unroll 5
    for (int i = 0; i < kPointers; i++) {
      a[i] += rows.depth;
      asm("" : "+r"(a[i]));  // stays a register of its own, else g++ adds r * row to one pointer each time
    }
    b += bDepth;
  };
  int k = 0;
  if constexpr (V::Tiling::unroll == 4) {
    for (; k + 4 <= depth; k += 4) {
      step();
      step();
      step();
      step();
      if constexpr (Rows::fetchesNext) {
#pragma GCC unroll 4
        for (int p = 0; p < P; p++) __builtin_prefetch(rows.next + p * panelStride, 0, 2);
        rows.next += kPanelWidth;
      }
    }
  }
  for (; k < depth; k++) step();
#pragma GCC unroll 4
  for (int p = 0; p < P; p++) {
#pragma GCC unroll 14
    for (int r = 0; r < R; r++) sums[p][r].store(c + r * cStride + p * kPanelWidth);
  }
}

// A tile whose panel has only `columns` < 16 real ones: through a buffer, so that nothing beyond them is written.
template <class V, int R, class Rows>
TW_ONE_COPY void edgeTile(int depth, Rows rows, const float* b, long bDepth, int columns, float* c, long cStride, bool loadC) {
  using W = typename V::Wide;
  alignas(64) float buffer[R * kPanelWidth];
  if (loadC) {
    for (int r = 0; r < R; r++) W::loadFirst(c + r * cStride, columns).store(buffer + r * kPanelWidth);
  }
  tile<V, R, 1>(depth, rows, b, 0, bDepth, buffer, kPanelWidth, loadC);
  for (int r = 0; r < R; r++) W::load(buffer + r * kPanelWidth).storeFirst(c + r * cStride, columns);
}

// R rows against `columns` columns that start at panel b: as many panels at a time as the registers take.
template <class V, int R, class Rows>
inline void tileRow(int depth, Rows rows, const float* b, long panelStride, int columns, float* c, long cStride, bool loadC,
                    long bDepth = kPanelWidth) {
  constexpr int kWide = V::Tiling::panels(R);
  int column = 0;
  const auto panel = [&] { return b + column / kPanelWidth * panelStride; };
  if constexpr (kWide > 1) {
    for (; column + kWide * kPanelWidth <= columns; column += kWide * kPanelWidth) {
      tile<V, R, kWide>(depth, rows, panel(), panelStride, bDepth, c + column, cStride, loadC);
    }
  }
  for (; column + kPanelWidth <= columns; column += kPanelWidth) tile<V, R, 1>(depth, rows, panel(), 0, bDepth, c + column, cStride, loadC);
  if (column < columns) edgeTile<V, R>(depth, rows, panel(), bDepth, columns - column, c + column, cStride, loadC);
}

// function.template operator()<R>() for 1 <= rows <= Most
template <int Most, class Function>
inline void withRows(int rows, Function&& function) {
  const auto call = [&]<int... I>(std::integer_sequence<int, I...>) {
    (void)((rows == I + 1 ? (function.template operator()<I + 1>(), true) : false) || ...);
  };
  call(std::make_integer_sequence<int, Most>());
}

}  // namespace
}  // namespace thinkwright
