// Packing of operands. Right-hand sides become panels [ceil(N/16)][depth][16]; left-hand blocks become tiles
// [ceil(M/tileRows)][depth][tileRows].
// A packed operand is read front to back, so that power-of-two strides of the sources cost nothing in the inner loops.
#pragma once
#include <algorithm>
#include <cstring>

#include "gemm/gemm.h"
#include "gemm/micro.h"
#include "runtime/thread-pool.h"

namespace thinkwright {
namespace {

// A matrix read with any strides.
struct Strided {
  const float* data;
  long row, column;
  const float* at(long i, long j) const { return data + i * row + j * column; }
};

// Depths [depth0, depth1) x `columns` columns of `source` (row = depth) into lanes [lane0, lane0 + columns) of one panel.
template <class V>
inline void packPanel(const Strided& source, long sourceDepth, long sourceColumn, int depth0, int depth1, int lane0, int columns, float* panel) {
  const bool whole = lane0 == 0 && columns == kPanelWidth;
  int k = depth0;
  if (whole && source.column == 1) {
    for (; k < depth1; k++) V::Wide::load(source.at(sourceDepth + k, sourceColumn)).store(panel + static_cast<long>(k) * kPanelWidth);
  } else if (whole && source.row == 1) {
    for (; k + 8 <= depth1; k += 8) {
      for (int half = 0; half < kPanelWidth; half += 8) {
        V block[8];
        for (int j = 0; j < 8; j++) block[j] = V::load(source.at(sourceDepth + k, sourceColumn + half + j));
        V::transpose(block);
        for (int i = 0; i < 8; i++) block[i].store(panel + static_cast<long>(k + i) * kPanelWidth + half);
      }
    }
  }
  for (; k < depth1; k++) {
    float* to = panel + static_cast<long>(k) * kPanelWidth + lane0;
    for (int j = 0; j < columns; j++) to[j] = *source.at(sourceDepth + k, sourceColumn + j);
  }
}

// The same for whole panels [panel0, panel1) of a source whose columns lie side by side: along its rows, as they lie in memory.
template <class V>
inline void packWholePanels(const Strided& source, int depth0, int depth1, int sourceColumn, int panel0, int panel1, int depthOffset, int totalDepth,
                            float* panels) {
  const long panelStride = static_cast<long>(totalDepth) * kPanelWidth;
  for (int k = depth0; k < depth1; k++) {
    const float* from = source.at(k, sourceColumn);
    float* to = panels + panel0 * panelStride + static_cast<long>(depthOffset + k) * kPanelWidth;
    for (int p = panel0; p < panel1; p++, from += kPanelWidth, to += panelStride) {
      __builtin_prefetch(from + 4 * source.row);  // rows may be a page apart
      V::Wide::load(from).store(to);
    }
  }
}

// Columns [0, n) and depths [0, depth) of `source` become columns [column, column + n) and depths [depthOffset, ...) of `panels`.
// Lanes beyond totalColumns are zeroed by the call that reaches totalColumns.
template <class V>
void packPanels(const Strided& source, int n, int depth, int column, int totalColumns, int depthOffset, int totalDepth, float* panels) {
  constexpr int kDepthBlock = 256;
  const int firstPanel = column / kPanelWidth;
  const int panelEnd = panelCount(column + n);
  const int depthBlocks = (depth + kDepthBlock - 1) / kDepthBlock;
  const int group = std::max(1, 32768 / (kPanelWidth * std::min(depth, kDepthBlock)));  // panels a task
  const int groups = (panelEnd - firstPanel + group - 1) / group;
  parallel(groups * depthBlocks, [&](int task) {
    const int depth0 = task / groups * kDepthBlock, depth1 = std::min(depth, depth0 + kDepthBlock);
    int panel0 = firstPanel + task % groups * group;
    const int groupEnd = std::min(panelEnd, panel0 + group);
    if (source.column == 1 && column % kPanelWidth == 0) {
      const int end = std::min((column + n) / kPanelWidth, groupEnd);
      packWholePanels<V>(source, depth0, depth1, panel0 * kPanelWidth - column, panel0, end, depthOffset, totalDepth, panels);
      panel0 = std::max(panel0, end);
    }
    for (int p = panel0; p < groupEnd; p++) {
      const int lane0 = std::max(0, column - p * kPanelWidth);
      const int laneEnd = std::min(kPanelWidth, column + n - p * kPanelWidth);
      float* panel = panels + (static_cast<long>(p) * totalDepth + depthOffset) * kPanelWidth;
      packPanel<V>(source, 0, p * kPanelWidth + lane0 - column, depth0, depth1, lane0, laneEnd - lane0, panel);
      if (laneEnd < kPanelWidth && p * kPanelWidth + laneEnd == totalColumns) {
        for (int k = depth0; k < depth1; k++) {
          for (int lane = laneEnd; lane < kPanelWidth; lane++) panel[static_cast<long>(k) * kPanelWidth + lane] = 0;
        }
      }
    }
  });
}

// to[j][i] = from[i][j] for 16 x 16 numbers.
template <class V>
inline void turnBlock(const float* from, float* to, long toStride = kPanelWidth) {
  for (int i = 0; i < kPanelWidth; i += 8) {
    for (int j = 0; j < kPanelWidth; j += 8) {
      V eight[8];
      for (int r = 0; r < 8; r++) eight[r] = V::load(from + (i + r) * kPanelWidth + j);
      V::transpose(eight);
      for (int r = 0; r < 8; r++) eight[r].store(to + (j + r) * toStride + i);
    }
  }
}

// The rows of a panel [k][16] again, [rows][k].
template <class V>
inline void unpackPanel(const float* panel, int k, int rows, float* to) {
  int i = 0;
  for (; rows == kPanelWidth && i + kPanelWidth <= k; i += kPanelWidth) turnBlock<V>(panel + static_cast<long>(i) * kPanelWidth, to + i, k);
  for (; i < k; i++) {
    for (int r = 0; r < rows; r++) to[static_cast<long>(r) * k + i] = panel[static_cast<long>(i) * kPanelWidth + r];
  }
}

// Panels of a weight [n, k] for y = x Wᵀ become depths [depthOffset, depthOffset + n) of those for dx = dy W.
template <class V>
void turnPanels(const float* panels, int n, int k, int depthOffset, int totalDepth, float* turned) {
  parallel(panelCount(k), [&](int to) {
    const int column = to * kPanelWidth, columns = std::min(kPanelWidth, k - column);
    alignas(64) float block[kPanelWidth * kPanelWidth] = {}, last[kPanelWidth * kPanelWidth];
    for (int row = 0; row < n; row += kPanelWidth) {
      const float* from = panels + static_cast<long>(row) * k + column * kPanelWidth;
      float* into = turned + (static_cast<long>(to) * totalDepth + depthOffset + row) * kPanelWidth;
      __builtin_prefetch(from + 4L * k * kPanelWidth);
      if (columns < kPanelWidth) from = static_cast<const float*>(std::memcpy(block, from, static_cast<size_t>(columns) * 64));
      turnBlock<V>(from, row + kPanelWidth <= n ? into : last);
      if (row + kPanelWidth > n) std::memcpy(into, last, static_cast<size_t>(n - row) * 64);
    }
  });
}

// Rows multiplied as they are packed, x · rows[i] · columns[j], if there is a scale: then their columns lie side by side.
struct RowScale {
  const float* rows = nullptr;
  const float* columns = nullptr;
  explicit operator bool() const { return rows != nullptr; }
};

// Rows [row0, row1) and depths [depth0, depth1) of a into tiles [depth][tileRows], tileStride(depth) apart, absent rows of the last tile
// anything. Writes up to 8 floats beyond the last tile.
template <class V>
constexpr long tileStride(int depth) {
  return static_cast<long>(depth) * V::Tiling::tileRows + 32;  // tiles of a power-of-two depth must not share cache sets
}

template <class V>
inline void packRows(const Strided& a, const RowScale& scale, int row0, int row1, int depth0, int depth1, float* tiles) {
  constexpr int kRows = V::Tiling::tileRows;
  const int depth = depth1 - depth0;
  const long stride = tileStride<V>(depth);
  if (a.row == 1 && a.column != 1) {  // transposed operand: walk its memory in order
    for (int k = 0; k < depth; k++) {
      const float* from = a.at(0, depth0 + k);
      for (int i = row0; i < row1; i += kPanelWidth) __builtin_prefetch(from + 8 * a.column + i);  // too far apart for the processor to foresee
      float* to = tiles + static_cast<long>(k) * kRows;
      int i = row0;
      for (; i + kRows <= row1; i += kRows, to += stride) std::memcpy(to, from + i, kRows * 4);
      for (; i < row1; i += kRows, to += stride) {
        for (int r = 0; r < std::min(kRows, row1 - i); r++) to[r] = from[i + r];
      }
    }
    return;
  }
  for (int i = row0; i < row1; i += kRows) {
    float* to = tiles + (i - row0) / kRows * stride;
    const float* from = a.at(i, depth0);
    const int rows = std::min(kRows, row1 - i);
    int k = 0;
    if (a.column == 1) {
      // Groups of 8 rows, the last one moved up so that it ends with the tile; what a group of 8 writes beyond a tile of 6 the next
      // depth overwrites.
      const float* row[kRows];
      for (int r = 0; r < kRows; r++) row[r] = from + std::min(r, rows - 1) * a.row;
      for (; k + 8 <= depth; k += 8) {
        for (int group = 0; group < kRows; group += 8) {
          const int first = std::min(group, std::max(0, kRows - 8));
          V block[8];
          for (int j = 0; j < 8; j++) {
            const int r = std::min(first + j, kRows - 1);
            block[j] = V::load(row[r] + k);
            if (scale) block[j] = block[j] * V::broadcast(scale.rows[i + std::min(r, rows - 1)]) * V::load(scale.columns + depth0 + k);
          }
          V::transpose(block);
          for (int j = 0; j < 8; j++) block[j].store(to + static_cast<long>(k + j) * kRows + first);
        }
      }
    }
    for (; k < depth; k++) {
      for (int r = 0; r < rows; r++) {
        const float x = from[r * a.row + k * a.column];
        to[static_cast<long>(k) * kRows + r] = scale ? x * scale.rows[i + r] * scale.columns[depth0 + k] : x;
      }
    }
  }
}

}  // namespace
}  // namespace thinkwright
