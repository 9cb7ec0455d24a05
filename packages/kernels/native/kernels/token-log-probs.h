// Log-probs of given tokens under softmax((hidden Wᵀ + bias) / temperature), and their gradient, without a [rows, V] matrix.
// Forward: many rows: tasks of 96 rows, each walking the vocabulary in blocks of 512; few rows: the product is split over threads for
// 8,192 columns at a time, then each row takes its blocks in order. Either way a row sees the same numbers in the same order.
// Backward: row segments of 2,048, inside them vocabulary blocks of 512: logits again, d logit = g (1[target] - p) / temperature,
// dHidden += d logits · W in chains of 2,048 vocabulary entries summed in order, dWeight as any weight gradient.
#pragma once
#include "gemm/driver.h"
#include "gemm/stored-formats.h"
#include "kernels/log-sum-exp.h"
#include "kernels/rows.h"

namespace thinkwright {
namespace {

constexpr int kBlockRows = 96;
constexpr int kWideColumns = 8192;
constexpr int kLogitStride = kVocabularyBlock + kPanelWidth;  // not a power of two

enum TokenScratch : int { kLogits = 4, kHiddenPanels = 5, kHiddenSum = 6, kWeightSum = 7, kRowStates = 8, kThreadLogits = 2 };

// logits[i] = (logits[i] + bias[i]) / temperature
template <class V>
inline void finishLogits(float* logits, const float* bias, int count, float temperature) {
  if (bias == nullptr && temperature == 1.0f) return;
  using W = typename V::Wide;
  const W divisor = W::broadcast(temperature);
  for (int j = 0; j < count; j += 16) {
    W value = W::loadFirst(logits + j, count - j);
    if (bias != nullptr) value = value + W::loadFirst(bias + j, count - j);
    (value / divisor).storeFirst(logits + j, count - j);
  }
}

// Columns [column, column + columns) of the head, column a multiple of 16; panels are plain floats (type 0) or stored, in which case
// they serve both directions.
struct HeadPanels {
  const std::uint8_t* panels;
  const float* backward;
  int type, c, v;

  template <class V>
  void logits(int m, const float* a, int column, int columns, float* out, int outStride) const {
    const std::uint8_t* from = panels + column / kPanelWidth * storedPanelBytes(type, c);
    if (type != kStoredFloat32) {
      return gemmKernels().storedGemm(m, c, a, c, out, outStride, 0, 0, 0, from, columns, type, nullptr, 0, 0, nullptr, 0, 0);
    }
    product<V>({m, columns, c, {a, c, 1}, reinterpret_cast<const float*>(from), static_cast<long>(c) * kPanelWidth, out, outStride, false});
  }
  template <class V>
  void dHidden(int m, const float* dLogits, int column, int columns, float* out, bool continues) const {
    if (type != kStoredFloat32) {
      const std::uint8_t* from = panels + column / kPanelWidth * storedPanelBytes(type, c);
      return gemmKernels().storedGemm(m, c, dLogits, kLogitStride, out, c, 0, 1, continues, from, columns, type, nullptr, 0, 0, nullptr, 0, 0);
    }
    product<V>({m, c, columns, {dLogits, kLogitStride, 1}, backward + static_cast<long>(column) * kPanelWidth, static_cast<long>(v) * kPanelWidth, out, c,
                continues});
  }
};

template <class V>
struct TokenRow {
  RowSoftmax<V> softmax;
  float logit = 0;

  void add(float* logits, const float* bias, int column, int count, float temperature, int target) {
    finishLogits<V>(logits, bias == nullptr ? nullptr : bias + column, count, temperature);
    softmax.addRow(logits, count);
    if (target >= column && target < column + count) logit = logits[target - column];
  }
  void finish(float* logProb, float* entropy, float* logSumExp) const {
    *logProb = softmax.logProb(logit);
    if (entropy != nullptr) *entropy = softmax.entropy();
    if (logSumExp != nullptr) *logSumExp = softmax.logSumExp();
  }
};

template <class V>
void tokenLogProbs(const float* hidden, const std::uint8_t* panels, const int32_t* targets, const float* bias, float* logProbs, float* entropy,
                   float* logSumExp, int rows, int c, int v, float temperature, int type) {
  const HeadPanels head{panels, nullptr, type, c, v};
  const auto finish = [&](const TokenRow<V>& state, long row) {
    state.finish(logProbs + row, entropy == nullptr ? nullptr : entropy + row, logSumExp == nullptr ? nullptr : logSumExp + row);
  };
  if (rows >= kBlockRows * threadCount()) {
    parallel((rows + kBlockRows - 1) / kBlockRows, [&](int task) {
      const int row0 = task * kBlockRows, count = std::min(kBlockRows, rows - row0);
      float* logits = threadScratch<float>(kThreadLogits, kBlockRows * kLogitStride);
      TokenRow<V> states[kBlockRows];
      for (int column = 0; column < v; column += kVocabularyBlock) {
        const int columns = std::min(kVocabularyBlock, v - column);
        head.logits<V>(count, hidden + static_cast<long>(row0) * c, column, columns, logits, kLogitStride);
        for (int i = 0; i < count; i++) states[i].add(logits + i * kLogitStride, bias, column, columns, temperature, static_cast<int>(clampIndex(targets[row0 + i], v)));
      }
      for (int i = 0; i < count; i++) finish(states[i], row0 + i);
    });
    return;
  }
  const int stride = std::min(v, kWideColumns) + kPanelWidth;
  float* logits = sharedScratch<float>(kLogits, static_cast<size_t>(rows) * stride);
  TokenRow<V>* states = sharedScratch<TokenRow<V>>(kRowStates, std::max(rows, 1));
  for (int i = 0; i < rows; i++) states[i] = TokenRow<V>();
  for (int column = 0; column < v; column += kWideColumns) {
    const int columns = std::min(kWideColumns, v - column);
    head.logits<V>(rows, hidden, column, columns, logits, stride);
    forRows(rows, columns * 4L, [&](std::int64_t i) { states[i].add(logits + i * stride, bias, column, columns, temperature, static_cast<int>(clampIndex(targets[i], v))); });
  }
  for (int i = 0; i < rows; i++) finish(states[i], i);
}

// logits become their own gradient: factor (1[target] - exp(logit - logSumExp))
template <class V>
inline void logitGradient(float* logits, int count, float logSumExp, float factor, int target) {
  using W = typename V::Wide;
  const W shift = W::broadcast(logSumExp), negative = W::broadcast(-factor);
  int j = 0;
  for (; j + 16 <= count; j += 16) (exponential(W::load(logits + j) - shift) * negative).store(logits + j);
  if (j < count) (exponential(W::loadFirst(logits + j, count - j) - shift) * negative).storeFirst(logits + j, count - j);
  if (target >= 0 && target < count) logits[target] = logits[target] + factor;
}

template <class V>
inline void addInto(float* to, const float* from, long count) {
  parallelRanges(count, 2 * kPieceElements, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += 8) {
      const int lanes = static_cast<int>(std::min<std::int64_t>(8, end - i));
      (V::loadFirst(to + i, lanes) + V::loadFirst(from + i, lanes)).storeFirst(to + i, lanes);
    }
  });
}

