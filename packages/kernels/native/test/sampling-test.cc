// Sampling: Philox against Random123's known answers, filters against a plain implementation of their definitions, draws against the
// probabilities they stand for.
#include <algorithm>
#include <numeric>

#include "check.h"
#include "kernels/philox.h"

namespace thinkwright::test {
namespace {

struct Filters {
  float temperature;
  int topK;
  float topP, minP;
};

// Probabilities after temperature, top-k, top-p, min-p, in double, as transformers defines them.
Doubles filtered(const Floats& logits, const Filters& f) {
  Doubles x = toDoubles(logits);
  const auto softmax = [&] {
    Doubles p(x.size());
    const double largest = *std::max_element(x.begin(), x.end());
    double total = 0;
    for (size_t i = 0; i < x.size(); i++) total += p[i] = std::exp(x[i] - largest);
    for (double& value : p) value /= total;
    return p;
  };
  for (double& value : x) value /= f.temperature;
  if (f.topK > 0 && f.topK < static_cast<int>(x.size())) {
    Doubles sorted = x;
    std::sort(sorted.rbegin(), sorted.rend());
    for (double& value : x) value = value < sorted[f.topK - 1] ? -INFINITY : value;
  }
  if (f.topP < 1) {
    const Doubles p = softmax();
    std::vector<int> order(x.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return x[a] < x[b]; });
    double sum = 0;
    for (size_t i = 0; i + 1 < order.size(); i++) {
      sum += p[order[i]];
      if (sum <= 1 - static_cast<double>(f.topP)) x[order[i]] = -INFINITY;
    }
  }
  if (f.minP > 0) {
    const Doubles p = softmax();
    const double least = f.minP * *std::max_element(p.begin(), p.end());
    for (size_t i = 0; i < x.size(); i++) x[i] = p[i] < least ? -INFINITY : x[i];
  }
  return softmax();
}

void knownAnswers() {
  const struct {
    std::uint32_t key[2], counter[4], words[4];
  } vectors[] = {  // kat_vectors of Random123 1.14, philox 4x32 10
      {{0, 0}, {0, 0, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const auto& v : vectors) {
    const PhiloxWords words = philox(v.key[0], v.key[1], v.counter[0], v.counter[1], v.counter[2], v.counter[3]);
    for (int i = 0; i < 4; i++) expect(words.word[i] == v.words[i], "Philox4x32-10 known answer");
  }
}

void filters() {
  Random random(50);
  const int v = 203, rows = 400;
  const Floats row = random.floats(v, -4, 4);
  Floats logits;
  for (int i = 0; i < rows; i++) logits.insert(logits.end(), row.begin(), row.end());
  std::vector<std::int32_t> keys(rows, 99), positions(rows), seeds(rows, 7);
  std::iota(positions.begin(), positions.end(), 0);
  const Filters all[] = {{1, 0, 1, 0}, {0.6f, 0, 1, 0}, {1.7f, 5, 1, 0}, {1, 0, 0.9f, 0}, {1, 0, 0.3f, 0}, {1, 0, 0.01f, 0}, {1, 0, 1, 0.05f}, {0.8f, 10, 0.9f, 0.1f}, {1, 1, 1, 0}};
  for (const Filters& f : all) {
    Floats settings;
    for (int i = 0; i < rows; i++) settings.insert(settings.end(), {f.temperature, static_cast<float>(f.topK), f.topP, f.minP, 1, 0, 0});
    const Doubles p = filtered(row, f);
    std::vector<std::int32_t> ids(rows);
    const Floats logProbs = onEverySetting("sampleTokens", [&](const Tables& t) {
      Floats out(rows, NAN);
      t.kernels.sampleTokens(logits.data(), settings.data(), seeds.data(), keys.data(), positions.data(), nullptr, nullptr, ids.data(), out.data(), rows, v, 0);
      for (const int id : ids) out.push_back(static_cast<float>(id));
      return out;
    });
    for (int i = 0; i < rows; i++) {
      const int id = static_cast<int>(logProbs[rows + i]);
      expect(p[id] > 0, "a removed token is never drawn");
      expect(std::fabs(logProbs[i] - std::log(p[id])) < 3e-6, "log-prob of the distribution sampled from");
      const PhiloxWords words = philox(7, 0, 99, static_cast<std::uint32_t>(i), 0, 0);
      double below = 0;
      for (int j = 0; j < id; j++) below += p[j];
      const double u = words.uniform();
      expect(u > below - 1e-6 && u < below + p[id] + 1e-6, "inverse CDF over ascending ids");
    }
  }
}

void greedyAndOdd() {
  for (const Tables& t : allTables()) {
    const Floats logits = {1, 3, 3, 2, NAN, -INFINITY, 0, 0, 0, 3};
    const std::int32_t seeds[] = {1}, keys[] = {1}, positions[] = {2};
    std::int32_t id = -1;
    float logProb = 0;
    const auto sample = [&](const Floats& from, const Floats& settings, int v) {
      t.kernels.sampleTokens(from.data(), settings.data(), seeds, keys, positions, nullptr, nullptr, &id, &logProb, 1, v, 0);
    };
    sample(logits, {0, 0, 1, 0, 1, 0, 0}, 10);
    expect(id == 1, "greedy takes the first maximum");
    const Floats allNan(10, NAN);
    sample(allNan, {1, 3, 0.5f, 0.1f, 1, 0, 0}, 10);
    expect(id >= 0 && id < 10 && logProb != logProb, "NaN logits give a NaN log-prob, not a wild id");
    t.kernels.argMax(logits.data(), &id, 1, 4);
    expect(id == 1, "argMax");
    const Floats one = {-3};
    sample(one, {0.5f, 5, 0.5f, 0.1f, 1, 0, 0}, 1);
    expect(id == 0 && logProb == 0, "a vocabulary of one");
  }
}

// Greedy over two rows of flat logits: what was counted is avoided, by as much as the definitions say, and counted again.
void penalties() {
  for (const Tables& t : allTables()) {
    const int v = 11;
    const std::int32_t prompt[] = {4, 4, 1}, seeds[] = {1, 1}, keys[] = {0, 0}, positions[] = {0, 0}, slots[] = {2, 0};
    std::vector<std::int32_t> counts(3 * v, 77), ids(2);
    Floats logProbs(2), logits(2 * v, 1);
    t.kernels.startCounts(counts.data(), prompt, 2, 3, v);
    t.kernels.startCounts(counts.data(), prompt, 0, 0, v);
    expect(counts[2 * v + 4] == 1 && counts[2 * v + 1] == 1 && counts[2 * v] == 0 && counts[0] == 0 && counts[v] == 77, "counts of one slot start anew");
    const Floats settings = {0, 0, 1, 0, 2, 0.25f, 0.5f, 0, 0, 1, 0, 1, 0, 0};
    for (int step = 0; step < 3; step++) {
      logits[1] = 8, logits[4] = 3;
      t.kernels.sampleTokens(logits.data(), settings.data(), seeds, keys, positions, slots, counts.data(), ids.data(), logProbs.data(), 2, v, 3);
      // id 1: (8 / 2) - 0.25 n - 0.5 stays the largest
      const double own = step == 0 ? 4 : 3.5 - 0.25 * step;
      const double sum = std::exp(own) + std::exp(1.5) + 9 * std::exp(1.0);
      expect(ids[0] == 1 && std::fabs(logProbs[0] - (own - std::log(sum))) < 2e-6, "penalised log-prob");
      expect(counts[2 * v + 1] == 1 + 2 * (step + 1), "the sampled id is counted");
    }
    expect(counts[1] == 0, "a row without penalties counts nothing");
  }
}

}  // namespace

void testSampling() {
  knownAnswers();
  penalties();
  filters();
  greedyAndOdd();
}

}  // namespace thinkwright::test
