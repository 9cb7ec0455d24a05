// What distillation asks of the head: several targets a row, the likeliest tokens, the divergence of two heads. Against double and central
// differences; where a simpler kernel says the same, bit for bit; rows equal whatever the batch and the path.
#include <algorithm>
#include <numeric>

#include "check.h"

namespace thinkwright::test {
namespace {

constexpr int kRows = -1, kPanels = 0;  // what a weight is

struct OneHead {
  int c;
  Floats hidden, weight;
};

OneHead makeHead(Random& random, int rows, int c, int v) {
  return {c, random.floats(static_cast<size_t>(rows) * c, -2, 2), random.floats(static_cast<size_t>(v) * c)};
}

Floats panelsOf(const Tables& t, const OneHead& h, int v) {
  Floats panels(panelFloats(v, h.c));
  t.gemm.packForward(h.weight.data(), v, h.c, 0, v, panels.data());
  return panels;
}

// ---- several targets

struct Targets {
  int rows, v, count;
  float temperature;
  OneHead head;
  std::vector<std::int32_t> ids;
  Floats upstream;
};

Targets makeTargets(int rows, int c, int v, int count, float temperature) {
  Random random(50 + rows);
  Targets x{rows, v, count, temperature, makeHead(random, rows, c, v), std::vector<std::int32_t>(static_cast<size_t>(rows) * count), {}};
  for (auto& id : x.ids) id = random.below(v);
  if (count > 2) x.ids[1] = x.ids[0];  // twice the same
  x.upstream = random.floats(x.ids.size());
  return x;
}

// [log-probs | log-sum-exp] of rows from `row`
Floats logProbsOf(const Tables& t, const Targets& x, const std::int32_t* ids, int count, int row, int rows) {
  Floats out(static_cast<size_t>(rows) * (count + 1), NAN);
  t.kernels.tokenLogProbs(x.head.hidden.data() + static_cast<size_t>(row) * x.head.c, bytesOf(x.head.weight), ids, nullptr, out.data(), nullptr,
                          out.data() + static_cast<size_t>(rows) * count, rows, x.head.c, x.v, count, x.temperature, 1, 0, kRows);
  return out;
}

void severalTargets(const Targets& x) {
  const std::string name = std::to_string(x.count) + " targets of " + std::to_string(x.rows) + " rows";
  const Floats all = onEverySetting(name, [&](const Tables& t) { return logProbsOf(t, x, x.ids.data(), x.count, 0, x.rows); });
  for (int k = 0; k < x.count; k += 3) {  // each has the bits it has alone
    std::vector<std::int32_t> own;
    Floats expected;
    for (int i = 0; i < x.rows; i++) own.push_back(x.ids[static_cast<size_t>(i) * x.count + k]), expected.push_back(all[static_cast<size_t>(i) * x.count + k]);
    Floats alone = logProbsOf(allTables()[0], x, own.data(), 1, 0, x.rows);
    alone.resize(x.rows);
    expectSameBits(alone, expected, name + ": a target alone");
  }
  const size_t hiddenSize = x.head.hidden.size();
  const Floats gradient = onEverySetting(name + ", gradient", [&](const Tables& t) {
    Floats out(hiddenSize + x.head.weight.size(), NAN);
    t.kernels.tokenLogProbsGrad(x.head.hidden.data(), bytesOf(x.head.weight), x.ids.data(), nullptr, all.data() + x.ids.size(), x.upstream.data(), out.data(),
                                out.data() + hiddenSize, nullptr, x.rows, x.head.c, x.v, x.count, x.temperature, 1, 0, 0, kRows);
    return out;
  });
  Doubles inputs = toDoubles(x.head.hidden);
  inputs.insert(inputs.end(), x.head.weight.begin(), x.head.weight.end());
  const auto loss = [&](const Doubles& at) {
    double total = 0;
    Doubles logits(x.v);
    for (int i = 0; i < x.rows; i++) {
      double sum = 0;
      for (int j = 0; j < x.v; j++) {
        logits[j] = 0;
        for (int k = 0; k < x.head.c; k++) logits[j] += at[static_cast<size_t>(i) * x.head.c + k] * at[hiddenSize + static_cast<size_t>(j) * x.head.c + k];
        sum += std::exp(logits[j] /= x.temperature);
      }
      for (int k = 0; k < x.count; k++) {
        const size_t place = static_cast<size_t>(i) * x.count + k;
        total += x.upstream[place] * (logits[x.ids[place]] - std::log(sum));
      }
    }
    return total;
  };
  Random random(51);
  for (int i = 0; i < 20; i++) {
    const size_t at = i < 10 ? random.below(static_cast<int>(hiddenSize)) : hiddenSize + random.below(static_cast<int>(x.head.weight.size()));
    const double expected = slope(loss, inputs, at);
    char text[100];
    std::snprintf(text, sizeof text, " at %zu: %.7g, differences say %.7g", at, gradient[at], expected);
    expect(std::fabs(expected - gradient[at]) < 1e-5 * std::fmax(1.0, std::fabs(expected)), name + text);
  }
}

// ---- the likeliest tokens, against a stable sort of the log-probs of all tokens

void topTokens(int rows, int c, int v, int k, float temperature) {
  Targets x = makeTargets(rows, c, v, 1, temperature);
  for (int j = 1; j < v; j += 2) std::copy_n(x.head.weight.begin() + (j - 1) * c, c, x.head.weight.begin() + j * c);  // equal in pairs
  const std::string name = std::to_string(k) + " likeliest of " + std::to_string(v) + ", " + std::to_string(rows) + " rows";
  std::vector<std::int32_t> every(static_cast<size_t>(rows) * v);
  for (size_t i = 0; i < every.size(); i++) every[i] = static_cast<std::int32_t>(i % v);
  const Floats all = logProbsOf(allTables()[0], x, every.data(), v, 0, rows);
  Floats expectedIds, expected;
  for (int i = 0; i < rows; i++) {
    const float* own = all.data() + static_cast<size_t>(i) * v;
    std::vector<int> order(v);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return own[a] > own[b]; });
    for (int j = 0; j < k; j++) expectedIds.push_back(static_cast<float>(order[j])), expected.push_back(own[order[j]]);
  }
  const auto run = [&](const Tables& t, int row, int count, int type) {
    const Floats weight = type == kPanels ? panelsOf(t, x.head, v) : x.head.weight;
    std::vector<std::int32_t> ids(static_cast<size_t>(count) * k);
    Floats logProbs(ids.size(), NAN);
    t.kernels.topTokenLogProbs(x.head.hidden.data() + static_cast<size_t>(row) * c, bytesOf(weight), nullptr, ids.data(), logProbs.data(), count, c, v, k, temperature, 1, 0, type);
    Floats out(ids.begin(), ids.end());
    out.insert(out.end(), logProbs.begin(), logProbs.end());
    return out;
  };
  Floats whole = expectedIds;
  whole.insert(whole.end(), expected.begin(), expected.end());
  expectSameBits(onEverySetting(name, [&](const Tables& t) { return run(t, 0, rows, kRows); }), whole, name);
  expectSameBits(onEverySetting(name + " of panels", [&](const Tables& t) { return run(t, 0, rows, kPanels); }), whole, name + " of panels");
  const long last = (rows - 1L) * k;
  Floats lastRow(expectedIds.begin() + last, expectedIds.end());
  lastRow.insert(lastRow.end(), expected.begin() + last, expected.end());
  expectSameBits(run(allTables()[0], rows - 1, 1, kRows), lastRow, name + ": a row alone");
}

