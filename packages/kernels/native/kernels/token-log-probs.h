// Log-probs of given tokens under softmax((hidden Wᵀ + bias) / temperature), and their gradient, without a [rows, V] matrix. With a soft
// cap logits are cap · tanh(innerScale · (hidden Wᵀ + bias)) before the temperature (Gemma 2, arXiv 2408.00118, section 2).
// The weight of training, which changes every step, is packed a block of the vocabulary at a time: nothing as large as it is made.
// Forward: many rows: for each block of 512 columns tasks of some 50 rows; few rows: the product is split over threads, of panels for
// 8,192 columns at a time, then each row takes its blocks in order. Either way a row sees the same numbers in the same order.
// Backward: row segments of 2,048, inside them vocabulary blocks of 512, inside these stretches of 448 rows: logits again, d logit = g (1[target] - p) / temperature,
// dHidden += d logits · W in chains of 2,048 vocabulary entries summed in order, dWeight as any weight gradient.
#pragma once
#include "gemm/driver.h"
#include "gemm/stored-formats.h"
#include "kernels/log-sum-exp.h"
#include "kernels/rows.h"

namespace thinkwright {
namespace {

constexpr int kHeadRows = -1;  // type of a weight [v, c] in rows, beside those of stored panels
constexpr int kWideColumns = 8192;
constexpr int kLogitStride = kVocabularyBlock + kPanelWidth;  // not a power of two

constexpr int kGradientRows = 448;  // whose gradients of logits are held at a time; whole tiles of 14

// Rows of a task: even tasks for the threads matter more than reading the panels of a block a few times more.
template <class V>
constexpr int kBlockRows = (56 + V::Tiling::tileRows - 1) / V::Tiling::tileRows * V::Tiling::tileRows;

enum TokenScratch : int { kLogits = 4, kHiddenPanels = 5, kHiddenSum = 6, kWeightSum = 7, kRowStates = 8, kBlockPanels = 9, kBlockBackward = 10, kThreadLogits = 2 };

// What becomes of a product before the softmax.
struct LogitShape {
  float temperature, innerScale, cap;
  bool isCapped() const { return cap != 0.0f; }
};

// logits[i] = cap tanh(innerScale (logits[i] + bias[i])) / temperature; `slopes`, if wanted, the derivative of the capped logit by the
// product. By these operations in this order plain ops give the same bits to a sampler.
template <class V>
inline void capLogits(float* logits, const float* bias, int count, const LogitShape& shape, float* slopes) {
  using W = typename V::Wide;
  const W inner = W::broadcast(shape.innerScale), cap = W::broadcast(shape.cap), divisor = W::broadcast(shape.temperature), one = W::broadcast(1.0f);
  const W scale = inner * cap;
  for (int j = 0; j < count; j += 16) {
    W value = W::loadFirst(logits + j, count - j);
    if (bias != nullptr) value = value + W::loadFirst(bias + j, count - j);
    const W tangent = hyperbolicTangent(value * inner);
    ((tangent * cap) / divisor).storeFirst(logits + j, count - j);
    if (slopes != nullptr) (((one - tangent) * (one + tangent)) * scale).storeFirst(slopes + j, count - j);
  }
}

// logits[i] = (logits[i] + bias[i]) / temperature, or what capLogits makes of them
template <class V>
inline void finishLogits(float* logits, const float* bias, int count, const LogitShape& shape, float* slopes = nullptr) {
  if (shape.isCapped()) return capLogits<V>(logits, bias, count, shape, slopes);
  if (bias == nullptr && shape.temperature == 1.0f) return;
  using W = typename V::Wide;
  const W divisor = W::broadcast(shape.temperature);
  for (int j = 0; j < count; j += 16) {
    W value = W::loadFirst(logits + j, count - j);
    if (bias != nullptr) value = value + W::loadFirst(bias + j, count - j);
    (value / divisor).storeFirst(logits + j, count - j);
  }
}

// The weight of the head: in rows (kHeadRows), or stored panels, of float32 (kStoredFloat32: those of packForward) or fewer bits.
struct HeadWeight {
  const std::uint8_t* data;
  int type, c, v;

