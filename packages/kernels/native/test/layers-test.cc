// rmsNorm, rope, swiglu and row gathers against double loops; gradients against central differences of those loops.
#include <set>

#include "check.h"

namespace thinkwright::test {
namespace {

Doubles rmsNormOracle(const Doubles& x, const Doubles& weight, int rows, int c, double epsilon) {
  Doubles out(x.size());
  for (int i = 0; i < rows; i++) {
    double sum = 0;
    for (int j = 0; j < c; j++) sum += x[i * c + j] * x[i * c + j];
    for (int j = 0; j < c; j++) out[i * c + j] = x[i * c + j] / std::sqrt(sum / c + epsilon) * weight[j];
  }
  return out;
}

double dot(const Doubles& a, const Floats& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += a[i] * b[i];
  return sum;
}

void norm() {
  Random random(10);
  for (const int c : {1, 5, 8, 27, 128, 576}) {
    const int rows = 70;
    const Floats x = random.floats(rows * c), weight = random.floats(c), dOut = random.floats(rows * c);
    const Floats out = onEverySetting("rmsNorm", [&](const Tables& t) {
      Floats result(x.size() + rows, NAN);
      t.kernels.rmsNorm(x.data(), weight.data(), result.data(), result.data() + x.size(), rows, c, 1e-5f);
      return result;
    });
    expectClose(Floats(out.begin(), out.begin() + rows * c), rmsNormOracle(toDoubles(x), toDoubles(weight), rows, c, 1e-5f), 1e-6, "rmsNorm");
    const Floats rstd(out.end() - rows, out.end());
    for (const Tables& t : allTables()) {  // a row alone has the bits of the row in the batch
      Floats alone(c, NAN);
      t.kernels.rmsNorm(x.data() + 13 * c, weight.data(), alone.data(), nullptr, 1, c, 1e-5f);
      expectSameBits(alone, Floats(out.begin() + 13 * c, out.begin() + 14 * c), "rmsNorm of one row");
    }
    const Floats gradient = onEverySetting("rmsNormGrad", [&](const Tables& t) {
      Floats result(x.size() + c, NAN);
      t.kernels.rmsNormGrad(x.data(), weight.data(), rstd.data(), dOut.data(), result.data(), result.data() + x.size(), rows, c, 0);
      return result;
    });
    const auto lossOfX = [&](const Doubles& value) { return dot(rmsNormOracle(value, toDoubles(weight), rows, c, 1e-5f), dOut); };
    const auto lossOfWeight = [&](const Doubles& value) { return dot(rmsNormOracle(toDoubles(x), value, rows, c, 1e-5f), dOut); };
    for (int i = 0; i < 12; i++) {
      const size_t at = random.below(rows * c), j = random.below(c);
      expect(std::fabs(slope(lossOfX, toDoubles(x), at) - gradient[at]) < 2e-4 * (c == 1 ? 50 : 1), "rmsNormGrad: dx");
      expect(std::fabs(slope(lossOfWeight, toDoubles(weight), j) - gradient[x.size() + j]) < 2e-5, "rmsNormGrad: dWeight");
    }
  }
}

void rotary() {
  Random random(11);
  for (const int dimension : {2, 8, 12, 16, 64}) {
    const int rows = 40, heads = 3, width = 5 * dimension, table = 50, half = dimension / 2;
    const Floats x = random.floats(rows * width);
    Floats angles = random.floats(table * dimension);
    for (int p = 0; p < table; p++) {
      for (int d = 0; d < half; d++) {
        const double angle = p * std::pow(10000.0, -2.0 * d / dimension);
        angles[p * dimension + d] = static_cast<float>(std::cos(angle));
        angles[p * dimension + half + d] = static_cast<float>(std::sin(angle));
      }
    }
    std::vector<std::int32_t> positions(rows);
    for (auto& position : positions) position = random.below(table);
    Doubles expected = toDoubles(x);
    for (int i = 0; i < rows; i++) {
      for (int h = 0; h < heads; h++) {
        for (int d = 0; d < half; d++) {
          const double a = x[i * width + h * dimension + d], b = x[i * width + h * dimension + half + d];
          const double cosine = angles[positions[i] * dimension + d], sine = angles[positions[i] * dimension + half + d];
          expected[i * width + h * dimension + d] = a * cosine - b * sine;
          expected[i * width + h * dimension + half + d] = b * cosine + a * sine;
        }
      }
    }
    const auto rotate = [&](const Floats& from, int inverse, bool inPlace) {
      return onEverySetting("rope", [&](const Tables& t) {
        Floats out = inPlace ? from : Floats(from.size(), NAN);
        t.kernels.rope(inPlace ? out.data() : from.data(), angles.data(), positions.data(), out.data(), rows, width, dimension, heads, inverse, table);
        return out;
      });
    };
    const Floats out = rotate(x, 0, false);
    expectClose(out, expected, 2e-7, "rope");
    expectSameBits(rotate(x, 0, true), out, "rope in place");
    expectClose(rotate(out, 1, false), toDoubles(x), 3e-7, "rope and back");
  }
}

void gatedUnit() {
  Random random(12);
  const int rows = 33, f = 27;
  const Floats x = random.floats(rows * 2 * f, -6, 6), dOut = random.floats(rows * f);
  const auto oracle = [&](const Doubles& value) {
    Doubles out(rows * f);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < f; j++) out[i * f + j] = value[i * 2 * f + j] / (1 + std::exp(-value[i * 2 * f + j])) * value[i * 2 * f + f + j];
    }
    return out;
  };
  expectClose(onEverySetting("swiglu", [&](const Tables& t) {
                Floats out(rows * f, NAN);
                t.kernels.swiglu(x.data(), out.data(), rows, f);
                return out;
              }), oracle(toDoubles(x)), 3e-7, "swiglu");
  const Floats gradient = onEverySetting("swigluGrad", [&](const Tables& t) {
    Floats out(x.size(), NAN);
    t.kernels.swigluGrad(x.data(), dOut.data(), out.data(), rows, f);
    return out;
  });
  for (int i = 0; i < 60; i++) {
    const size_t at = random.below(rows * 2 * f);
    expect(std::fabs(slope([&](const Doubles& value) { return dot(oracle(value), dOut); }, toDoubles(x), at) - gradient[at]) < 3e-6, "swigluGrad");
  }
}

