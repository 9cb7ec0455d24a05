// The language-model head without a [rows, V] matrix: logits a block of the vocabulary at a time, for what is said of each row, and the
// products of a gradient of logits. With a soft cap logits are cap · tanh(innerScale · (hidden Wᵀ + bias)) before the temperature (Gemma 2,
// arXiv 2408.00118, section 2).
// A weight in rows is packed a block of the vocabulary at a time: nothing as large as it is made.
// Forward: many rows: for each block of 512 columns tasks of some 50 rows; few rows: the product is split over threads, of panels for
// 8,192 columns at a time, then each row takes its blocks in order. Either way a row sees the same numbers in the same order.
// Backward: row segments of 2,048, inside them vocabulary blocks of 512, inside these stretches of 448 rows: logits again, their gradient,
// dHidden += d logits · W in chains of 2,048 vocabulary entries summed in order, dWeight as any weight gradient.
#pragma once
#include <utility>

#include "gemm/driver.h"
#include "gemm/stored-formats.h"
#include "kernels/log-sum-exp.h"
#include "kernels/rows.h"

namespace thinkwright {
namespace {

constexpr int kHeadRows = -1;  // type of a weight [v, c] in rows, beside those of stored panels
constexpr int kWideColumns = 8192;
constexpr int kLogitStride = kVocabularyBlock + kPanelWidth;  // not a power of two

constexpr int kGradientRows = 448;  // whose gradients of logits are held at a time; whole tiles of 14, and so is half

// Rows of a task with so many heads: even tasks for the threads matter more than reading the panels of a block a few times more.
template <class V, int Heads>
constexpr int kBlockRows = (56 / Heads + V::Tiling::tileRows - 1) / V::Tiling::tileRows * V::Tiling::tileRows;

enum HeadScratch : int { kHiddenPanels = 5, kHiddenSum = 6, kWeightSum = 7, kRowStates = 8, kBlockBackward = 10, kThreadLogits = 2 };
constexpr int kLogits[] = {4, 11}, kBlockPanels[] = {9, 12};  // of two heads side by side

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
  // `which` of two heads that are read side by side.
  HeadBlock(const HeadWeight& head, int column, int columns, bool withBackward, int which = 0) : head_(head), columns_(columns) {
    if (!head.isRows()) {
      stored_ = head.panels(column);
      forward_ = reinterpret_cast<const float*>(stored_);
      if (isStored() || !withBackward) return;
      backward_ = sharedScratch<float>(kBlockBackward, panelFloats(head.c, columns));
      turnPanels<V>(forward_, columns, head.c, 0, columns, backward_);
      return;
    }
    float* forward = sharedScratch<float>(kBlockPanels[which], panelFloats(columns, head.c));
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

// Hidden states [rows, c] and the head they go through.
struct HeadInput {
  HeadWeight weight;
  const float* hidden;
};

// The same columns of heads side by side.
template <class V, int Heads>
class HeadBlocks {
 public:
  HeadBlocks(const HeadInput* heads, int column, int columns) : HeadBlocks(heads, column, columns, std::make_integer_sequence<int, Heads>()) {}

  // Of `rows` rows from `row` on, to out[head].
  void logits(const HeadInput* heads, int row, int rows, float* const* out, int stride) const {
    for (int h = 0; h < Heads; h++) blocks_[h].logits(rows, heads[h].hidden + static_cast<long>(row) * heads[h].weight.c, out[h], stride);
  }

 private:
  template <int... I>
  HeadBlocks(const HeadInput* heads, int column, int columns, std::integer_sequence<int, I...>)
      : blocks_{HeadBlock<V>(heads[I].weight, column, columns, false, I)...} {}

  const HeadBlock<V> blocks_[Heads];
};

// add(logits, row, column, columns) for every row and its blocks of columns, in order; logits[i] is the row's block under heads[i], as the
// product has it. Heads side by side share the vocabulary. Rows come from any thread, a row from one at a time.
template <class V, int Heads, class Add>
void forLogits(const HeadInput (&heads)[Heads], int rows, Add&& add) {
  constexpr int kRows = kBlockRows<V, Heads>;
  const int v = heads[0].weight.v;
  bool anyRows = false;
  for (const HeadInput& head : heads) anyRows = anyRows || head.weight.isRows();
  const bool many = rows >= 2 * kRows * threadCount();
  const int wide = many || anyRows ? kVocabularyBlock : kWideColumns;
  const int stride = many ? kLogitStride : std::min(v, wide) + kPanelWidth;
  float* shared[Heads] = {};
  for (int h = 0; h < Heads && !many; h++) shared[h] = sharedScratch<float>(kLogits[h], static_cast<size_t>(rows) * stride);
  for (int column = 0; column < v; column += wide) {
    const int columns = std::min(wide, v - column);
    const HeadBlocks<V, Heads> blocks(heads, column, columns);
    const auto addRow = [&](float* const* logits, int row0, int row) {
      float* own[Heads];
      for (int h = 0; h < Heads; h++) own[h] = logits[h] + static_cast<long>(row - row0) * stride;
      add(own, row, column, columns);
    };
    if (many) {
      parallel((rows + kRows - 1) / kRows, [&](int task) {
        const int row0 = task * kRows, count = std::min(kRows, rows - row0);
        float* logits[Heads] = {threadScratch<float>(kThreadLogits, Heads * kRows * kLogitStride)};
        for (int h = 1; h < Heads; h++) logits[h] = logits[h - 1] + kRows * kLogitStride;
        blocks.logits(heads, row0, count, logits, stride);
        for (int i = 0; i < count; i++) addRow(logits, row0, row0 + i);
      });
    } else {
      blocks.logits(heads, 0, rows, shared, stride);
      forRows(rows, columns * 4L, [&](std::int64_t i) { addRow(shared, 0, static_cast<int>(i)); });
    }
  }
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

// Gradients of hidden states, weight and bias (each null if not wanted) from those of logits. gradientOf(column, columns) is asked for each
// block of the vocabulary and returns what writes the gradients of a stretch of rows: (block, first row, rows, logits). Logits have the stride
// kLogitStride and are followed by those of Heads - 1 other heads, for which there are as many rows fewer in a stretch.
template <class V, int Heads, class GradientOf>
void headGradients(const HeadInput& input, float* dHidden, float* dWeight, float* dBias, int rows, int accumulate, GradientOf&& gradientOf) {
  const HeadWeight& head = input.weight;
  const int c = head.c, v = head.v;
  constexpr int kStretch = kGradientRows / Heads;
  float* logits = sharedScratch<float>(kLogits[0], static_cast<size_t>(std::clamp(rows, 1, kStretch)) * Heads * kLogitStride);
  if (rows == 0 && !accumulate) {
    if (dWeight != nullptr) std::memset(dWeight, 0, static_cast<size_t>(v) * c * 4);
    if (dBias != nullptr) std::memset(dBias, 0, static_cast<size_t>(v) * 4);
  }
  for (int row0 = 0; row0 < rows; row0 += kRowSegment) {
    const int count = std::min(kRowSegment, rows - row0);
    const bool add = accumulate != 0 || row0 > 0;
    float* hiddenPanels = nullptr;
    if (dWeight != nullptr) {
      hiddenPanels = sharedScratch<float>(kHiddenPanels, panelFloats(c, count));
      packPanels<V>({input.hidden + static_cast<long>(row0) * c, c, 1}, c, count, 0, c, 0, count, hiddenPanels);
    }
    float* dRows = dHidden == nullptr ? nullptr : dHidden + static_cast<long>(row0) * c;
    const bool segmented = v > kRowSegment;
    float* hiddenSum = dRows == nullptr || !segmented ? dRows : sharedScratch<float>(kHiddenSum, static_cast<size_t>(count) * c);
    for (int column = 0; column < v; column += kVocabularyBlock) {
      const int columns = std::min(kVocabularyBlock, v - column);
      const HeadBlock<V> block(head, column, columns, dRows != nullptr);
      const auto gradient = gradientOf(column, columns);
      float* const into = column < kRowSegment ? dRows : hiddenSum;
      float* const toWeight = dWeight == nullptr ? nullptr : dWeight + static_cast<long>(column) * c;
      float* const weightSum = dWeight != nullptr && add ? sharedScratch<float>(kWeightSum, static_cast<size_t>(kVocabularyBlock) * c) : toWeight;
      alignas(64) float biasSum[kVocabularyBlock] = {};
      // The chains of dWeight and dBias pass from one stretch of rows to the next.
      for (int first = 0; first < count; first += kStretch) {
        const int stretch = std::min(kStretch, count - first);
        gradient(block, row0 + first, stretch, logits);
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
