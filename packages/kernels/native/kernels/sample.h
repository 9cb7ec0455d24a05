// Sampling a token of each row of logits, with settings of its own for each: penalties of repetition (CTRL, arXiv 1909.05858), frequency
// and presence (OpenAI's definition), temperature, top-k, top-p, min-p in the order and meaning of vLLM's and transformers' logits processors (ties of the k-th logit are kept; top-p removes from the least likely up while their sum is <= 1 - p, lower ids first
// among equals; min-p is relative to the largest). Removed tokens become -inf, so the log-prob is that of the renormalised rest.
// One task a row; the draw is counter-based, so it depends on (seed, key, position) only.
#pragma once
#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/log-sum-exp.h"
#include "kernels/philox.h"
#include "kernels/rows.h"
#include "runtime/scratch.h"

namespace thinkwright {
namespace {

constexpr float kRemoved = -std::numeric_limits<float>::infinity();

enum SampleScratch : int { kScaledLogits = 3, kCandidates = 4 };

struct Candidate {
  float logit;
  int id;
};

// The largest value and its first index; NaN never wins.
template <class V>
inline float largestOf(const float* x, int n) {
  V largest = V::broadcast(kRemoved);
  for (int j = 0; j < n; j += 8) {
    const V value = V::loadFirst(x + j, n - j);
    largest = V::maximum(n - j >= 8 ? value : V::select(V::firstLanes(n - j), value, largest), largest);
  }
  return largest.largest();
}

template <class V>
inline int firstMaximum(const float* x, int n) {
  const float maximum = largestOf<V>(x, n);
  for (int j = 0; j < n; j++) {
    if (x[j] == maximum) return j;
  }
  return 0;
}

inline void keepTopK(float* logits, int v, int topK, Candidate* candidates) {
  for (int j = 0; j < v; j++) candidates[j] = {logits[j], j};
  std::nth_element(candidates, candidates + (topK - 1), candidates + v,
                   [](const Candidate& a, const Candidate& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; });
  const float threshold = candidates[topK - 1].logit;
  for (int j = 0; j < v; j++) {
    if (logits[j] < threshold) logits[j] = kRemoved;
  }
}

// A token whose probability is <= (1 - p) / V is always removed: all such together stay within 1 - p. Only the others are sorted.
template <class V>
inline void keepTopP(float* logits, int v, float topP, Candidate* candidates) {
  RowSoftmax<V> softmax;
  softmax.addRow(logits, v);
  const double limit = 1.0 - static_cast<double>(topP);
  double removed = 0;
  int count = 0;
  for (int block = 0; block < v; block += 8) {
    float probabilities[8];
    const int lanes = std::min(8, v - block);
    (exponential(V::loadFirst(logits + block, lanes) - V::broadcast(softmax.maximum)) / V::broadcast(softmax.sum)).store(probabilities);
    for (int lane = 0; lane < lanes; lane++) {
      if (probabilities[lane] <= limit / v) {
        removed += probabilities[lane];
        logits[block + lane] = kRemoved;
      } else {
        candidates[count++] = {probabilities[lane], block + lane};
      }
    }
  }
  std::sort(candidates, candidates + count,
            [](const Candidate& a, const Candidate& b) { return a.logit != b.logit ? a.logit < b.logit : a.id < b.id; });
  for (int i = 0; i + 1 < count; i++) {
    removed += candidates[i].logit;
    if (removed > limit) break;
    logits[candidates[i].id] = kRemoved;
  }
}

template <class V>
inline void keepMinP(float* logits, int v, float minP) {
  const V shift = V::broadcast(largestOf<V>(logits, v)), least = V::broadcast(minP), removed = V::broadcast(kRemoved);
  for (int j = 0; j < v; j += 8) {
    const V value = V::loadFirst(logits + j, v - j);
    V::select(V::less(exponential(value - shift), least), removed, value).storeFirst(logits + j, v - j);
  }
}

// The first id at which Σ exp(logit - maximum) over ascending ids, in double, passes draw * total.
template <class V>
inline int inverseCumulative(const float* logits, int v, float maximum, double draw) {
  const V shift = V::broadcast(maximum);
  alignas(32) float weights[8];
  double total = 0;
  for (int block = 0; block < v; block += 8) {
    exponential(V::loadFirst(logits + block, v - block) - shift).store(weights);
    for (int lane = 0; lane < std::min(8, v - block); lane++) total += weights[lane];
  }
  const double target = draw * total;
  double passed = 0;
  int last = 0;
  for (int block = 0; block < v; block += 8) {
    exponential(V::loadFirst(logits + block, v - block) - shift).store(weights);
    for (int lane = 0; lane < std::min(8, v - block); lane++) {
      if (!(weights[lane] > 0)) continue;
      passed += weights[lane];
      last = block + lane;
      if (passed > target) return last;
    }
  }
  return last;
}

// One row of settings, as it lies in memory.
struct RowSettings {
  float temperature, topK, topP, minP, repetition, frequency, presence;
  bool penalises() const { return repetition != 1 || frequency != 0 || presence != 0; }
};

// A count is 2 * (times sampled) + (1 if in the prompt). Repetition looks at both, frequency and presence at what was sampled.
inline void penalise(const float* logits, const std::int32_t* counts, int v, const RowSettings& settings, float* out) {
  for (int j = 0; j < v; j++) {
    float x = logits[j];
    if (counts[j] != 0) {
      x = x > 0 ? x / settings.repetition : x * settings.repetition;
      const int sampled = counts[j] >> 1;
      if (sampled > 0) x = (x - settings.frequency * static_cast<float>(sampled)) - settings.presence;
    }
    out[j] = x;
  }
}

template <class V>
void sampleTokens(const float* logits, const float* settings, const int32_t* seeds, const int32_t* keys, const int32_t* positions,
                  const int32_t* slots, int32_t* counts, int32_t* ids, float* logProbs, int rows, int v, int slotCount) {
  forRows(rows, v * 16L, [&](std::int64_t row) {
    const float* from = logits + row * v;
    RowSettings own;
    std::memcpy(&own, settings + row * 7, sizeof own);
    RowSoftmax<V> softmax;
    float* scaled = threadScratch<float>(kScaledLogits, v + 8);
    std::int32_t* seen = nullptr;
    if (counts != nullptr && own.penalises()) {
      seen = counts + static_cast<long>(clampIndex(slots[row], slotCount)) * v;
      penalise(from, seen, v, own, scaled);
      from = scaled;
    }
    if (own.temperature == 0) {
      ids[row] = firstMaximum<V>(from, v);
      softmax.addRow(from, v);
      logProbs[row] = softmax.logProb(from[ids[row]]);
    } else {
      for (int j = 0; j < v; j += 8) (V::loadFirst(from + j, v - j) / V::broadcast(own.temperature)).storeFirst(scaled + j, v - j);
      Candidate* candidates = threadScratch<Candidate>(kCandidates, v);
      const int topK = static_cast<int>(own.topK);
      if (topK > 0 && topK < v) keepTopK(scaled, v, topK, candidates);
      if (own.topP < 1) keepTopP<V>(scaled, v, own.topP, candidates);
      if (own.minP > 0) keepMinP<V>(scaled, v, own.minP);
      softmax.addRow(scaled, v);
      const PhiloxWords words = philox(static_cast<std::uint32_t>(seeds[row]), 0, static_cast<std::uint32_t>(keys[row]),
                                       static_cast<std::uint32_t>(positions[row]), 0, 0);
      ids[row] = inverseCumulative<V>(scaled, v, softmax.maximum, words.uniform());
      logProbs[row] = softmax.logProb(scaled[ids[row]]);
    }
    if (seen != nullptr) seen[ids[row]] += 2;
  });
}

inline void startCounts(int32_t* counts, const int32_t* promptIds, int slot, int length, int v) {
  std::int32_t* row = counts + static_cast<long>(slot) * v;
  std::fill(row, row + v, 0);
  for (int i = 0; i < length; i++) row[clampIndex(promptIds[i], v)] = 1;
}

template <class V>
void argMax(const float* x, int32_t* out, int rows, int n) {
  forRows(rows, n, [&](std::int64_t row) { out[row] = firstMaximum<V>(x + row * n, n); });
}

}  // namespace
}  // namespace thinkwright