// ---- divergence

struct Heads {
  int rows, v;
  float temperature, beta;
  OneHead student, teacher;
  std::vector<std::int32_t> targets;
  Floats upstream;
};

// near: the teacher is the student but for so much of each hidden state
Heads makeHeads(int rows, int c, int teacherC, int v, float temperature, float beta, float near = 0) {
  Random random(70 + rows);
  const OneHead student = makeHead(random, rows, c, v);
  OneHead teacher = makeHead(random, rows, teacherC, v);
  if (near != 0) {
    teacher = student;
    for (float& x : teacher.hidden) x += near * random.uniform();
  }
  Heads h{rows, v, temperature, beta, student, teacher, std::vector<std::int32_t>(rows), random.floats(rows)};
  for (auto& target : h.targets) target = random.below(v);
  return h;
}

// Log-probs of a row in double.
Doubles logSoftmax(const double* hidden, const double* weight, int c, int v, double temperature) {
  Doubles logits(v);
  double largest = -1e300, sum = 0;
  for (int j = 0; j < v; j++) {
    for (int k = 0; k < c; k++) logits[j] += hidden[k] * weight[static_cast<size_t>(j) * c + k];
    largest = std::fmax(largest, logits[j] /= temperature);
  }
  for (const double x : logits) sum += std::exp(x - largest);
  for (double& x : logits) x -= largest + std::log(sum);
  return logits;
}

