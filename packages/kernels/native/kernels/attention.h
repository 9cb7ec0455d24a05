// Causal attention inside each sequence of packed rows [query heads | key heads | value heads], grouped queries; with a window a row sees
// that many keys at most.
// Keys of every (sequence, key/value head) are packed into panels first; then tasks of (about 50 query rows, key/value head), tiles of
// rows of one query head against attention-tile.h. Loop order in a task: heads of the group, tiles, key blocks.
#pragma once
#include <cstring>

#include "kernels/attention-tile.h"
#include "kernels/rows.h"
#include "runtime/scratch.h"

namespace thinkwright {
namespace {

template <class V>
constexpr int kQueryRows = 8 / V::Tiling::panels(V::Tiling::tileRows) * V::Tiling::tileRows;  // 8 tiles of 6 or 4 of 14
constexpr int kKeyPadding = 64;  // keys of a sequence are padded to this many

enum AttentionScratch : int { kKeyPanels = 0, kValuePanels = 1, kBlocks = 2, kDeltas = 3, kProgress = 4, kBackwardScores = 1 };

// Where the queries, keys and values of a packed row are.
struct PackedHeads {
  int headCount, keyValueHeadCount, headDimension;
  long width() const { return static_cast<long>(headCount + 2 * keyValueHeadCount) * headDimension; }
  long outWidth() const { return static_cast<long>(headCount) * headDimension; }
  long key(int head) const { return static_cast<long>(headCount + head) * headDimension; }
  long value(int head) const { return static_cast<long>(headCount + keyValueHeadCount + head) * headDimension; }
  int group() const { return headCount / keyValueHeadCount; }
};

// A stretch of the rows of one sequence.
struct RowBlock {
  int sequence, start, length;  // the sequence: first row in the batch, rows
  int row;                      // first row of the block inside the sequence
  long panels;                  // padded keys of the sequences before it
};

// All blocks of `size` rows of all sequences; the array lives in scratch.
struct RowBlocks {
  RowBlock* blocks;
  int count;
  long paddedKeys;
};

inline RowBlocks splitSequences(const int32_t* offsets, int sequences, int size) {
  int count = 0;
  for (int b = 0; b < sequences; b++) count += (offsets[b + 1] - offsets[b] + size - 1) / size;
  RowBlocks result{sharedScratch<RowBlock>(kBlocks, std::max(count, 1)), 0, 0};
  for (int b = 0; b < sequences; b++) {
    const int length = offsets[b + 1] - offsets[b];
    for (int row = 0; row < length; row += size) result.blocks[result.count++] = {b, offsets[b], length, row, result.paddedKeys};
    result.paddedKeys += roundUp(length, kKeyPadding);
  }
  return result;
}

template <class V>
void attention(const float* qkv, const int32_t* offsets, float* out, float* logSumExp, int sequences, int headCount, int keyValueHeadCount,
               int headDimension, float scale, int window) {
  const PackedHeads heads{headCount, keyValueHeadCount, headDimension};
  const long width = heads.width();
  const RowBlocks split = splitSequences(offsets, sequences, kQueryRows<V>);
  // [padded keys of all sequences][K] heads, each sequence [K][length padded][D]
  float* panels = sharedScratch<float>(kKeyPanels, split.paddedKeys * keyValueHeadCount * headDimension + kPanelWidth);
  const auto panelsOf = [&](const RowBlock& block, int head) {
    return panels + (block.panels * keyValueHeadCount + static_cast<long>(head) * roundUp(block.length, kKeyPadding)) * headDimension;
  };
  const auto pack = [&](int task) {
    const RowBlock& block = split.blocks[task / keyValueHeadCount];
    const int head = task % keyValueHeadCount;
    if (block.row != 0) return;
    packSequence<V>(qkv + block.start * width + heads.key(head), width, block.length, kKeyPadding, headDimension, panelsOf(block, head));
  };
  const auto attend = [&](int task) {
    const RowBlock& block = split.blocks[task / keyValueHeadCount];
    const int head = task % keyValueHeadCount;
    const float* sequence = qkv + block.start * width;
    const AttentionHead keyValue{panelsOf(block, head), sequence + heads.value(head), width, headDimension, scale, nullptr, nullptr, window};
    const int end = std::min(block.length, block.row + kQueryRows<V>);
    for (int g = 0; g < heads.group(); g++) {
      const int queryHead = head * heads.group() + g;
      for (int row = block.row; row < end; row += V::Tiling::tileRows) {
        withRows<V::Tiling::tileRows>(std::min(V::Tiling::tileRows, end - row), [&]<int R>() {
          int limits[R];
          for (int r = 0; r < R; r++) limits[r] = row + r + 1;
          const long token = block.start + row;
          attentionTile<V, R>(keyValue, sequence + row * width + static_cast<long>(queryHead) * headDimension, width, limits,
                              out + token * heads.outWidth() + static_cast<long>(queryHead) * headDimension, heads.outWidth(),
                              logSumExp == nullptr ? nullptr : logSumExp + token * headCount + queryHead, headCount);
        });
      }
    }
  };
  const int tasks = split.count * keyValueHeadCount;
  parallel(tasks, pack);
  parallel(tasks, attend);
}

}  // namespace
}  // namespace thinkwright
