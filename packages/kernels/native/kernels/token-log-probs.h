// Log-probs of given tokens under softmax((hidden Wᵀ + bias) / temperature), one or several a row, and their gradient
// d logit = (Σ g_k 1[target_k] - p Σ g_k) / temperature. See head.h for how the vocabulary is walked.
#pragma once
#include "kernels/head.h"

namespace thinkwright {
namespace {

// logits of targets [count] that lie in the block; elsewhere `found` keeps what it has
inline void pickLogits(const float* logits, int column, int columns, int v, const int32_t* targets, int count, float* found) {
  for (int k = 0; k < count; k++) {
    const int target = static_cast<int>(clampIndex(targets[k], v));
    if (target >= column && target < column + columns) found[k] = logits[target - column];
  }
}

template <class V>
void tokenLogProbs(const float* hidden, const std::uint8_t* weight, const int32_t* targets, const float* bias, float* logProbs, float* entropy,
                   float* logSumExp, int rows, int c, int v, int targetCount, float temperature, float innerScale, float cap, int type) {
  const LogitShape shape{temperature, innerScale, cap};
  RowSoftmax<V>* states = sharedScratch<RowSoftmax<V>>(kRowStates, std::max(rows, 1));
  for (int i = 0; i < rows; i++) states[i] = RowSoftmax<V>();
  const HeadInput heads[] = {{{weight, type, c, v}, hidden}};
  // Logits of the targets wait where their log-probs go.
  forLogits<V>(heads, rows, [&](float* const* logits, int row, int column, int columns) {
    finishLogits<V>(logits[0], bias == nullptr ? nullptr : bias + column, columns, shape);
    states[row].addRow(logits[0], columns);
    const long at = static_cast<long>(row) * targetCount;
    pickLogits(logits[0], column, columns, v, targets + at, targetCount, logProbs + at);
  });
  for (int i = 0; i < rows; i++) {
    for (long k = static_cast<long>(i) * targetCount; k < (i + 1L) * targetCount; k++) logProbs[k] = states[i].logProb(logProbs[k]);
    if (entropy != nullptr) entropy[i] = states[i].entropy();
    if (logSumExp != nullptr) logSumExp[i] = states[i].logSumExp();
  }
}

// logits become -factor · exp(logit - logSumExp)
template <class V>
inline void scaledSoftmax(float* logits, int count, float logSumExp, float factor) {
  using W = typename V::Wide;
  const W shift = W::broadcast(logSumExp), negative = W::broadcast(-factor);
  int j = 0;
  for (; j + 16 <= count; j += 16) (exponential(W::load(logits + j) - shift) * negative).store(logits + j);
  if (j < count) (exponential(W::loadFirst(logits + j, count - j) - shift) * negative).storeFirst(logits + j, count - j);
}

template <class V>
void tokenLogProbsGrad(const float* hidden, const std::uint8_t* weight, const int32_t* targets, const float* bias, const float* logSumExp,
                       const float* dLogProbs, float* dHidden, float* dWeight, float* dBias, int rows, int c, int v, int targetCount,
                       float temperature, float innerScale, float cap, int accumulate, int type) {
  const HeadInput head{{weight, type, c, v}, hidden};
  const LogitShape shape{temperature, innerScale, cap};
  headGradients<V, 1>(head, dHidden, dWeight, dBias, rows, accumulate, [&](int column, int columns) {
    return [=, &head, &shape](const HeadBlock<V>& block, int first, int count, float* logits) {
      block.logits(count, head.hidden + static_cast<long>(first) * c, logits, kLogitStride);
      forRows(count, columns * 4L, [&](std::int64_t i) {
        float* row = logits + i * kLogitStride;
        const std::int64_t at = (first + i) * targetCount;
        alignas(64) float slopes[kVocabularyBlock];
        finishLogits<V>(row, bias == nullptr ? nullptr : bias + column, columns, shape, slopes);
        double sum = 0;
        for (int k = 0; k < targetCount; k++) sum += dLogProbs[at + k];
        scaledSoftmax<V>(row, columns, logSumExp[first + i], static_cast<float>(sum) / temperature);
        for (int k = 0; k < targetCount; k++) {
          const int target = static_cast<int>(clampIndex(targets[at + k], v)) - column;
          if (target >= 0 && target < columns) row[target] = row[target] + dLogProbs[at + k] / temperature;
        }
        if (shape.isCapped()) multiplyInto<V>(row, slopes, columns);
      });
    };
  });
}

}  // namespace
}  // namespace thinkwright
