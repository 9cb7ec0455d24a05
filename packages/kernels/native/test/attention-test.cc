// Attention against a double softmax; gradients against central differences; decoding and prefill against the training forward.
#include "check.h"

namespace thinkwright::test {
namespace {

struct Case {
  int headCount, keyValueHeadCount, dimension;
  std::vector<int> lengths;
  int window = 0;
  int rows = 0;
  std::vector<std::int32_t> offsets{0};
  int width() const { return (headCount + 2 * keyValueHeadCount) * dimension; }
  int outWidth() const { return headCount * dimension; }
  float scale() const { return 1.0f / std::sqrt(static_cast<float>(dimension)); }
};

Case makeCase(int headCount, int keyValueHeadCount, int dimension, std::vector<int> lengths, int window = 0) {
  Case c{headCount, keyValueHeadCount, dimension, std::move(lengths), window};
  for (const int length : c.lengths) c.offsets.push_back(c.rows += length);
  return c;
}

Doubles oracle(const Case& c, const Doubles& qkv) {
  Doubles out(static_cast<size_t>(c.rows) * c.outWidth());
  const int group = c.headCount / c.keyValueHeadCount;
  for (size_t s = 0; s < c.lengths.size(); s++) {
    for (int h = 0; h < c.headCount; h++) {
      const int keyAt = (c.headCount + h / group) * c.dimension, valueAt = keyAt + c.keyValueHeadCount * c.dimension;
      for (int i = c.offsets[s]; i < c.offsets[s + 1]; i++) {
        Doubles score;
        double largest = -1e300, total = 0;
        const int first = c.window > 0 ? std::max(c.offsets[s], i + 1 - c.window) : c.offsets[s];
        for (int j = first; j <= i; j++) {
          double sum = 0;
          for (int d = 0; d < c.dimension; d++) sum += qkv[static_cast<size_t>(i) * c.width() + h * c.dimension + d] * qkv[static_cast<size_t>(j) * c.width() + keyAt + d];
          score.push_back(sum * c.scale());
          largest = std::fmax(largest, score.back());
        }
        for (double& x : score) total += x = std::exp(x - largest);
        for (size_t j = 0; j < score.size(); j++) {
          for (int d = 0; d < c.dimension; d++) {
            out[static_cast<size_t>(i) * c.outWidth() + h * c.dimension + d] += score[j] / total * qkv[(first + j) * c.width() + valueAt + d];
          }
        }
      }
    }
  }
  return out;
}

struct Forward {
  Floats out, logSumExp;
};

Forward forward(const Tables& t, const Case& c, const Floats& qkv) {
  Forward result{Floats(static_cast<size_t>(c.rows) * c.outWidth(), NAN), Floats(static_cast<size_t>(c.rows) * c.headCount, NAN)};
  t.kernels.attention(qkv.data(), c.offsets.data(), result.out.data(), result.logSumExp.data(), static_cast<int>(c.lengths.size()), c.headCount,
                      c.keyValueHeadCount, c.dimension, c.scale(), c.window);
  return result;
}

Floats backward(const Tables& t, const Case& c, const Floats& qkv, const Forward& f, const Floats& dOut) {
  Floats dQkv(qkv.size(), NAN);
  t.kernels.attentionGrad(qkv.data(), c.offsets.data(), f.out.data(), f.logSumExp.data(), dOut.data(), dQkv.data(), static_cast<int>(c.lengths.size()),
                          c.headCount, c.keyValueHeadCount, c.dimension, c.scale(), c.window);
  return dQkv;
}

// Every token of every sequence through a cache that holds anything, first `prefill` rows at once, then one row a sequence in a batch.
Floats decode(const Tables& t, const Case& c, const Floats& qkv, int prefill, int cacheType = 0) {
  const int capacity = 320, slotCount = static_cast<int>(c.lengths.size()) + 1;
  const size_t size = static_cast<size_t>(slotCount) * c.keyValueHeadCount * capacity * c.dimension;
  Floats keys(size + 16, NAN), values(size + 16, NAN), out(static_cast<size_t>(c.rows) * c.outWidth(), NAN);
  const auto step = [&](const std::vector<std::int32_t>& tokens, const std::vector<std::int32_t>& slots, const std::vector<std::int32_t>& positions) {
    const int rows = static_cast<int>(tokens.size());
    Floats packed, result(static_cast<size_t>(rows) * c.outWidth(), NAN);
    packed.reserve(static_cast<size_t>(rows) * c.width() + 16);
    for (const int token : tokens) packed.insert(packed.end(), qkv.begin() + static_cast<long>(token) * c.width(), qkv.begin() + static_cast<long>(token + 1) * c.width());
    t.kernels.cachedAttention(packed.data(), slots.data(), positions.data(), reinterpret_cast<std::uint8_t*>(keys.data()), reinterpret_cast<std::uint8_t*>(values.data()),
                              result.data(), rows, capacity, c.headCount, c.keyValueHeadCount, c.dimension, c.scale(), slotCount, cacheType, c.window);
    for (int i = 0; i < rows; i++) std::copy_n(result.begin() + static_cast<long>(i) * c.outWidth(), c.outWidth(), out.begin() + static_cast<long>(tokens[i]) * c.outWidth());
  };
  std::vector<std::int32_t> tokens, slots, positions;
  const auto add = [&](size_t s, int position) {
    tokens.push_back(c.offsets[s] + position);
    slots.push_back(static_cast<int>(s));
    positions.push_back(position);
  };
  for (size_t s = 0; s < c.lengths.size(); s++) {
    for (int i = 0; i < std::min(prefill, c.lengths[s]); i++) add(s, i);
  }
  if (!tokens.empty()) step(tokens, slots, positions);
  for (int position = prefill;; position++) {
    tokens.clear(), slots.clear(), positions.clear();
    for (size_t s = 0; s < c.lengths.size(); s++) {
      if (position < c.lengths[s]) add(s, position);
    }
    if (tokens.empty()) return out;
    step(tokens, slots, positions);
  }
}

}  // namespace

void testAttention() {
  Random random(20);
  const Case cases[] = {makeCase(4, 2, 8, {1, 37, 5, 70}), makeCase(2, 2, 16, {33, 129}), makeCase(3, 1, 32, {200}), makeCase(4, 4, 64, {20, 3}),
                        makeCase(2, 1, 128, {50, 64, 1}),  makeCase(8, 1, 24, {40}),      makeCase(2, 1, 12, {45, 18}),
                        makeCase(4, 2, 8, {1, 37, 5, 70}, 9), makeCase(3, 1, 32, {200}, 50), makeCase(2, 2, 16, {290, 4}, 130), makeCase(2, 1, 24, {150}, 1)};
  for (const Case& c : cases) {
    const std::string name = "attention H" + std::to_string(c.headCount) + " K" + std::to_string(c.keyValueHeadCount) + " D" + std::to_string(c.dimension) + (c.window > 0 ? ", window " + std::to_string(c.window) : "");
    const Floats qkv = random.floats(static_cast<size_t>(c.rows) * c.width(), -2, 2), dOut = random.floats(static_cast<size_t>(c.rows) * c.outWidth());
    const Floats out = onEverySetting(name, [&](const Tables& t) { return forward(t, c, qkv).out; });
    expectClose(out, oracle(c, toDoubles(qkv)), 2e-6, name);
    onEverySetting(name + " log-sum-exp", [&](const Tables& t) { return forward(t, c, qkv).logSumExp; });
    for (const int prefill : {0, 1, 23}) {
      expectSameBits(onEverySetting(name + " cached", [&](const Tables& t) { return decode(t, c, qkv, prefill); }), out,
                     name + ": decoding after a prefill of " + std::to_string(prefill) + " = training forward");
    }
    const Floats rounded = onEverySetting(name + " rounded", [&](const Tables& t) {
      Floats result(qkv.size() + 16, NAN);
      t.kernels.roundColumns(qkv.data(), result.data(), c.rows, c.width(), c.headCount * c.dimension);
      return result;
    });
    for (size_t i = 0; i < qkv.size(); i++) {
      const bool isQuery = static_cast<int>(i % c.width()) < c.headCount * c.dimension;
      expect(isQuery ? rounded[i] == qkv[i] : (bitsOf(rounded[i]) & 0xffff) == 0 && std::fabs(rounded[i] - qkv[i]) <= std::fabs(qkv[i]) / 256,
             name + ": keys and values are rounded to bfloat16, queries are not");
    }
    const Floats ofRounded = onEverySetting(name + " of rounded", [&](const Tables& t) { return forward(t, c, rounded).out; });
    for (const int prefill : {0, 23}) {
      expectSameBits(onEverySetting(name + " bfloat16 cache", [&](const Tables& t) { return decode(t, c, qkv, prefill, 1); }), ofRounded,
                     name + ": decoding with a bfloat16 cache = training on rounded keys and values");
    }
    // One and two threads take the joint and the split backward when there is one sequence.
    const Floats gradient = onEverySetting(name + " gradient", [&](const Tables& t) { return backward(t, c, qkv, forward(t, c, qkv), dOut); });
    const auto loss = [&](const Doubles& value) {
      const Doubles result = oracle(c, value);
      double sum = 0;
      for (size_t i = 0; i < result.size(); i++) sum += result[i] * dOut[i];
      return sum;
    };
    for (int i = 0; i < 24; i++) {
      const size_t at = static_cast<size_t>(random.below(c.rows)) * c.width() + random.below(c.width());
      const double expected = slope(loss, toDoubles(qkv), at);
      char text[100];
      std::snprintf(text, sizeof text, ": gradient %zu: %.6g, differences say %.6g", at, gradient[at], expected);
      expect(std::fabs(expected - gradient[at]) < 1e-5 * std::fmax(1.0, std::fabs(expected)), name + text);
    }
  }
  // Large scores must not overflow; the row of a batch equals the row alone.
  const Case large = makeCase(2, 1, 32, {64});
  const Floats qkv = random.floats(static_cast<size_t>(large.rows) * large.width(), -40, 40);
  expectClose(onEverySetting("large scores", [&](const Tables& t) { return forward(t, large, qkv).out; }), oracle(large, toDoubles(qkv)), 1e-3, "large scores");
  // A copied prefix serves another slot.
  for (const Tables& t : allTables()) {
    const int capacity = 48, dimension = 8;
    Floats keys = random.floats(3 * capacity * dimension), values = random.floats(3 * capacity * dimension);
    t.kernels.copyPrefix(reinterpret_cast<std::uint8_t*>(keys.data()), reinterpret_cast<std::uint8_t*>(values.data()), 0, 2, 21, capacity, 1, dimension, 0);
    bool same = true;
    for (int position = 0; position < 21; position++) {
      for (int d = 0; d < dimension; d++) {
        const int at = (position / 16 * dimension + d) * 16 + position % 16, to = 2 * capacity * dimension;
        same = same && keys[at] == keys[to + at] && values[position * dimension + d] == values[to + position * dimension + d];
      }
    }
    expect(same, "copyPrefix");
  }
}

}  // namespace thinkwright::test
