// The one attention function of prefill, training and decoding: R query rows of one key/value head against keys 0 .. limit - 1.
// Keys lie in panels [S/16][D][16], values in rows. Online softmax (arXiv 1805.02867) over key blocks of 32 in order:
//   score = (fma chain over d) * scale; p = exp(score - maximum), exactly 0 where masked; block sum in the 8-lane tree;
//   sum = fma(sum, correction, block sum); the output row is scaled only when the maximum moved, then continues one fma chain over
//   the keys of the block.
// Keys and values may be bfloat16 in the same order: a stretch of them is expanded (exactly) before it is read.
// A block that is masked for a row leaves it untouched, so rows of different length may share a tile.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>

#include "gemm/half-floats.h"
#include "gemm/micro.h"
#include "runtime/scratch.h"
#include "simd/math.h"

namespace thinkwright {
namespace {

constexpr int kKeyBlock = 32;
constexpr int kScoreColumns = 128;  // keys scored at a time
constexpr int kMaximumHeadDimension = 256;

constexpr long kFetchAhead = 4096;  // floats, of a tile that reads from memory: the time of a fetch and more

constexpr int roundUp(int x, int multiple) { return (x + multiple - 1) / multiple * multiple; }

struct AttentionHead {
  const float* keyPanels;
  const float* values;
  long valueStride;
  int headDimension;
  float scale;
  // Instead of the two above, valueStride = headDimension.
  const std::uint16_t* keyHalves = nullptr;
  const std::uint16_t* valueHalves = nullptr;
  int window = 0;  // a row sees this many keys at most, its own the last of them; 0: all
  const float* nextKeys = nullptr;  // panels that will be read after these values, if they are to be fetched

