// Rows by index (embedding, row selection) and the gradient. Gather: rows over threads. Scatter-add: blocks of 64 columns over
// threads, each adding its rows in ascending order, so no two threads meet and the order is fixed.
#pragma once
#include <cstring>
#include <utility>

#include "kernels/rows.h"
#include "runtime/scratch.h"

namespace thinkwright {
namespace {

template <class V>
void gatherRows(const float* source, const int32_t* indices, float* out, int count, int c, int sourceRows) {
  if (sourceRows == 0) return;
  forRows(count, c, [&](std::int64_t row) {
    std::memcpy(out + row * c, source + clampIndex(indices[row], sourceRows) * c, static_cast<size_t>(c) * 4);
  });
}

template <class V>
void scatterAddRows(const float* values, const int32_t* indices, float* out, int count, int c, int outRows, int accumulate) {
  constexpr int kColumns = 64;
  if (!accumulate) {
    forRows(outRows, c, [&](std::int64_t row) { std::memset(out + row * c, 0, static_cast<size_t>(c) * 4); });
  }
  // Rows of one index are a list that begins at first[index]; their sum is complete before it meets what `out` holds, so that adding
  // to a sum gives the bits of a sum of its own that is added afterwards.
  int32_t* first = sharedScratch<int32_t>(0, std::max(outRows, 1));
  int32_t* next = sharedScratch<int32_t>(1, std::max(count, 1));
  std::fill(first, first + outRows, -1);
  const auto isInside = [&](std::int64_t row) { return indices[row] >= 0 && indices[row] < outRows; };
  for (int row = count - 1; row >= 0; row--) {
    if (isInside(row)) next[row] = std::exchange(first[indices[row]], row);
  }
  const auto columnBlock = [&](int block) {
    const int begin = block * kColumns, end = std::min(c, begin + kColumns);
    for (std::int64_t row = 0; row < count; row++) {
      if (!isInside(row) || first[indices[row]] != row) continue;
      float* to = out + static_cast<std::int64_t>(indices[row]) * c;
      for (int j = begin; j < end; j += 8) {
        V sum = V::zero();
        for (std::int64_t same = row; same >= 0; same = next[same]) sum = sum + V::loadFirst(values + same * c + j, end - j);
        if (accumulate) sum = V::loadFirst(to + j, end - j) + sum;
        sum.storeFirst(to + j, end - j);
      }
    }
  };
  const int blocks = (c + kColumns - 1) / kColumns;
  if (static_cast<std::int64_t>(count) * c < kPieceElements) {
    for (int block = 0; block < blocks; block++) columnBlock(block);
  } else {
    parallel(blocks, columnBlock);
  }
}

}  // namespace
}  // namespace thinkwright
