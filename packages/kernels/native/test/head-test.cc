// Fused head and log-softmax against double; gradients against central differences; rows equal whatever the batch and the path.
#include "check.h"

namespace thinkwright::test {
namespace {

struct Head {
  int rows, c, v;
  float temperature;
  bool biased;
  float innerScale, cap;
  Floats hidden, weight, bias, dLogProbs;
  std::vector<std::int32_t> targets;
};

Head makeHead(int rows, int c, int v, float temperature, bool biased, float innerScale = 1, float cap = 0) {
  Random random(30 + rows);
  Head h{rows, c, v, temperature, biased, innerScale, cap, random.floats(static_cast<size_t>(rows) * c, -2, 2), random.floats(static_cast<size_t>(v) * c), random.floats(v),
         random.floats(rows), std::vector<std::int32_t>(rows)};
  for (auto& target : h.targets) target = random.below(v);
  return h;
}

struct Scores {
  Doubles logProbs, entropy;
};

Scores oracle(const Head& h, const Doubles& hidden, const Doubles& weight, const Doubles& bias) {
  Scores result;
  Doubles logits(h.v);
  for (int i = 0; i < h.rows; i++) {
    double largest = -1e300, total = 0, weighted = 0;
    for (int j = 0; j < h.v; j++) {
      double sum = h.biased ? bias[j] : 0;
      for (int k = 0; k < h.c; k++) sum += hidden[static_cast<size_t>(i) * h.c + k] * weight[static_cast<size_t>(j) * h.c + k];
      logits[j] = (h.cap == 0 ? sum : h.cap * std::tanh(h.innerScale * sum)) / h.temperature;
      largest = std::fmax(largest, logits[j]);
    }
    for (const double x : logits) total += std::exp(x - largest);
    const double logSum = largest + std::log(total);
    for (const double x : logits) weighted += std::exp(x - logSum) * (logSum - x);
    result.logProbs.push_back(logits[h.targets[i]] - logSum);
    result.entropy.push_back(weighted);
  }
  return result;
}

constexpr int kRows = -1, kPanels = 0;  // what the weight is

Floats panelsOf(const Tables& t, const Head& h) {
  Floats panels(panelFloats(h.v, h.c));
  t.gemm.packForward(h.weight.data(), h.v, h.c, 0, h.v, panels.data());
  return panels;
}

// [logProbs | entropy | logSumExp] of `rows` rows from `row`
Floats scores(const Tables& t, const Head& h, int row, int rows, int type = kRows) {
  const Floats weight = type == kPanels ? panelsOf(t, h) : h.weight;
  Floats out(3 * static_cast<size_t>(rows), NAN);
  t.kernels.tokenLogProbs(h.hidden.data() + static_cast<size_t>(row) * h.c, bytesOf(weight), h.targets.data() + row, h.biased ? h.bias.data() : nullptr, out.data(),
                          out.data() + rows, out.data() + 2 * rows, rows, h.c, h.v, 1, h.temperature, h.innerScale, h.cap, type);
  return out;
}

std::string nameOf(const char* kernel, const Head& h) {
  const std::string shape = "[" + std::to_string(h.rows) + "," + std::to_string(h.c) + "," + std::to_string(h.v) + "]";
  return std::string(kernel) + " " + shape + (h.cap == 0 ? "" : " capped");
}

// cap · tanh(innerScale · logit) by the plain ops a sampler has for it.
void capByPlainOps(const Tables& t, const Head& h, Floats& logits) {
  const int count = static_cast<int>(logits.size());
  const auto times = [&](const float* factor) {
    t.kernels.binary(kMul, kFloat32, logits.data(), factor, logits.data(), 1, 1, 1, count, 0, 0, 0, 1, 0, 0, 0, 0);
  };
  times(&h.innerScale);
  t.kernels.unary(kTanh, kFloat32, logits.data(), logits.data(), count, 0, 0);
  times(&h.cap);
}

void oneHead(const Head& h) {
  const std::string name = nameOf("tokenLogProbs", h);
  const Floats out = onEverySetting(name, [&](const Tables& t) { return scores(t, h, 0, h.rows); });
  const Floats packed = onEverySetting(name, [&](const Tables& t) { return scores(t, h, 0, h.rows, kPanels); });
  expectSameBits(packed, out, name + ": a weight packed before");
  const Scores expected = oracle(h, toDoubles(h.hidden), toDoubles(h.weight), toDoubles(h.bias));
  expectClose(Floats(out.begin(), out.begin() + h.rows), expected.logProbs, 1e-6, name + " log-probs");
  expectClose(Floats(out.begin() + h.rows, out.begin() + 2 * h.rows), expected.entropy, 3e-6, name + " entropy");
  // A row alone has the bits of the row in the batch, and so has the sampler's log-prob of the same token.
  for (const int row : {0, h.rows / 2, h.rows - 1}) {
    const Floats alone = onEverySetting(name + " one row", [&](const Tables& t) { return scores(t, h, row, 1); });
    expectSameBits(alone, {out[row], out[h.rows + row], out[2 * h.rows + row]}, name + ": a row alone");
  }
  for (const Tables& t : allTables()) {
    const Floats panels = panelsOf(t, h);
    Floats logits(static_cast<size_t>(h.rows) * h.v), logProbs(h.rows);
    std::vector<std::int32_t> ids(h.rows), keys(h.rows), positions(h.rows), seeds(h.rows, 5);
    Floats settings;
    for (int i = 0; i < h.rows; i++) settings.insert(settings.end(), {h.temperature, 0, 1, 0, 1, 0, 0});
    for (int i = 0; i < h.rows; i++) keys[i] = i * 7919, positions[i] = i;
    t.gemm.gemm(h.rows, h.v, h.c, h.hidden.data(), 0, h.c, panels.data(), logits.data(), 0, h.v, 0, h.biased ? h.bias.data() : nullptr, nullptr, nullptr, nullptr, nullptr, 0);
    if (h.cap != 0) capByPlainOps(t, h, logits);
    t.kernels.sampleTokens(logits.data(), settings.data(), seeds.data(), keys.data(), positions.data(), nullptr, nullptr, ids.data(), logProbs.data(), h.rows, h.v, 0);
    Head sampled = h;
    sampled.targets = ids;
    const Floats trainer = scores(t, sampled, 0, h.rows);
    expectSameBits(logProbs, Floats(trainer.begin(), trainer.begin() + h.rows), name + ": the sampler's log-probs are the trainer's");
  }
}

void gradients(const Head& h) {
  const std::string name = nameOf("tokenLogProbsGrad", h);
  const size_t hiddenSize = h.hidden.size(), weightSize = h.weight.size();
  const auto gradientOf = [&](const Tables& t, int type) {
    const Floats weight = type == kPanels ? panelsOf(t, h) : h.weight;
    const Floats forward = scores(t, h, 0, h.rows);
    Floats out(hiddenSize + weightSize + h.v, NAN);
    t.kernels.tokenLogProbsGrad(h.hidden.data(), bytesOf(weight), h.targets.data(), h.biased ? h.bias.data() : nullptr, forward.data() + 2 * h.rows,
                                h.dLogProbs.data(), out.data(), out.data() + hiddenSize, h.biased ? out.data() + hiddenSize + weightSize : nullptr, h.rows, h.c,
                                h.v, 1, h.temperature, h.innerScale, h.cap, 0, type);
    if (!h.biased) std::fill(out.end() - h.v, out.end(), 0.0f);
    return out;
  };
  const Floats gradient = onEverySetting(name, [&](const Tables& t) { return gradientOf(t, kRows); });
  expectSameBits(onEverySetting(name, [&](const Tables& t) { return gradientOf(t, kPanels); }), gradient, name + ": a weight packed before");
  Doubles inputs = toDoubles(h.hidden);
  inputs.insert(inputs.end(), h.weight.begin(), h.weight.end());
  inputs.insert(inputs.end(), h.bias.begin(), h.bias.end());
  const auto loss = [&](const Doubles& x) {
    const Scores s = oracle(h, Doubles(x.begin(), x.begin() + hiddenSize), Doubles(x.begin() + hiddenSize, x.begin() + hiddenSize + weightSize),
                            Doubles(x.end() - h.v, x.end()));
    double sum = 0;
    for (int i = 0; i < h.rows; i++) sum += s.logProbs[i] * h.dLogProbs[i];
    return sum;
  };
  Random random(40);
  for (int i = 0; i < 10; i++) {
    const size_t places[] = {static_cast<size_t>(random.below(static_cast<int>(hiddenSize))), hiddenSize + random.below(static_cast<int>(weightSize)),
                             hiddenSize + weightSize + random.below(h.v)};
    for (const size_t at : places) {
      if (at >= hiddenSize + weightSize && !h.biased) continue;
      const double expected = slope(loss, inputs, at);
      char text[100];
      std::snprintf(text, sizeof text, " at %zu: %.7g, differences say %.7g", at, gradient[at], expected);
      expect(std::fabs(expected - gradient[at]) < 1e-5 * std::fmax(1.0, std::fabs(expected)), name + text);
    }
  }
}

// The gradient does not depend on the batch except where it sums over it: dHidden of one row alone.
void longVocabulary() {
  const Head h = makeHead(3, 16, 5000, 1.0f, false);
  oneHead(h);
  gradients(h);
}

}  // namespace

void testHead() {
  oneHead(makeHead(5, 24, 27, 1.0f, false));
  oneHead(makeHead(250, 33, 700, 0.7f, true));
  oneHead(makeHead(13, 64, 9000, 1.0f, false));
  gradients(makeHead(6, 8, 27, 0.7f, true));
  gradients(makeHead(40, 20, 600, 1.3f, false));
  longVocabulary();
  // Soft caps that bend most logits (their deviation is about 3), that bend few, and with a scale; few rows and many, a tail of a block.
  oneHead(makeHead(5, 24, 27, 1.0f, false, 1 / 2.0f, 2));
  oneHead(makeHead(250, 33, 700, 0.7f, true, 0.25f / 1.5f, 1.5f));
  oneHead(makeHead(13, 64, 9000, 1.0f, false, 1 / 30.0f, 30));
  gradients(makeHead(6, 8, 27, 0.7f, true, 1 / 2.0f, 2));
  gradients(makeHead(40, 20, 600, 1.3f, false, 0.5f / 3.0f, 3));
  gradients(makeHead(3, 16, 5000, 1.0f, true, 1 / 30.0f, 30));
  // Rows beyond one segment: 2,100 rows equal the sum of a segment of 2,048 and one of 52.
  const Head h = makeHead(2100, 9, 30, 1.0f, false);
  const auto weightGradient = [&](const Tables& t, int row, int rows, int accumulate, Floats& dWeight) {
    const Floats forward = scores(t, h, row, rows);
    t.kernels.tokenLogProbsGrad(h.hidden.data() + static_cast<size_t>(row) * h.c, bytesOf(h.weight), h.targets.data() + row, nullptr, forward.data() + 2 * rows,
                                h.dLogProbs.data() + row, nullptr, dWeight.data(), nullptr, rows, h.c, h.v, 1, 1.0f, h.innerScale, h.cap, accumulate, kRows);
  };
  for (const Tables& t : allTables()) {
    Floats whole(h.weight.size()), parts(h.weight.size());
    weightGradient(t, 0, 2100, 0, whole);
    weightGradient(t, 0, 2048, 0, parts);
    weightGradient(t, 2048, 52, 1, parts);
    expectSameBits(whole, parts, "weight gradient in segments of 2048 rows");
  }
}

}  // namespace thinkwright::test