  int first(int limit) const { return window > 0 ? std::max(0, limit - window) : 0; }
};

enum TileScratch : int { kExpandedKeys = 10, kExpandedValues = 11 };

inline std::intptr_t bytesBetween(const void* from, const void* to) { return reinterpret_cast<std::intptr_t>(to) - reinterpret_cast<std::intptr_t>(from); }

inline void expandBfloat16(const std::uint16_t* from, long count, float* to) {
  for (long i = 0; i < count; i++) to[i] = fromBfloat16(from[i]);
}

// Keys 0 … limits[r] - 1 (at least 1) are visible to row r, the last `window` of them if there is one. logSumExp may be null. kFetches: keys
// and values come from memory, once: while a stretch is computed with, the one after it is fetched (keys, then values, then nextKeys).
template <class V, int R, bool kFetches = false>
void attentionTile(const AttentionHead& head, const float* query, long queryStride, const int* limits, float* out, long outStride,
                   float* logSumExp, long logSumExpStride) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const int dimension = head.headDimension, padded = roundUp(dimension, kPanelWidth);
  alignas(64) float scores[R * kScoreColumns];
  alignas(64) float sums[R * kMaximumHeadDimension];
  float maxima[R], totals[R];
  int keys = 0, start = limits[0];
  for (int r = 0; r < R; r++) {
    maxima[r] = -kInfinity;
    totals[r] = 0;
    keys = std::max(keys, limits[r]);
    start = std::min(start, head.first(limits[r]));
    for (int d = 0; d < padded; d += 8) V::zero().store(sums + r * padded + d);
  }
  using W = typename V::Wide;
  const W scale = W::broadcast(head.scale), masked = W::broadcast(-kInfinity);
  // Scored keys [pending, key) have their p and wait for the product with the values: one product serves several blocks as long as
  // no maximum moves. The chain is the same.
  start = start / kScoreColumns * kScoreColumns;  // blocks begin where they do without a window
  int pending = start;
  const float *keyPanels = nullptr, *values = nullptr;  // of keys key0 on
  const float *valuesEnd = nullptr, *afterValues = nullptr;  // of the stretch, and what is read next
  const auto addStretch = [&](int count, const float* p, const float* later) {
    if (count <= 0) return;
    const StridedRows rows{p, kScoreColumns, 1};
    if constexpr (kFetches) tileRow<V, R>(count, FetchingRows{rows, bytesBetween(values, later)}, values, kPanelWidth, padded, sums, padded, true, head.valueStride);
    else tileRow<V, R>(count, rows, values, kPanelWidth, padded, sums, padded, true, head.valueStride);
    values += count * head.valueStride;
  };
  const auto addValues = [&](int from, int to, const float* p) {
    const int within = kFetches ? static_cast<int>(std::clamp<long>((valuesEnd - values - kFetchAhead) / head.valueStride, 0, to - from)) : to - from;
    addStretch(within, p, values + kFetchAhead);
    if (within < to - from) addStretch(to - from - within, p + within, afterValues == nullptr ? values : afterValues + (values + kFetchAhead - valuesEnd));
  };
  const auto score = [&](int scored) {
    const StridedRows rows{query, queryStride, 1};
    const long panel = static_cast<long>(dimension) * kPanelWidth;
    if constexpr (!kFetches) return tileRow<V, R>(dimension, rows, keyPanels, panel, scored, scores, kScoreColumns, false);
    const float* const end = keyPanels + scored / kPanelWidth * panel;
    constexpr int kWide = V::Tiling::panels(R) * kPanelWidth;
    for (int column = 0; column < scored;) {
      const int columns = column + kWide <= scored ? kWide : kPanelWidth;
      const float *from = keyPanels + column / kPanelWidth * panel, *later = from + kFetchAhead;
      if (later >= end) later = values + (later - end);
      tileRow<V, R>(dimension, FetchingRows{rows, bytesBetween(from, later)}, from, panel, columns, scores + column, kScoreColumns, false);
      column += columns;
    }
  };
  for (int key0 = start; key0 < keys; key0 += kScoreColumns) {
    const int scored = std::min(kScoreColumns, roundUp(keys - key0, kPanelWidth));
    if (head.keyHalves == nullptr) {
      keyPanels = head.keyPanels + static_cast<long>(key0) * dimension;
      values = head.values + key0 * head.valueStride;
    } else {
      const long from = static_cast<long>(key0) * dimension, held = static_cast<long>(scored) * dimension;
      float* expandedKeys = threadScratch<float>(kExpandedKeys, kScoreColumns * kMaximumHeadDimension);
      float* expandedValues = threadScratch<float>(kExpandedValues, kScoreColumns * kMaximumHeadDimension + kPanelWidth);
      expandBfloat16(head.keyHalves + from, held, expandedKeys);
      expandBfloat16(head.valueHalves + from, held, expandedValues);
      keyPanels = expandedKeys;
      values = expandedValues;
    }
    valuesEnd = values + std::min(scored, keys - key0) * head.valueStride;
    afterValues = head.keyHalves == nullptr && key0 + kScoreColumns < keys ? keyPanels + static_cast<long>(kScoreColumns) * dimension : head.nextKeys;
    score(scored);
    for (int column = 0; column < scored; column += kKeyBlock) {
      const int key = key0 + column;
      const int lanes = std::min(kKeyBlock, scored - column);  // 16 or 32; lanes beyond would all be masked
      for (int r = 0; r < R; r++) {
        float* row = scores + r * kScoreColumns + column;
        const int visible = limits[r] - key, hidden = head.first(limits[r]) - key;  // lanes [hidden, visible)
        const bool whole = visible >= kKeyBlock && lanes == kKeyBlock && hidden <= 0;
        const int reached = std::min(lanes, visible <= 0 ? 0 : roundUp(visible, kPanelWidth));
        const int seen = hidden >= reached ? 0 : reached;
        for (int j = seen; j < lanes; j += kPanelWidth) W::zero().store(row + j);
        if (seen == 0) continue;
        W scored0 = W::load(row) * scale, scored1 = masked;
        if (seen > kPanelWidth) scored1 = W::load(row + kPanelWidth) * scale;
        if (!whole) {
          scored0 = W::select(W::firstLanes(visible), scored0, masked);
          scored1 = W::select(W::firstLanes(visible - kPanelWidth), scored1, masked);
        }
        if (hidden > 0) {
          scored0 = W::select(W::firstLanes(hidden), masked, scored0);
          scored1 = W::select(W::firstLanes(hidden - kPanelWidth), masked, scored1);
        }
        const float block = W::maximum(scored0, scored1).largest();
        const float maximum = block > maxima[r] ? block : maxima[r];
        const W shift = W::broadcast(maximum);
        W p0 = exponentialOfNegative(scored0 - shift), p1 = exponentialOfNegative(scored1 - shift);
        if (!whole) {
          p0 = W::select(W::firstLanes(visible), p0, W::zero());
          p1 = W::select(W::firstLanes(visible - kPanelWidth), p1, W::zero());
        }
        if (hidden > 0) {
          p0 = W::select(W::firstLanes(hidden), W::zero(), p0);
          p1 = W::select(W::firstLanes(hidden - kPanelWidth), W::zero(), p1);
        }
        p0.store(row);
        if (lanes > kPanelWidth) p1.store(row + kPanelWidth);
        const V total = ((V::low(p0) + V::high(p0)) + V::low(p1)) + V::high(p1);
        if (maximum != maxima[r]) {
          addValues(pending, key, scores + pending - key0);
          pending = key;
          const V correction = exponential(V::broadcast(maxima[r] - maximum));
          totals[r] = V::fma(V::broadcast(totals[r]), correction, V::broadcast(total.sum())).first();
          for (int d = 0; d < padded; d += 8) (V::load(sums + r * padded + d) * correction).store(sums + r * padded + d);
          maxima[r] = maximum;
        } else {
          totals[r] = totals[r] + total.sum();
        }
      }
    }
    const int end = std::min(keys, key0 + scored);
    addValues(pending, end, scores + pending - key0);
    pending = end;
  }
  for (int r = 0; r < R; r++) {
    const V inverse = V::broadcast(1.0f / totals[r]);
    for (int d = 0; d < dimension; d += 8) {
      (V::load(sums + r * padded + d) * inverse).storeFirst(out + r * outStride + d, dimension - d);
    }
    if (logSumExp != nullptr) logSumExp[r * logSumExpStride] = maxima[r] + logarithmOf<V>(totals[r]);
  }
}

// Keys [key0, key1) of rows `stride` apart into panels [S/16][D][16].
template <class V>
void packKeys(const float* keys, long stride, int key0, int key1, int dimension, float* panels) {
  int key = key0;
  const int whole = dimension / 8 * 8;
  const auto one = [&](int j, int d0) {
    float* to = panels + static_cast<long>(j / kPanelWidth) * dimension * kPanelWidth + j % kPanelWidth;
    for (int d = d0; d < dimension; d++) to[d * kPanelWidth] = keys[j * stride + d];
  };
  for (; key < key1 && key % 8 != 0; key++) one(key, 0);
  for (; key + 8 <= key1; key += 8) {
    float* to = panels + static_cast<long>(key / kPanelWidth) * dimension * kPanelWidth + key % kPanelWidth;
    for (int d = 0; d < whole; d += 8) {
      V block[8];
      for (int j = 0; j < 8; j++) block[j] = V::load(keys + (key + j) * stride + d);
      V::transpose(block);
      for (int i = 0; i < 8; i++) block[i].store(to + (d + i) * kPanelWidth);
    }
    for (int j = 0; whole < dimension && j < 8; j++) one(key + j, whole);
  }
  for (; key < key1; key++) one(key, 0);
}

// packKeys of rows [0, keys), and zeros up to the next multiple of `multiple` keys.
template <class V>
void packSequence(const float* keys, long stride, int count, int multiple, int dimension, float* panels) {
  packKeys<V>(keys, stride, 0, count, dimension, panels);
  for (int key = count; key < roundUp(count, multiple); key++) {
    float* to = panels + static_cast<long>(key / kPanelWidth) * dimension * kPanelWidth + key % kPanelWidth;
    for (int d = 0; d < dimension; d++) to[d * kPanelWidth] = 0;
  }
}

}  // namespace
}  // namespace thinkwright