template <class V>
void tokenLogProbsGrad(const float* hidden, const std::uint8_t* panels, const float* panelsBackward, const int32_t* targets, const float* bias,
                       const float* logSumExp, const float* dLogProbs, float* dHidden, float* dWeight, float* dBias, int rows, int c, int v,
                       float temperature, int accumulate, int type) {
  const HeadPanels head{panels, panelsBackward, type, c, v};
  const int segmentRows = std::min(rows, kRowSegment);
  float* logits = sharedScratch<float>(kLogits, static_cast<size_t>(std::max(segmentRows, 1)) * kLogitStride);
  if (rows == 0 && !accumulate) {
    if (dWeight != nullptr) std::memset(dWeight, 0, static_cast<size_t>(v) * c * 4);
    if (dBias != nullptr) std::memset(dBias, 0, static_cast<size_t>(v) * 4);
  }
  for (int row0 = 0; row0 < rows; row0 += kRowSegment) {
    const int count = std::min(kRowSegment, rows - row0);
    const bool add = accumulate != 0 || row0 > 0;
    const float* rowsOf = hidden + static_cast<long>(row0) * c;
    float* hiddenPanels = nullptr;
    if (dWeight != nullptr) {
      hiddenPanels = sharedScratch<float>(kHiddenPanels, panelFloats(c, count));
      packPanels<V>({rowsOf, c, 1}, c, count, 0, c, 0, count, hiddenPanels);
    }
    float* dRows = dHidden == nullptr ? nullptr : dHidden + static_cast<long>(row0) * c;
    const bool segmented = v > kRowSegment;
    float* hiddenSum = dRows == nullptr || !segmented ? dRows : sharedScratch<float>(kHiddenSum, static_cast<size_t>(count) * c);
    for (int column = 0; column < v; column += kVocabularyBlock) {
      const int columns = std::min(kVocabularyBlock, v - column);
      head.logits<V>(count, rowsOf, column, columns, logits, kLogitStride);
      forRows(count, columns * 4L, [&](std::int64_t i) {
        float* row = logits + i * kLogitStride;
        finishLogits<V>(row, bias == nullptr ? nullptr : bias + column, columns, temperature);
        logitGradient<V>(row, columns, logSumExp[row0 + i], dLogProbs[row0 + i] / temperature, static_cast<int>(clampIndex(targets[row0 + i], v)) - column);
      });
      if (dRows != nullptr) {
        const bool continues = column % kRowSegment != 0;
        float* into = column < kRowSegment ? dRows : hiddenSum;
        head.dHidden<V>(count, logits, column, columns, into, continues);
        const bool ends = (column + kVocabularyBlock) % kRowSegment == 0 || column + columns == v;
        if (into != dRows && ends) addInto<V>(dRows, into, static_cast<long>(count) * c);
      }
      if (dWeight != nullptr) {
        float* to = dWeight + static_cast<long>(column) * c;
        float* into = add ? sharedScratch<float>(kWeightSum, static_cast<size_t>(kVocabularyBlock) * c) : to;
        product<V>({columns, c, count, {logits, 1, kLogitStride}, hiddenPanels, static_cast<long>(count) * kPanelWidth, into, c, false});
        if (add) addInto<V>(to, into, static_cast<long>(columns) * c);
      }
      if (dBias != nullptr) {
        for (int j = 0; j < columns; j += 8) {
          V sum = V::zero();
          for (int i = 0; i < count; i++) sum = sum + V::loadFirst(logits + static_cast<long>(i) * kLogitStride + j, columns - j);
          if (add) sum = V::loadFirst(dBias + column + j, columns - j) + sum;
          sum.storeFirst(dBias + column + j, columns - j);
        }
      }
    }
  }
}

}  // namespace
}  // namespace thinkwright
