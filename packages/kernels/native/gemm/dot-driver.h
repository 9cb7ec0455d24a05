// Loop order of the products whose activations are rounded first (int8.h, bf16.h). They are packed once for tiles of rows; a task owns
// a range of panels and, of many rows, a block that stays in L2; the weights of a group of panels stay in cache while every tile of
// the block passes. No task splits a chain.
// A kernel K says: lanes, rows (most of a tile), vectors(rows); rowWords(k), packRow(); tile<R, P>(): R rows x P vectors of columns.
#pragma once
#include "gemm/driver.h"
#include "gemm/int8.h"
#include "gemm/stored-formats.h"

namespace thinkwright {
namespace {

constexpr int kDotScratch = 13;           // a thread's slot: callers hold others
constexpr int kTaskPanels = 4;            // at least, of a task
constexpr long kRowBlockBytes = 1 << 18;  // packed rows that stay in L2

struct DotWeight {
  const std::uint8_t* panels;
  int n, type, column;
};

// Some panels of one weight against packed rows [row0, row1), in tiles of Whole rows from row 0 on.
template <class K, int Whole>
void dotPanels(const DotWeight& weight, int k, int panel0, int panel1, const std::int32_t* packed, int row0, int row1, float* c, long cStride) {
  constexpr int kTogether = std::max(1, K::vectors(Whole) * K::lanes / kPanelWidth);
  const long panelBytes = storedPanelBytes(weight.type, k), rowWords = K::rowWords(k);
  for (int panel = panel0; panel < panel1; panel += kTogether) {
    const int end = std::min(kTogether, panel1 - panel) * kPanelWidth;
    const int columns = std::min(end, weight.n - panel * kPanelWidth);
    for (int row = row0; row < row1; row += Whole) {
      const std::int32_t* a = packed + row * rowWords;
      float* to = c + row * cStride + panel * kPanelWidth;
      withRows<Whole>(std::min(Whole, row1 - row), [&]<int R>() {
        constexpr int kVectors = K::vectors(R), kFewVectors = std::min(kVectors, kPanelWidth / K::lanes);
        int column = 0;
        const auto run = [&]<int P>() {
          const std::uint8_t* from = weight.panels + (panel + column / kPanelWidth) * panelBytes;
          const int lane = column % kPanelWidth;
          K::template tile<R, P>(weight.type, k, a, from, panelBytes, lane, row == row0 && lane == 0, columns - column, to + column, cStride);
          column += P * K::lanes;
        };
        while (column + kVectors * K::lanes <= end) run.template operator()<kVectors>();
        while (column < end) run.template operator()<kFewVectors>();
      });
    }
  }
}

// As Int8Gemm (int8.h).
template <class K>
void dotProduct(int m, int k, const float* a, int aStride, float* c, int cStride, int column, const std::uint8_t* panels0, int n0, int type0,
                const std::uint8_t* panels1, int n1, int type1, const std::uint8_t* panels2, int n2, int type2, const Completion& completion) {
  const DotWeight weights[] = {{panels0, n0, type0 % kStoredTypes, column},
                               {panels1, n1, type1 % kStoredTypes, column + n0},
                               {panels2, n2, type2 % kStoredTypes, column + n0 + n1}};
  if (m <= 0) return;
  const int groups = (m + K::rows - 1) / K::rows, tileRows = (m + groups - 1) / groups;
  const long rowWords = K::rowWords(k);
  // The calling thread's own: it may be one of several tasks.
  std::int32_t* packed = threadScratch<std::int32_t>(kDotScratch, static_cast<size_t>(m * rowWords));
  parallelRanges((m + tileRows - 1) / tileRows, std::max(1, (1 << 16) / std::max(1, tileRows * k)), [&](long begin, long end) {
    for (long tile = begin; tile < end; tile++) {
      const int row0 = static_cast<int>(tile) * tileRows, rows = std::min(tileRows, m - row0);
      for (int r = 0; r < rows; r++) K::packRow(a + static_cast<long>(row0 + r) * aStride, k, packed + row0 * rowWords + r, rows);
    }
  });
  const bool inTurn = completion.parts == 2;
  const int panelsTotal = inTurn ? panelCount(n0) : panelCount(n0) + panelCount(n1) + panelCount(n2);
  const int blockRows = static_cast<int>(std::max<long>(4, kRowBlockBytes / (4 * rowWords * tileRows))) * tileRows;
  const int rowBlocks = (m + blockRows - 1) / blockRows;
  // Reading the weights costs as much as multiplying about 4 rows with them.
  const long work = static_cast<long>(panelsTotal) * completion.parts * kPanelWidth * k * std::max(std::min(m, blockRows), 4);
  const int pieces = static_cast<int>(std::clamp<long>(work / (kTaskMultiplyAdds / 4), 1, threadCount() * 3L));
  const int perTask = ((panelsTotal + pieces - 1) / pieces + kTaskPanels - 1) / kTaskPanels * kTaskPanels;
  const int columnTasks = (panelsTotal + perTask - 1) / perTask;
  parallel(rowBlocks * columnTasks, [&](int task) {
    const int row0 = task / columnTasks * blockRows, row1 = std::min(m, row0 + blockRows);
    const int panel0 = task % columnTasks * perTask, panel1 = panel0 + perTask;
    const auto multiply = [&](const DotWeight& weight, int begin, int end) {
      withRows<K::rows>(tileRows, [&]<int Whole>() { dotPanels<K, Whole>(weight, k, begin, end, packed, row0, row1, c + weight.column, cStride); });
    };
    const auto complete = [&](const DotWeight& weight, int begin, int end) {
      if (completion.call == nullptr) return;
      const int start = begin * kPanelWidth, columns = std::min(end * kPanelWidth, weight.n) - start;
      completion.call(completion.context, row0, row1, weight.column - column + start, columns);
    };
    if (inTurn) {
      const int end = std::min(panelsTotal, panel1);
      for (int begin = panel0; begin < end; begin += kTaskPanels) {
        const int next = std::min(end, begin + kTaskPanels);
        for (int part = 0; part < 2; part++) multiply(weights[part], begin, next);
        complete(weights[0], begin, next);
      }
      return;
    }
    int first = 0;
    for (const DotWeight& weight : weights) {
      const int count = panelCount(weight.n), begin = std::max(0, panel0 - first), end = std::min(count, panel1 - first);
      first += count;
      if (begin >= end) continue;
      multiply(weight, begin, end);
      complete(weight, begin, end);
    }
  });
}

}  // namespace
}  // namespace thinkwright