struct Divergences {
  Doubles divergence, gradient;  // [rows]; [rows, v] by the student's logits
};

Divergences oracle(const Heads& h, const Doubles& hidden, const Doubles& weight) {
  Divergences result;
  const Doubles teacherHidden = toDoubles(h.teacher.hidden), teacherWeight = toDoubles(h.teacher.weight);
  const double beta = h.beta;
  for (int i = 0; i < h.rows; i++) {
    const Doubles s = logSoftmax(hidden.data() + static_cast<size_t>(i) * h.student.c, weight.data(), h.student.c, h.v, h.temperature);
    const Doubles t = logSoftmax(teacherHidden.data() + static_cast<size_t>(i) * h.teacher.c, teacherWeight.data(), h.teacher.c, h.v, h.temperature);
    double sum = 0, mean = 0;
    Doubles slopes(h.v);
    for (int j = 0; j < h.v; j++) {
      const double m = beta == 0 ? s[j] : beta == 1 ? t[j] : std::log(beta * std::exp(t[j]) + (1 - beta) * std::exp(s[j]));
      const double toTeacher = beta == 0 ? 1 : beta == 1 ? 0 : beta;
      sum += toTeacher * std::exp(t[j]) * (t[j] - m) + (1 - toTeacher) * std::exp(s[j]) * (s[j] - m);
      slopes[j] = (1 - toTeacher) * (s[j] - m);
      mean += std::exp(s[j]) * slopes[j];
    }
    result.divergence.push_back(sum);
    for (int j = 0; j < h.v; j++)
      result.gradient.push_back((beta == 0 ? std::exp(s[j]) - std::exp(t[j]) : std::exp(s[j]) * (slopes[j] - mean)) / h.temperature * h.upstream[i]);
  }
  return result;
}

struct Scored {
  Floats out;      // [divergence | log-probs | entropy] of the rows
  Floats numbers;  // for the gradient
};

Scored score(const Tables& t, const Heads& h, int row, int rows, int teacherType = kRows) {
  const Floats teacherWeight = teacherType == kPanels ? panelsOf(t, h.teacher, h.v) : h.teacher.weight;
  Scored s{Floats(3 * static_cast<size_t>(rows), NAN), Floats(6 * static_cast<size_t>(rows), NAN)};
  t.kernels.headDivergence(h.student.hidden.data() + static_cast<size_t>(row) * h.student.c, bytesOf(h.student.weight),
                           h.teacher.hidden.data() + static_cast<size_t>(row) * h.teacher.c, bytesOf(teacherWeight), h.targets.data() + row, s.out.data(),
                           s.out.data() + rows, s.out.data() + 2 * rows, s.numbers.data(), rows, h.student.c, h.teacher.c, h.v, h.temperature, h.beta, kRows, teacherType);
  return s;
}