void rowsByIndex() {
  Random random(13);
  const int count = 600, sourceRows = 41, c = 70;
  const Floats source = random.floats(sourceRows * c), values = random.floats(count * c), start = random.floats(sourceRows * c);
  std::vector<std::int32_t> ids(count);
  for (auto& id : ids) id = random.below(sourceRows);
  Floats gathered, sums(start.size()), scattered = start;
  for (int i = 0; i < count; i++) {
    gathered.insert(gathered.end(), source.begin() + ids[i] * c, source.begin() + (ids[i] + 1) * c);
    for (int j = 0; j < c; j++) sums[ids[i] * c + j] += values[i * c + j];
  }
  for (const int id : std::set<int>(ids.begin(), ids.end())) {
    for (int j = id * c; j < (id + 1) * c; j++) scattered[j] += sums[j];
  }
  expectSameBits(onEverySetting("gatherRows", [&](const Tables& t) {
                   Floats out(count * c, NAN);
                   t.kernels.gatherRows(source.data(), ids.data(), out.data(), count, c, sourceRows);
                   return out;
                 }), gathered, "gatherRows");
  expectSameBits(onEverySetting("scatterAddRows", [&](const Tables& t) {
                   Floats out(start.size(), NAN);
                   t.kernels.scatterAddRows(values.data(), ids.data(), out.data(), count, c, sourceRows, 0);
                   return out;
                 }), sums, "scatterAddRows in ascending order");
  expectSameBits(onEverySetting("scatterAddRows into a sum", [&](const Tables& t) {
                   Floats out = start;
                   t.kernels.scatterAddRows(values.data(), ids.data(), out.data(), count, c, sourceRows, 1);
                   return out;
                 }), scattered, "scatterAddRows into a sum");
  const std::int32_t wild[] = {-5, 1 << 30, -2147483647 - 1};
  Floats out(3 * c);
  allTables()[0].kernels.gatherRows(source.data(), wild, out.data(), 3, c, sourceRows);
  expect(out[c] == source[(sourceRows - 1) * c] && out[0] == source[0], "indices out of range read the nearest row");
}

}  // namespace

void testLayers() {
  norm();
  rotary();
  gatedUnit();
  rowsByIndex();
}

}  // namespace thinkwright::test
