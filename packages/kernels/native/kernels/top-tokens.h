// The k likeliest tokens of each row with their log-probs, in the same pass over the head as any log-prob: no row of logits is kept.
#pragma once
#include "kernels/head.h"

namespace thinkwright {
namespace {

// The k largest of a row as a heap over its place in the outputs, the least of them on top: ids and logits [k]. Of equals the smaller id counts as larger.
class LargestLogits {
 public:
  LargestLogits(float* logits, int32_t* ids, int k) : logits_(logits), ids_(ids), k_(k) {}

  void start() {
    std::fill(logits_, logits_ + k_, -std::numeric_limits<float>::infinity());
    std::fill(ids_, ids_ + k_, std::numeric_limits<int32_t>::max());
  }

  template <class V>
  void add(const float* x, int column, int count) {
    using W = typename V::Wide;
    constexpr int kGroup = 64;  // which most of the time holds none
    int j = 0;
    for (; j + kGroup <= count; j += kGroup) {
      const W largest = W::maximum(W::maximum(W::load(x + j), W::load(x + j + 16)), W::maximum(W::load(x + j + 32), W::load(x + j + 48)));
      if (largest.largest() < logits_[0]) continue;
      for (int i = j; i < j + kGroup; i++) addOne(x[i], column + i);
    }
    for (; j < count; j++) addOne(x[j], column + j);
  }

  // Falling.
  void sort() {
    for (int last = k_ - 1; last > 0; last--) {
      const float logit = logits_[last];
      const int32_t id = ids_[last];
      logits_[last] = logits_[0], ids_[last] = ids_[0];
      sink(logit, id, last);
    }
  }

 private:
  void addOne(float logit, int32_t id) {
    if (logit != logit) logit = -std::numeric_limits<float>::infinity();
    if (isLess(logits_[0], ids_[0], logit, id)) sink(logit, id, k_);
  }
  static bool isLess(float a, int32_t aId, float b, int32_t bId) { return a < b || (a == b && aId > bId); }

  // Puts an entry in the place of the top of a heap of `size`.
  void sink(float logit, int32_t id, int size) {
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && isLess(logits_[child + 1], ids_[child + 1], logits_[child], ids_[child])) child++;
      if (!isLess(logits_[child], ids_[child], logit, id)) break;
      logits_[at] = logits_[child], ids_[at] = ids_[child];
      at = child;
    }
    logits_[at] = logit, ids_[at] = id;
  }

  float* const logits_;
  int32_t* const ids_;
  const int k_;
};

template <class V>
void topTokenLogProbs(const float* hidden, const std::uint8_t* weight, const float* bias, int32_t* ids, float* logProbs, int rows, int c, int v,
                      int k, float temperature, float innerScale, float cap, int type) {
  const LogitShape shape{temperature, innerScale, cap};
  RowSoftmax<V>* states = sharedScratch<RowSoftmax<V>>(kRowStates, std::max(rows, 1));
  const auto largestOf = [&](long row) { return LargestLogits(logProbs + row * k, ids + row * k, k); };
  for (int i = 0; i < rows; i++) {
    states[i] = RowSoftmax<V>();
    largestOf(i).start();
  }
  const HeadInput heads[] = {{{weight, type, c, v}, hidden}};
  forLogits<V>(heads, rows, [&](float* const* logits, int row, int column, int columns) {
    finishLogits<V>(logits[0], bias == nullptr ? nullptr : bias + column, columns, shape);
    states[row].addRow(logits[0], columns);
    largestOf(row).template add<V>(logits[0], column, columns);
  });
  forRows(rows, 64L * k, [&](std::int64_t row) {
    largestOf(row).sort();
    for (long i = row * k; i < (row + 1) * k; i++) logProbs[i] = states[row].logProb(logProbs[i]);
  });
}

}  // namespace
}  // namespace thinkwright
