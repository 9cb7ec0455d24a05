// Attention against a key/value cache: keyCache [slots][K][capacity/16][D][16], valueCache [slots][K][capacity][D]. All keys and
// values of the call are written first; then each row attends to positions 0 .. its own. Consecutive rows of a slot (prefill) share
// tiles of 6; a lone row (decoding) puts the heads of a group into the tile. The grouping changes no bit. A cache holds floats, or bfloat16:
// then a row's own keys and values are rounded too, and the result is that of training on qkv with rounded keys and values (roundColumns).
#pragma once
#include "kernels/attention.h"

namespace thinkwright {
namespace {

inline void storeIn(float& place, float value) { place = value; }
inline void storeIn(std::uint16_t& place, float value) { place = toBfloat16(value); }

inline AttentionHead headOf(const float* keys, const float* values, int dimension, float scale) { return {keys, values, dimension, dimension, scale}; }
inline AttentionHead headOf(const std::uint16_t* keys, const std::uint16_t* values, int dimension, float scale) {
  return {nullptr, nullptr, dimension, dimension, scale, keys, values};
}

template <class V, class Element>
void attendCached(const float* qkv, const int32_t* slots, const int32_t* positions, Element* keyCache, Element* valueCache, float* out, int rows,
                  int capacity, int headCount, int keyValueHeadCount, int headDimension, float scale, int slotCount, int window) {
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
      Element* panel = keyCache + at + static_cast<long>(position / kPanelWidth) * headDimension * kPanelWidth + position % kPanelWidth;
      const float* value = qkv + row * width + heads.value(head);
      Element* held = valueCache + at + static_cast<long>(position) * headDimension;
      for (int d = 0; d < headDimension; d++) storeIn(panel[d * kPanelWidth], key[d]);
      for (int d = 0; d < headDimension; d++) storeIn(held[d], value[d]);
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
    AttentionHead keyValue = headOf(keyCache + at, valueCache + at, headDimension, scale);
    keyValue.window = window;
    const long queryHead0 = static_cast<long>(head) * heads.group() * headDimension;
    int limits[V::Tiling::tileRows];
    if (run.length == 1) {
      // Probably this thread's next task.
      if (const int next = task + threadCount(); next < runCount * keyValueHeadCount) {
        keyValue.nextKeys = headOf(keyCache + runs[next / keyValueHeadCount].sequence * slotSize + next % keyValueHeadCount * headSize, valueCache, headDimension, scale).keyPanels;
      }
      for (int& limit : limits) limit = positionOf(run.start) + 1;
      for (int g = 0; g < heads.group(); g += V::Tiling::tileRows) {
        const long column = queryHead0 + static_cast<long>(g) * headDimension;
        withRows<V::Tiling::tileRows>(std::min(V::Tiling::tileRows, heads.group() - g), [&]<int R>() {
          attentionTile<V, R, true>(keyValue, qkv + run.start * width + column, headDimension, limits, out + run.start * outWidth + column, headDimension,
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
void cachedAttention(const float* qkv, const int32_t* slots, const int32_t* positions, std::uint8_t* keyCache, std::uint8_t* valueCache, float* out,
                     int rows, int capacity, int headCount, int keyValueHeadCount, int headDimension, float scale, int slotCount, int cacheType, int window) {
  const auto attend = [&]<class Element>() {
    attendCached<V>(qkv, slots, positions, reinterpret_cast<Element*>(keyCache), reinterpret_cast<Element*>(valueCache), out, rows, capacity, headCount,
                    keyValueHeadCount, headDimension, scale, slotCount, window);
  };
  if (cacheType == 1) attend.template operator()<std::uint16_t>();
  else attend.template operator()<float>();
}

inline void copyPrefix(std::uint8_t* keyCache, std::uint8_t* valueCache, int fromSlot, int toSlot, int length, int capacity, int keyValueHeadCount,
                       int headDimension, int cacheType) {
  const long bytes = cacheType == 1 ? 2 : 4;
  const long headSize = static_cast<long>(capacity) * headDimension * bytes, slotSize = headSize * keyValueHeadCount;
  const size_t keyBytes = static_cast<size_t>(roundUp(length, kPanelWidth)) * headDimension * bytes;  // whole panels
  forRows(keyValueHeadCount, static_cast<long>(length) * headDimension, [&](std::int64_t head) {
    const long from = fromSlot * slotSize + head * headSize, to = toSlot * slotSize + head * headSize;
    std::memcpy(keyCache + to, keyCache + from, keyBytes);
    std::memcpy(valueCache + to, valueCache + from, static_cast<size_t>(length) * headDimension * bytes);
  });
}

inline void roundColumns(const float* x, float* out, int rows, int columns, int first) {
  forRows(rows, columns, [&](std::int64_t row) {
    const float* from = x + row * columns;
    float* to = out + row * columns;
    std::memcpy(to, from, static_cast<size_t>(first) * 4);
    for (int j = first; j < columns; j++) to[j] = fromBfloat16(toBfloat16(from[j]));
  });
}

}  // namespace
}  // namespace thinkwright