  bool isRows() const { return type == kHeadRows; }
  const float* rows(int column) const { return reinterpret_cast<const float*>(data) + static_cast<long>(column) * c; }
  const std::uint8_t* panels(int column) const { return data + column / kPanelWidth * storedPanelBytes(type, c); }
};

// Columns [column, column + columns) of the head ready for products, column a multiple of 16. Made outside of tasks.
template <class V>
class HeadBlock {
 public:
  HeadBlock(const HeadWeight& head, int column, int columns, bool withBackward) : head_(head), columns_(columns) {
    if (!head.isRows()) {
      stored_ = head.panels(column);
      forward_ = reinterpret_cast<const float*>(stored_);
      if (isStored() || !withBackward) return;
      backward_ = sharedScratch<float>(kBlockBackward, panelFloats(head.c, columns));
      turnPanels<V>(forward_, columns, head.c, 0, columns, backward_);
      return;
    }
    float* forward = sharedScratch<float>(kBlockPanels, panelFloats(columns, head.c));
    packPanels<V>({head.rows(column), 1, head.c}, columns, head.c, 0, columns, 0, head.c, forward);
    forward_ = forward;
    if (!withBackward) return;
    backward_ = sharedScratch<float>(kBlockBackward, panelFloats(head.c, columns));
    packPanels<V>({head.rows(column), head.c, 1}, head.c, columns, 0, head.c, 0, columns, backward_);
  }

