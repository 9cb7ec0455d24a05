// Gradient of causal attention: probabilities are recomputed from the saved log-sum-exp (as FlashAttention, arXiv 2205.14135).
//   delta = Σ out dOut; P = exp(S scale - lse); dS = P (dOut Vᵀ - delta) scale; dV = Pᵀ dOut; dK = dSᵀ Q; dQ = dS K.
// Loop order: heads of the group, query blocks of 48, key blocks of 64; dQ is one chain over keys ascending, dK and dV one chain
// over (head, query row) ascending. Enough (sequence, key/value head) pairs: one task each. Fewer: a pair is several tasks, each with
// a range of keys, that follow one another through the query blocks: the chain of dQ passes from range to range, so the bits are the
// same.
#pragma once
#include <atomic>
#include <cmath>
#include <thread>

#include "kernels/attention.h"
#include "runtime/pause.h"

namespace thinkwright {
namespace {

constexpr int kKeyRows = 64;

struct AttentionGradient {
  PackedHeads heads;
  const float *qkv, *out, *logSumExp, *dOut;
  float* dQkv;
  const float *keyPanels, *valuePanels, *deltas;
  float scale;
  int window;  // 0: none
};

// How many query blocks a range of keys has done with. The next range waits for them, block by block; it is a later task, so the one it
// waits for has begun.
class Progress {
 public:
  explicit Progress(std::atomic<int>* blocks) : blocks_(blocks) {}
  // However a task ends, nobody waits for it in vain.
  ~Progress() {
    if (blocks_ != nullptr) blocks_->store(std::numeric_limits<int>::max(), std::memory_order_release);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void finish(int block) const {
    if (blocks_ != nullptr) blocks_->store(block + 1, std::memory_order_release);
  }

  static void await(const std::atomic<int>* blocks, int block) {
    for (int spin = 0; blocks != nullptr && blocks->load(std::memory_order_acquire) <= block && !threadsAreStopping(); spin++) {
      if (spin < 1000) pause();
      else std::this_thread::yield();
    }
  }

 private:
  std::atomic<int>* blocks_;
};

// One (sequence, key/value head): all queries x keys [key0, key1), at multiples of their block. `before` counts the blocks of the range
// of keys that ends at key0, `own` those of this one.
template <class V>
void gradientBlock(const AttentionGradient& a, const RowBlock& sequence, int head, int key0, int key1, const std::atomic<int>* before, std::atomic<int>* own) {
  const PackedHeads& heads = a.heads;
  const int dimension = heads.headDimension;
  const long width = heads.width(), outWidth = heads.outWidth();
  const long panelStride = static_cast<long>(dimension) * kPanelWidth;
  const float* rows = a.qkv + sequence.start * width;
  float* dRows = a.dQkv + sequence.start * width;
  const long panelsAt = (sequence.panels * heads.keyValueHeadCount + static_cast<long>(head) * roundUp(sequence.length, kKeyPadding)) * dimension;
  float* scores = threadScratch<float>(kBackwardScores, 2 * kQueryRows<V> * kKeyRows);
  float* dScores = scores + kQueryRows<V> * kKeyRows;
  for (int key = key0; key < key1; key++) {
    std::memset(dRows + key * width + heads.key(head), 0, static_cast<size_t>(dimension) * 4);
    std::memset(dRows + key * width + heads.value(head), 0, static_cast<size_t>(dimension) * 4);
  }
  const Progress progress(own);
  int block = 0;
  for (int g = 0; g < heads.group(); g++) {
    const int queryHead = head * heads.group() + g;
    const float* query = rows + static_cast<long>(queryHead) * dimension;
    const float* dOut = a.dOut + sequence.start * outWidth + static_cast<long>(queryHead) * dimension;
    const float* logSumExp = a.logSumExp + static_cast<long>(sequence.start) * heads.headCount + queryHead;
    const float* deltas = a.deltas + static_cast<long>(sequence.start) * heads.headCount + queryHead;
    float* dQuery = dRows + static_cast<long>(queryHead) * dimension;
    for (int row = 0; row < sequence.length; row += kQueryRows<V>, block++) {
      const int queries = std::min(kQueryRows<V>, sequence.length - row);
      if (before == nullptr) {
        for (int i = row; i < row + queries; i++) std::memset(dQuery + i * width, 0, static_cast<size_t>(dimension) * 4);
      }
      // The first row of the block sees the earliest keys.
      const int earliest = a.window > 0 ? std::max(0, row + 1 - a.window) / kKeyRows * kKeyRows : 0;
      const int start = std::max(key0, earliest), end = std::min(key1, row + queries);
      for (int key = start; key < end; key += kKeyRows) {
        const int keys = std::min(kKeyRows, row + queries - key);
        // Masked products are exact zeros that leave a chain as it is: tiles on the diagonal skip them.
        const auto visibleTo = [&](int i) { return std::min(keys, row + i + 1 - key); };  // keys seen by row i of the block, maybe <= 0
        const float* keyPanels = a.keyPanels + panelsAt + static_cast<long>(key) * dimension;
        const float* valuePanels = a.valuePanels + panelsAt + static_cast<long>(key) * dimension;
        for (int i = 0; i < queries; i += V::Tiling::tileRows) {
          withRows<V::Tiling::tileRows>(std::min(V::Tiling::tileRows, queries - i), [&]<int R>() {
            const int columns = roundUp(visibleTo(i + R - 1), kPanelWidth);
            if (columns <= 0) return;
            tileRow<V, R>(dimension, StridedRows{query + (row + i) * width, width, 1}, keyPanels, panelStride, columns, scores + i * kKeyRows, kKeyRows, false);
            tileRow<V, R>(dimension, StridedRows{dOut + (row + i) * outWidth, outWidth, 1}, valuePanels, panelStride, columns, dScores + i * kKeyRows, kKeyRows,
                          false);
          });
        }
        for (int i = 0; i < queries; i++) {
          using W = typename V::Wide;
          const W lse = W::broadcast(logSumExp[static_cast<long>(row + i) * heads.headCount]);
          const W delta = W::broadcast(deltas[static_cast<long>(row + i) * heads.headCount]);
          const W scale = W::broadcast(a.scale);
          float *p = scores + i * kKeyRows, *ds = dScores + i * kKeyRows;
          const int visible = visibleTo(i), hidden = a.window > 0 ? row + i + 1 - a.window - key : 0;
          int j = 0;
          for (; j + kPanelWidth <= visible && hidden <= 0; j += kPanelWidth) {
            const W probability = exponential(W::load(p + j) * scale - lse);
            probability.store(p + j);
            (probability * (W::load(ds + j) - delta) * scale).store(ds + j);
          }
          for (; j < keys; j += kPanelWidth) {
            const auto mask = W::firstLanes(visible - j), unseen = W::firstLanes(hidden - j);
            const auto shown = [&](const W& value) { return W::select(unseen, W::zero(), W::select(mask, value, W::zero())); };
            const W probability = shown(exponential(W::load(p + j) * scale - lse));
            probability.store(p + j);
            shown(probability * (W::load(ds + j) - delta) * scale).store(ds + j);
          }
        }
        for (int j = 0; j < keys; j += V::Tiling::tileRows) {
          const int first = std::max(0, key + j - row);  // the first row of the block that sees key j
          if (first >= queries) break;
          withRows<V::Tiling::tileRows>(std::min(V::Tiling::tileRows, keys - j), [&]<int R>() {
            float* to = dRows + (key + j) * width;
            const long at = first * kKeyRows + j;
            tileRow<V, R>(queries - first, StridedRows{scores + at, 1, kKeyRows}, dOut + (row + first) * outWidth, kPanelWidth, dimension,
                          to + heads.value(head), width, true, outWidth);
            tileRow<V, R>(queries - first, StridedRows{dScores + at, 1, kKeyRows}, query + (row + first) * width, kPanelWidth, dimension,
                          to + heads.key(head), width, true, width);
          });
        }
        if (key == start) Progress::await(before, block);
        for (int i = 0; i < queries; i += V::Tiling::tileRows) {
          withRows<V::Tiling::tileRows>(std::min(V::Tiling::tileRows, queries - i), [&]<int R>() {
            const int visible = visibleTo(i + R - 1);
            if (visible <= 0) return;
            tileRow<V, R>(visible, StridedRows{dScores + i * kKeyRows, kKeyRows, 1}, rows + key * width + heads.key(head), kPanelWidth, dimension,
                          dQuery + (row + i) * width, width, true, width);
          });
        }
      }
      // A block that sees no key of this range has passed it when it has passed those before.
      if (end <= start) Progress::await(before, block);
      progress.finish(block);
    }
  }
}

// Where range `i` of `ranges` begins: the first keys are seen by the most queries, and the ranges have equally many products.
inline int rangeStart(int length, int i, int ranges) {
  const double share = 1 - std::sqrt(1 - static_cast<double>(i) / ranges);
  return i == ranges ? length : static_cast<int>(share * length / kKeyRows + 0.5) * kKeyRows;
}

template <class V>
void attentionGrad(const float* qkv, const int32_t* offsets, const float* out, const float* logSumExp, const float* dOut, float* dQkv,
                   int sequences, int headCount, int keyValueHeadCount, int headDimension, float scale, int window) {
  const PackedHeads heads{headCount, keyValueHeadCount, headDimension};
  const long width = heads.width(), outWidth = heads.outWidth();
  static_assert(kKeyPadding % kKeyRows == 0);
  const RowBlocks split = splitSequences(offsets, sequences, kKeyRows);  // key blocks; a sequence's first one has row 0
  const size_t panelSize = split.paddedKeys * keyValueHeadCount * headDimension + kPanelWidth;
  float* keyPanels = sharedScratch<float>(kKeyPanels, panelSize);
  float* valuePanels = sharedScratch<float>(kValuePanels, panelSize);
  float* deltas = sharedScratch<float>(kDeltas, static_cast<size_t>(std::max(offsets[sequences], 1)) * headCount);
  const AttentionGradient gradient{heads, qkv, out, logSumExp, dOut, dQkv, keyPanels, valuePanels, deltas, scale, window};
  const int tasks = split.count * keyValueHeadCount;
  parallel(tasks, [&](int task) {
    const RowBlock& block = split.blocks[task / keyValueHeadCount];
    const int head = task % keyValueHeadCount;
    const long at = (block.panels * keyValueHeadCount + static_cast<long>(head) * roundUp(block.length, kKeyPadding)) * headDimension;
    if (block.row == 0) {
      const float* rows = qkv + block.start * width;
      packSequence<V>(rows + heads.key(head), width, block.length, kKeyPadding, headDimension, keyPanels + at);
      packSequence<V>(rows + heads.value(head), width, block.length, kKeyPadding, headDimension, valuePanels + at);
    }
    for (int row = block.row; row < std::min(block.length, block.row + kKeyRows); row++) {
      const long token = block.start + row;
      for (int queryHead = head * heads.group(); queryHead < (head + 1) * heads.group(); queryHead++) {
        const float *o = out + token * outWidth + static_cast<long>(queryHead) * headDimension, *dO = dOut + (o - out);
        V sum = V::zero();
        int d = 0;
        for (; d + 8 <= headDimension; d += 8) sum = V::fma(V::load(o + d), V::load(dO + d), sum);
        if (d < headDimension) {
          sum = V::fma(V::loadFirst(o + d, headDimension - d), V::loadFirst(dO + d, headDimension - d), sum);
        }
        deltas[token * headCount + queryHead] = sum.sum();
      }
    }
  });
  const RowBlocks whole = splitSequences(offsets, sequences, 1 << 30);
  const int pairs = whole.count * keyValueHeadCount, threads = threadCount();
  const int ranges = threads == 1 || pairs >= threads * 2 ? 1 : (2 * threads + pairs - 1) / std::max(pairs, 1);
  auto* progress = sharedScratch<std::atomic<int>>(kProgress, static_cast<size_t>(std::max(pairs, 1)) * ranges);
  for (int i = 0; i < pairs * ranges; i++) progress[i].store(0, std::memory_order_relaxed);
  parallel(pairs * ranges, [&](int task) {
    const int pair = task / ranges, range = task % ranges;
    const RowBlock& block = whole.blocks[pair / keyValueHeadCount];
    const int key0 = rangeStart(block.length, range, ranges), key1 = rangeStart(block.length, range + 1, ranges);
    std::atomic<int>* own = range + 1 < ranges ? progress + task : nullptr;
    gradientBlock<V>(gradient, block, pair % keyValueHeadCount, key0, key1, range == 0 ? nullptr : progress + task - 1, own);
  });
}

}  // namespace
}  // namespace thinkwright
