// The log-softmax of a row of logits, in one pass over blocks of 512 in order: running maximum, Σ exp(x - maximum) and, for the
// entropy, Σ exp(x - maximum)(x - maximum); 8 lanes and one fixed tree inside a block. Training, scoring and sampling share it, so
// that their log-probs agree bit for bit.
#pragma once
#include <limits>

#include "kernels/elementary.h"
#include "simd/math.h"

namespace thinkwright {
namespace {

constexpr int kVocabularyBlock = 512;

template <class V>
struct RowSoftmax {
  float maximum = -std::numeric_limits<float>::infinity();
  float sum = 0;
  float weighted = 0;

  // Takes the next `count` <= 512 logits of the row.
  void add(const float* x, int count) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    using W = typename V::Wide;
    const int whole = count / 16 * 16;
    const W lowest = W::broadcast(-kInfinity);
    W largest = lowest;
    for (int j = 0; j < whole; j += 16) largest = W::maximum(W::load(x + j), largest);
    if (whole < count) largest = W::maximum(W::select(W::firstLanes(count - whole), W::loadFirst(x + whole, count - whole), lowest), largest);
    const float block = largest.largest();
    const float next = block > maximum ? block : maximum;
    if (next == -kInfinity) return;  // nothing but removed tokens so far
    if (next != maximum) {
      if (maximum != -kInfinity) {
        const float correction = exponentialOf<V>(maximum - next);
        weighted = correction * (weighted + (maximum - next) * sum);
        sum = correction * sum;
      }
      maximum = next;
    }
    V blockSum = V::zero(), blockWeighted = V::zero();
    const W shift = W::broadcast(maximum), floor = W::broadcast(-1e4f);
    const auto addLanes = [&](W p, W difference) {  // eight at a time, in order
      const W bounded = W::maximum(difference, floor);  // removed tokens: 0 * -1e4
      blockSum = (blockSum + V::low(p)) + V::high(p);
      blockWeighted = V::fma(V::low(p), V::low(bounded), blockWeighted);
      blockWeighted = V::fma(V::high(p), V::high(bounded), blockWeighted);
    };
    for (int j = 0; j < whole; j += 16) {
      const W difference = W::load(x + j) - shift;
      addLanes(exponentialOfNegative(difference), difference);
    }
    if (whole < count) {
      const W difference = W::loadFirst(x + whole, count - whole) - shift;
      addLanes(W::select(W::firstLanes(count - whole), exponentialOfNegative(difference), W::zero()), difference);
    }
    sum = sum + blockSum.sum();
    weighted = weighted + blockWeighted.sum();
  }

  void addRow(const float* x, int count) {
    for (int j = 0; j < count; j += kVocabularyBlock) add(x + j, count - j < kVocabularyBlock ? count - j : kVocabularyBlock);
  }

  // Once a row, so in double and rounded once: objectives exponentiate sums of these.
  float logProb(float logit) const { return static_cast<float>((static_cast<double>(logit) - maximum) - exactLog(sum)); }
  float logSumExp() const { return static_cast<float>(maximum + exactLog(sum)); }
  float entropy() const { return static_cast<float>(exactLog(sum) - static_cast<double>(weighted) / sum); }
};

}  // namespace
}  // namespace thinkwright