  // out[m, columns] = a[m, c] · Wᵀ
  void logits(int m, const float* a, float* out, int outStride) const {
    const int c = head_.c;
    if (isStored()) return gemmKernels().storedGemm(m, c, a, c, out, outStride, 0, 0, 0, stored_, columns_, head_.type, nullptr, 0, 0, nullptr, 0, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
    product<V>({m, columns_, c, {a, c, 1}, forward_, static_cast<long>(c) * kPanelWidth, out, outStride, false});
  }
  // out[m, c] = dLogits[m, columns] · W, or goes on with the chains of out
  void dHidden(int m, const float* dLogits, int stride, float* out, bool continues) const {
    const int c = head_.c;
    if (isStored()) return gemmKernels().storedGemm(m, c, dLogits, stride, out, c, 0, 1, continues, stored_, columns_, head_.type, nullptr, 0, 0, nullptr, 0, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
    product<V>({m, c, columns_, {dLogits, stride, 1}, backward_, static_cast<long>(columns_) * kPanelWidth, out, c, continues});
  }

 private:
  bool isStored() const { return !head_.isRows() && head_.type != kStoredFloat32; }

  const HeadWeight head_;
  const int columns_;
  const std::uint8_t* stored_ = nullptr;
  const float* forward_ = nullptr;
  float* backward_ = nullptr;
};

template <class V>
struct TokenRow {
  RowSoftmax<V> softmax;
  float logit = 0;

  void add(float* logits, const float* bias, int column, int count, const LogitShape& shape, int target) {
    finishLogits<V>(logits, bias == nullptr ? nullptr : bias + column, count, shape);
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
void tokenLogProbs(const float* hidden, const std::uint8_t* weight, const int32_t* targets, const float* bias, float* logProbs, float* entropy,
                   float* logSumExp, int rows, int c, int v, float temperature, float innerScale, float cap, int type) {
  const HeadWeight head{weight, type, c, v};
  const LogitShape shape{temperature, innerScale, cap};
  TokenRow<V>* states = sharedScratch<TokenRow<V>>(kRowStates, std::max(rows, 1));
  for (int i = 0; i < rows; i++) states[i] = TokenRow<V>();
  const auto add = [&](float* logits, int row, int column, int columns) {
    states[row].add(logits, bias, column, columns, shape, static_cast<int>(clampIndex(targets[row], v)));
  };
  if (rows >= 2 * kBlockRows<V> * threadCount()) {
    for (int column = 0; column < v; column += kVocabularyBlock) {
      const int columns = std::min(kVocabularyBlock, v - column);
      const HeadBlock<V> block(head, column, columns, false);
      parallel((rows + kBlockRows<V> - 1) / kBlockRows<V>, [&](int task) {
        const int row0 = task * kBlockRows<V>, count = std::min(kBlockRows<V>, rows - row0);
        float* logits = threadScratch<float>(kThreadLogits, kBlockRows<V> * kLogitStride);
        block.logits(count, hidden + static_cast<long>(row0) * c, logits, kLogitStride);
        for (int i = 0; i < count; i++) add(logits + i * kLogitStride, row0 + i, column, columns);
      });
    }
  } else {
    const int wide = head.isRows() ? kVocabularyBlock : kWideColumns;
    const int stride = std::min(v, wide) + kPanelWidth;
    float* logits = sharedScratch<float>(kLogits, static_cast<size_t>(rows) * stride);
    for (int column = 0; column < v; column += wide) {
      const int columns = std::min(wide, v - column);
      HeadBlock<V>(head, column, columns, false).logits(rows, hidden, logits, stride);
      forRows(rows, columns * 4L, [&](std::int64_t i) { add(logits + i * stride, static_cast<int>(i), column, columns); });
    }
  }
  for (int i = 0; i < rows; i++) states[i].finish(logProbs + i, entropy == nullptr ? nullptr : entropy + i, logSumExp == nullptr ? nullptr : logSumExp + i);
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
inline void multiplyInto(float* to, const float* by, int count) {
  using W = typename V::Wide;
  for (int j = 0; j < count; j += 16) (W::loadFirst(to + j, count - j) * W::loadFirst(by + j, count - j)).storeFirst(to + j, count - j);
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
void tokenLogProbsGrad(const float* hidden, const std::uint8_t* weight, const int32_t* targets, const float* bias, const float* logSumExp,
                       const float* dLogProbs, float* dHidden, float* dWeight, float* dBias, int rows, int c, int v, float temperature,
                       float innerScale, float cap, int accumulate, int type) {
  const HeadWeight head{weight, type, c, v};
  const LogitShape shape{temperature, innerScale, cap};
  float* logits = sharedScratch<float>(kLogits, static_cast<size_t>(std::clamp(rows, 1, kGradientRows)) * kLogitStride);
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
      const HeadBlock<V> block(head, column, columns, dRows != nullptr);
      float* const into = column < kRowSegment ? dRows : hiddenSum;
      float* const toWeight = dWeight == nullptr ? nullptr : dWeight + static_cast<long>(column) * c;
      float* const weightSum = dWeight != nullptr && add ? sharedScratch<float>(kWeightSum, static_cast<size_t>(kVocabularyBlock) * c) : toWeight;
      alignas(64) float biasSum[kVocabularyBlock] = {};
      // The chains of dWeight and dBias pass from one stretch of rows to the next.
      for (int first = 0; first < count; first += kGradientRows) {
        const int stretch = std::min(kGradientRows, count - first);
        block.logits(stretch, rowsOf + static_cast<long>(first) * c, logits, kLogitStride);
        forRows(stretch, columns * 4L, [&](std::int64_t i) {
          float* row = logits + i * kLogitStride;
          const std::int64_t at = row0 + first + i;
          alignas(64) float slopes[kVocabularyBlock];
          finishLogits<V>(row, bias == nullptr ? nullptr : bias + column, columns, shape, slopes);
          logitGradient<V>(row, columns, logSumExp[at], dLogProbs[at] / temperature, static_cast<int>(clampIndex(targets[at], v)) - column);
          if (shape.isCapped()) multiplyInto<V>(row, slopes, columns);
        });
        if (dRows != nullptr) block.dHidden(stretch, logits, kLogitStride, into + static_cast<long>(first) * c, column % kRowSegment != 0);
        if (dWeight != nullptr) {
          product<V>({columns, c, stretch, {logits, 1, kLogitStride}, hiddenPanels + static_cast<long>(first) * kPanelWidth,
                      static_cast<long>(count) * kPanelWidth, weightSum, c, first > 0});
        }
        for (int j = 0; dBias != nullptr && j < columns; j += 8) {
          V sum = V::loadFirst(biasSum + j, columns - j);
          for (int i = 0; i < stretch; i++) sum = sum + V::loadFirst(logits + static_cast<long>(i) * kLogitStride + j, columns - j);
          sum.storeFirst(biasSum + j, columns - j);
        }
      }
      const bool ends = (column + kVocabularyBlock) % kRowSegment == 0 || column + columns == v;
      if (dRows != nullptr && into != dRows && ends) addInto<V>(dRows, into, static_cast<long>(count) * c);
      if (weightSum != toWeight) addInto<V>(toWeight, weightSum, static_cast<long>(columns) * c);
      for (int j = 0; dBias != nullptr && j < columns; j += 8) {
        V sum = V::loadFirst(biasSum + j, columns - j);
        if (add) sum = V::loadFirst(dBias + column + j, columns - j) + sum;
        sum.storeFirst(dBias + column + j, columns - j);
      }
    }
  }
}

}  // namespace
}  // namespace thinkwright
