// Splitting of rows over threads, in pieces of at most 32,768 elements (some 20 us: less stays on the stream thread).
#pragma once
#include <algorithm>
#include <cstdint>

#include "runtime/thread-pool.h"

namespace thinkwright {
namespace {

constexpr std::int64_t kPieceElements = 32768;

// An index from device memory, forced into [0, count): wrong ids give wrong rows, never wild reads.
inline std::int64_t clampIndex(std::int32_t index, int count) { return index < 0 ? 0 : index >= count ? count - 1 : index; }

// body(row) for each row; elementsPerRow weighs the work.
template <class Body>
inline void forRows(std::int64_t rows, std::int64_t elementsPerRow, Body&& body) {
  parallelRanges(rows, std::max<std::int64_t>(1, kPieceElements / std::max<std::int64_t>(elementsPerRow, 1)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; row++) body(row);
                 });
}

}  // namespace
}  // namespace thinkwright
