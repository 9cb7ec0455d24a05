// Attention against a key/value cache: keyCache [slots][K][capacity/16][D][16], valueCache [slots][K][capacity][D]. All keys and
// values of the call are written first; then each row attends to positions 0 .. its own. Consecutive rows of a slot (prefill) share
// tiles of 6; a lone row (decoding) puts the heads of a group into the tile. The grouping changes no bit.
#pragma once
#include "kernels/attention.h"

namespace thinkwright {
namespace {

template <class V>
void cachedAttention(const float* qkv, const int32_t* slots, const int32_t* positions, float* keyCache, float* valueCache, float* out,
                     int rows, int capacity, int headCount, int keyValueHeadCount, int headDimension, float scale, int slotCount) {
  const PackedHeads heads{headCount, keyValueHeadCount, headDimension};
  const long width = heads.width(), outWidth = heads.outWidth();
  const long headSize = static_cast<long>(capacity) * headDimension, slotSize = headSize * keyValueHeadCount;
  const auto slotOf = [&](std::int64_t row) { return static_cast<int>(clampIndex(slots[row], slotCount)); };
  const auto positionOf = [&](std::int64_t row) { return static_cast<int>(clampIndex(positions[row], capacity)); };
  forRows(rows, static_cast<long>(keyValueHeadCount) * headDimension * 8, [&](std::int64_t row) {
    const int position = positionOf(row);
    for (int head = 0; head < keyValueHeadCount; head++) {
      const long at = slotOf(row) * slotSize + head * headSize;
      const float* key = qkv + row * width + heads.key(head);
      float* panel = keyCache + at + static_cast<long>(position / kPanelWidth) * headDimension * kPanelWidth + position % kPanelWidth;
      for (int d = 0; d < headDimension; d++) panel[d * kPanelWidth] = key[d];
      std::memcpy(valueCache + at + static_cast<long>(position) * headDimension, qkv + row * width + heads.value(head),
                  static_cast<size_t>(headDimension) * 4);
    }
  });

  // Runs of at most 6 consecutive rows of one slot.
  RowBlock* runs = sharedScratch<RowBlock>(kBlocks, std::max(rows, 1));
  int runCount = 0;
  std::int64_t keys = 0;
  for (int row = 0; row < rows;) {
    int end = row + 1;
    while (end < rows && end - row < V::Tiling::tileRows && slotOf(end) == slotOf(row)) end++;
    runs[runCount++] = {slotOf(row), row, end - row, 0, 0};
    for (; row < end; row++) keys += positionOf(row) + 1;
  }
  const auto attend = [&](int task) {
    const RowBlock& run = runs[task / keyValueHeadCount];
    const int head = task % keyValueHeadCount;
    const long at = run.sequence * slotSize + head * headSize;
    const AttentionHead keyValue{keyCache + at, valueCache + at, headDimension, headDimension, scale};
    const long queryHead0 = static_cast<long>(head) * heads.group() * headDimension;
    int limits[V::Tiling::tileRows];
    if (run.length == 1) {
      for (int& limit : limits) limit = positionOf(run.start) + 1;
      for (int g = 0; g < heads.group(); g += V::Tiling::tileRows) {
        const long column = queryHead0 + static_cast<long>(g) * headDimension;
        withRows<V::Tiling::tileRows>(std::min(V::Tiling::tileRows, heads.group() - g), [&]<int R>() {
          attentionTile<V, R>(keyValue, qkv + run.start * width + column, headDimension, limits, out + run.start * outWidth + column, headDimension,
                              nullptr, 0);
        });
      }
      return;
    }
    for (int r = 0; r < run.length; r++) limits[r] = positionOf(run.start + r) + 1;
    for (int g = 0; g < heads.group(); g++) {
      const long column = queryHead0 + static_cast<long>(g) * headDimension;
      withRows<V::Tiling::tileRows>(run.length, [&]<int R>() {
        attentionTile<V, R>(keyValue, qkv + run.start * width + column, width, limits, out + run.start * outWidth + column, outWidth, nullptr, 0);
      });
    }
  };
  const int tasks = runCount * keyValueHeadCount;
  if (keys * headCount * headDimension < kPieceElements * 8) {
    for (int task = 0; task < tasks; task++) attend(task);
  } else {
    parallel(tasks, attend);
  }
}

template <class V>
void copyPrefix(float* keyCache, float* valueCache, int fromSlot, int toSlot, int length, int capacity, int keyValueHeadCount,
                int headDimension) {
  const long headSize = static_cast<long>(capacity) * headDimension, slotSize = headSize * keyValueHeadCount;
  const size_t keyBytes = static_cast<size_t>(roundUp(length, kPanelWidth)) * headDimension * 4;  // whole panels
  forRows(keyValueHeadCount, static_cast<long>(length) * headDimension, [&](std::int64_t head) {
    const long from = fromSlot * slotSize + head * headSize, to = toSlot * slotSize + head * headSize;
    std::memcpy(keyCache + to, keyCache + from, keyBytes);
    std::memcpy(valueCache + to, valueCache + from, static_cast<size_t>(length) * headDimension * 4);
  });
}

}  // namespace
}  // namespace thinkwright