void gradient(const Tables& t, const Heads& h, const Floats& numbers, int row, int rows, int accumulate, int teacherType, float* dHidden, float* dWeight) {
  const Floats teacherWeight = teacherType == kPanels ? panelsOf(t, h.teacher, h.v) : h.teacher.weight;
  t.kernels.headDivergenceGrad(h.student.hidden.data() + static_cast<size_t>(row) * h.student.c, bytesOf(h.student.weight),
                               h.teacher.hidden.data() + static_cast<size_t>(row) * h.teacher.c, bytesOf(teacherWeight), numbers.data(), h.upstream.data() + row,
                               dHidden, dWeight, rows, h.student.c, h.teacher.c, h.v, h.temperature, h.beta, accumulate, kRows, teacherType);
}

void divergence(const Heads& h, double tolerance, double gradientTolerance) {
  char name[100];
  std::snprintf(name, sizeof name, "headDivergence [%d, %d and %d], V %d, T %.2g, beta %.2g", h.rows, h.student.c, h.teacher.c, h.v, h.temperature, h.beta);
  Floats numbers;
  const Floats out = onEverySetting(name, [&](const Tables& t) { return score(t, h, 0, h.rows).out; });
  expectSameBits(onEverySetting(name, [&](const Tables& t) { return score(t, h, 0, h.rows, kPanels).out; }), out, std::string(name) + ": a teacher packed before");
  numbers = onEverySetting(name, [&](const Tables& t) { return score(t, h, 0, h.rows).numbers; });
  const Divergences expected = oracle(h, toDoubles(h.student.hidden), toDoubles(h.student.weight));
  expectClose(Floats(out.begin(), out.begin() + h.rows), expected.divergence, tolerance, name);
  // What comes along has the bits of the kernel that gives nothing else.
  Floats plain(2 * static_cast<size_t>(h.rows));
  allTables()[0].kernels.tokenLogProbs(h.student.hidden.data(), bytesOf(h.student.weight), h.targets.data(), nullptr, plain.data(), plain.data() + h.rows, nullptr, h.rows,
                                       h.student.c, h.v, 1, 1, 1, 0, kRows);
  expectSameBits(Floats(out.begin() + h.rows, out.end()), plain, std::string(name) + ": log-probs and entropy");
  for (const int row : {0, h.rows - 1}) {
    const Floats alone = onEverySetting(name, [&](const Tables& t) { return score(t, h, row, 1).out; });
    expectSameBits(alone, {out[row], out[h.rows + row], out[2 * h.rows + row]}, std::string(name) + ": a row alone");
  }
  const size_t hiddenSize = h.student.hidden.size();
  const auto grad = [&](int teacherType) {
    return onEverySetting(std::string(name) + " gradient", [&](const Tables& t) {
      Floats both(hiddenSize + h.student.weight.size(), NAN);
      gradient(t, h, numbers, 0, h.rows, 0, teacherType, both.data(), both.data() + hiddenSize);
      return both;
    });
  };
  const Floats found = grad(kRows);
  expectSameBits(grad(kPanels), found, std::string(name) + " gradient: a teacher packed before");
  Doubles dHidden(hiddenSize), dWeight(h.student.weight.size());
  for (int i = 0; i < h.rows; i++) {
    for (int j = 0; j < h.v; j++) {
      const double upstream = expected.gradient[static_cast<size_t>(i) * h.v + j];
      for (int k = 0; k < h.student.c; k++) {
        dHidden[static_cast<size_t>(i) * h.student.c + k] += upstream * h.student.weight[static_cast<size_t>(j) * h.student.c + k];
        dWeight[static_cast<size_t>(j) * h.student.c + k] += upstream * h.student.hidden[static_cast<size_t>(i) * h.student.c + k];
      }
    }
  }
  expectClose(Floats(found.begin(), found.begin() + hiddenSize), dHidden, gradientTolerance, std::string(name) + " gradient of hidden states");
  expectClose(Floats(found.begin() + hiddenSize, found.end()), dWeight, gradientTolerance, std::string(name) + " gradient of the weight");
  for (int row : {0, h.rows - 1}) {
    Floats alone(h.student.c);
    const size_t at = static_cast<size_t>(row) * h.student.c;
    gradient(allTables()[0], h, Floats(numbers.begin() + 6 * row, numbers.begin() + 6 * (row + 1)), row, 1, 0, kRows, alone.data(), nullptr);
    expectSameBits(alone, Floats(found.begin() + at, found.begin() + at + h.student.c), std::string(name) + " gradient of a row alone");
  }
}

