// Gradient of causal attention: probabilities are recomputed from the saved log-sum-exp (as FlashAttention, arXiv 2205.14135).
//   delta = Σ out dOut; P = exp(S scale - lse); dS = P (dOut Vᵀ - delta) scale; dV = Pᵀ dOut; dK = dSᵀ Q; dQ = dS K.
// Loop order: heads of the group, query blocks of 48, key blocks of 64; dQ is one chain over keys ascending, dK and dV one chain
// over (head, query row) ascending. Enough (sequence, key/value head) pairs: one task each does all three. Fewer: dQ by query
// blocks and dK, dV by key blocks are separate tasks that repeat the scores; the chains, hence the bits, are the same.
#pragma once
#include "kernels/attention.h"

namespace thinkwright {
namespace {

constexpr int kKeyRows = 64;

struct AttentionGradient {
  PackedHeads heads;
  const float *qkv, *out, *logSumExp, *dOut;
  float* dQkv;
  const float *keyPanels, *valuePanels, *deltas;
  float scale;
};

// One (sequence, key/value head): query rows [row0, row1) x keys [key0, key1), both at multiples of their block.
template <class V, bool Queries, bool KeysValues>
void gradientBlock(const AttentionGradient& a, const RowBlock& sequence, int head, int row0, int row1, int key0, int key1) {
  const PackedHeads& heads = a.heads;
  const int dimension = heads.headDimension;
  const long width = heads.width(), outWidth = heads.outWidth();
  const long panelStride = static_cast<long>(dimension) * kPanelWidth;
  const float* rows = a.qkv + sequence.start * width;
  float* dRows = a.dQkv + sequence.start * width;
  const long panelsAt = (sequence.panels * heads.keyValueHeadCount + static_cast<long>(head) * roundUp(sequence.length, kKeyPadding)) * dimension;
  float* scores = threadScratch<float>(kBackwardScores, 2 * kQueryRows<V> * kKeyRows);
  float* dScores = scores + kQueryRows<V> * kKeyRows;
  if (KeysValues) {
    for (int key = key0; key < key1; key++) {
      std::memset(dRows + key * width + heads.key(head), 0, static_cast<size_t>(dimension) * 4);
      std::memset(dRows + key * width + heads.value(head), 0, static_cast<size_t>(dimension) * 4);
    }
  }
  for (int g = 0; g < heads.group(); g++) {
    const int queryHead = head * heads.group() + g;
    const float* query = rows + static_cast<long>(queryHead) * dimension;
    const float* dOut = a.dOut + sequence.start * outWidth + static_cast<long>(queryHead) * dimension;
    const float* logSumExp = a.logSumExp + static_cast<long>(sequence.start) * heads.headCount + queryHead;
    const float* deltas = a.deltas + static_cast<long>(sequence.start) * heads.headCount + queryHead;
    float* dQuery = dRows + static_cast<long>(queryHead) * dimension;
    for (int row = row0; row < row1; row += kQueryRows<V>) {
      const int queries = std::min(kQueryRows<V>, sequence.length - row);
      if (Queries) {
        for (int i = row; i < row + queries; i++) std::memset(dQuery + i * width, 0, static_cast<size_t>(dimension) * 4);
      }
      for (int key = key0; key < std::min(key1, row + queries); key += kKeyRows) {
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
          const int visible = visibleTo(i);
          int j = 0;
          for (; j + kPanelWidth <= visible; j += kPanelWidth) {
            const W probability = exponential(W::load(p + j) * scale - lse);
            probability.store(p + j);
            (probability * (W::load(ds + j) - delta) * scale).store(ds + j);
          }
          for (; j < keys; j += kPanelWidth) {
            const auto mask = W::firstLanes(visible - j);
            const W probability = W::select(mask, exponential(W::load(p + j) * scale - lse), W::zero());
            probability.store(p + j);
            W::select(mask, probability * (W::load(ds + j) - delta) * scale, W::zero()).store(ds + j);
          }
        }
        if (KeysValues) {
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
        }
        if (Queries) {
          for (int i = 0; i < queries; i += V::Tiling::tileRows) {
            withRows<V::Tiling::tileRows>(std::min(V::Tiling::tileRows, queries - i), [&]<int R>() {
              const int visible = visibleTo(i + R - 1);
              if (visible <= 0) return;
              tileRow<V, R>(visible, StridedRows{dScores + i * kKeyRows, kKeyRows, 1}, rows + key * width + heads.key(head), kPanelWidth, dimension,
                            dQuery + (row + i) * width, width, true, width);
            });
          }
        }
      }
    }
  }
}

template <class V>
void attentionGrad(const float* qkv, const int32_t* offsets, const float* out, const float* logSumExp, const float* dOut, float* dQkv,
                   int sequences, int headCount, int keyValueHeadCount, int headDimension, float scale) {
  const PackedHeads heads{headCount, keyValueHeadCount, headDimension};
  const long width = heads.width(), outWidth = heads.outWidth();
  static_assert(kKeyPadding % kKeyRows == 0);
  const RowBlocks split = splitSequences(offsets, sequences, kKeyRows);  // key blocks; a sequence's first one has row 0
  const size_t panelSize = split.paddedKeys * keyValueHeadCount * headDimension + kPanelWidth;
  float* keyPanels = sharedScratch<float>(kKeyPanels, panelSize);
  float* valuePanels = sharedScratch<float>(kValuePanels, panelSize);
  float* deltas = sharedScratch<float>(kDeltas, static_cast<size_t>(std::max(offsets[sequences], 1)) * headCount);
  const AttentionGradient gradient{heads, qkv, out, logSumExp, dOut, dQkv, keyPanels, valuePanels, deltas, scale};
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
  if (sequences * keyValueHeadCount >= threadCount() * 2 || threadCount() == 1) {
    parallel(tasks, [&](int task) {
      const RowBlock& block = split.blocks[task / keyValueHeadCount];
      if (block.row == 0) gradientBlock<V, true, true>(gradient, block, task % keyValueHeadCount, 0, block.length, 0, block.length);
    });
    return;
  }
  parallel(tasks, [&](int task) {
    const RowBlock& block = split.blocks[task / keyValueHeadCount];
    const int keyEnd = std::min(block.length, block.row + kKeyRows);
    const int firstRow = block.row / kQueryRows<V> * kQueryRows<V>;  // earlier query blocks see none of these keys
    gradientBlock<V, false, true>(gradient, block, task % keyValueHeadCount, firstRow, block.length, block.row, keyEnd);
  });
  const RowBlocks queries = splitSequences(offsets, sequences, kQueryRows<V>);
  parallel(queries.count * keyValueHeadCount, [&](int task) {
    const RowBlock& block = queries.blocks[task / keyValueHeadCount];
    const int rowEnd = std::min(block.length, block.row + kQueryRows<V>);
    gradientBlock<V, true, false>(gradient, block, task % keyValueHeadCount, block.row, rowEnd, 0, block.length);
  });
}

}  // namespace
}  // namespace thinkwright