// The oracle's own gradient, by which the kernel's is judged, against differences of the oracle's divergence.
void oracleSlopes(float beta) {
  const Heads h = makeHeads(3, 5, 4, 11, 0.7f, beta);
  const Doubles weight = toDoubles(h.student.weight), hidden = toDoubles(h.student.hidden);
  const Doubles claimed = oracle(h, hidden, weight).gradient;
  for (const size_t at : {0, 6, 14}) {
    const size_t row = at / h.student.c, k = at % h.student.c;
    double expected = 0;
    for (int j = 0; j < h.v; j++) expected += claimed[row * h.v + j] * weight[static_cast<size_t>(j) * h.student.c + k];
    const double found = slope([&](const Doubles& x) { return oracle(h, x, weight).divergence[row] * h.upstream[row]; }, hidden, at);
    expect(std::fabs(found - expected) < 1e-8, "the oracle's gradient of the divergence");
  }
}

// The same two heads agree: divergence and gradient are exactly 0.
void sameHeads(float beta) {
  Heads h = makeHeads(9, 12, 12, 700, 0.8f, beta);
  h.teacher = h.student;
  const Scored s = score(allTables()[0], h, 0, h.rows);
  Floats dHidden(h.student.hidden.size(), NAN);
  gradient(allTables()[0], h, s.numbers, 0, h.rows, 0, kRows, dHidden.data(), nullptr);
  for (int i = 0; i < h.rows; i++) expect(s.out[i] == 0, "the divergence of a head from itself");
  for (const float x : dHidden) expect(x == 0, "the gradient where heads agree");
}

}  // namespace

void testDistillation() {
  severalTargets(makeTargets(6, 8, 27, 4, 0.7f));
  severalTargets(makeTargets(250, 9, 700, 7, 1.0f));
  topTokens(5, 8, 27, 1, 1);
  topTokens(5, 8, 27, 27, 0.7f);
  topTokens(250, 9, 700, 64, 1);
  topTokens(3, 9, 9000, 40, 1.3f);
  for (const float beta : {0.0f, 1.0f, 0.5f, 0.9f}) {
    oracleSlopes(beta);
    sameHeads(beta);
    // These heads have little in common: most g are log(1 - beta) and rounded there, though but their differences count.
    const double gradientTolerance = beta == 0.9f ? 4e-6 : 2e-6;
    divergence(makeHeads(5, 24, 10, 27, 0.7f, beta), 1e-6, gradientTolerance);
    divergence(makeHeads(250, 33, 17, 700, 1.0f, beta), 1e-6, gradientTolerance);
    divergence(makeHeads(3, 16, 32, 5000, 0.9f, beta), 1e-6, gradientTolerance);
    // Logits that differ by some 1e-3, and are themselves rounded by 1e-7 of their size.
    divergence(makeHeads(6, 24, 24, 700, 0.9f, beta, 1e-3f), 1e-3, 1e-3);
  }
  // Rows beyond one segment: 2,100 rows equal the sum of a segment of 2,048 and one of 52.
  const Heads h = makeHeads(2100, 9, 7, 30, 1.1f, 0.3f);
  for (const Tables& t : allTables()) {
    const Floats numbers = score(t, h, 0, 2100).numbers;
    const Floats rest(numbers.begin() + 6 * 2048, numbers.end());
    Floats whole(h.student.weight.size()), parts(h.student.weight.size());
    gradient(t, h, numbers, 0, 2100, 0, kRows, nullptr, whole.data());
    gradient(t, h, numbers, 0, 2048, 0, kRows, nullptr, parts.data());
    gradient(t, h, rest, 2048, 52, 1, kRows, nullptr, parts.data());
    expectSameBits(whole, parts, "weight gradient of the divergence in segments of 2048 rows");
  }
}

}  // namespace thinkwright::test
