// rmsNorm, rope, swiglu, geglu and row gathers against double loops; gradients against central differences of those loops.
#include <algorithm>
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

// [table, D]: D/2 cosines, then D/2 sines of the usual frequencies
Floats rotationTable(int table, int dimension) {
  Floats angles(table * dimension);
  const int half = dimension / 2;
  for (int p = 0; p < table; p++) {
    for (int d = 0; d < half; d++) {
      const double angle = p * std::pow(10000.0, -2.0 * d / dimension);
      angles[p * dimension + d] = static_cast<float>(std::cos(angle));
      angles[p * dimension + half + d] = static_cast<float>(std::sin(angle));
    }
  }
  return angles;
}

// The heads x [rows, width] begins with, turned; the rest copied.
Doubles ropeOracle(const Doubles& x, const Floats& angles, const std::vector<std::int32_t>& positions, int width, int dimension, int heads) {
  Doubles out = x;
  const int half = dimension / 2;
  for (size_t i = 0; i < positions.size(); i++) {
    for (int h = 0; h < heads; h++) {
      for (int d = 0; d < half; d++) {
        const size_t at = i * width + h * dimension + d;
        const double cosine = angles[positions[i] * dimension + d], sine = angles[positions[i] * dimension + half + d];
        out[at] = x[at] * cosine - x[at + half] * sine;
        out[at + half] = x[at + half] * cosine + x[at] * sine;
      }
    }
  }
  return out;
}

std::vector<std::int32_t> randomPositions(Random& random, int rows, int table) {
  std::vector<std::int32_t> positions(rows);
  for (auto& position : positions) position = random.below(table);
  return positions;
}

void rotary() {
  Random random(11);
  for (const int dimension : {2, 8, 12, 16, 64}) {
    const int rows = 40, heads = 3, width = 5 * dimension, table = 50;
    const Floats x = random.floats(rows * width), angles = rotationTable(table, dimension);
    const auto positions = randomPositions(random, rows, table);
    const auto rotate = [&](const Floats& from, int inverse, bool inPlace) {
      return onEverySetting("rope", [&](const Tables& t) {
        Floats out = inPlace ? from : Floats(from.size(), NAN);
        t.kernels.rope(inPlace ? out.data() : from.data(), angles.data(), positions.data(), nullptr, nullptr, out.data(), rows, width, dimension,
                       heads, 0, 0, inverse, table);
        return out;
      });
    };
    const Floats out = rotate(x, 0, false);
    expectClose(out, ropeOracle(toDoubles(x), angles, positions, width, dimension, heads), 2e-7, "rope");
    expectSameBits(rotate(x, 0, true), out, "rope in place");
    expectClose(rotate(out, 1, false), toDoubles(x), 3e-7, "rope and back");
  }
}

// Columns [from, from + count) of rows of `width`, and back.
Floats columnsOf(const Floats& x, int width, int from, int count) {
  Floats out;
  for (size_t at = from; at < x.size(); at += width) out.insert(out.end(), x.begin() + at, x.begin() + at + count);
  return out;
}

void putColumns(Floats& x, int width, int from, int count, const float* values) {
  for (size_t i = 0; i < x.size() / width; i++) std::copy_n(values + i * count, count, x.begin() + i * width + from);
}

void rotaryWithNorms() {
  Random random(14);
  for (const int dimension : {2, 12, 16, 128}) {
    const int rows = 70, queryHeads = 4, keyHeads = 2, heads = queryHeads + keyHeads, width = (heads + keyHeads) * dimension, table = 50;
    const Floats x = random.floats(rows * width), dOut = random.floats(rows * width), angles = rotationTable(table, dimension);
    const Floats norms[] = {random.floats(dimension, 0.5, 1.5), random.floats(dimension, 0.5, 1.5)};
    const auto positions = randomPositions(random, rows, table);
    const int begin[] = {0, queryHeads * dimension}, count[] = {queryHeads * dimension, keyHeads * dimension};
    const size_t size = x.size();

    // the two kernels one after the other
    const Tables first = allTables()[0];
    const auto rotate = [&](const Floats& from, int inverse) {
      Floats out(size, NAN);
      first.kernels.rope(from.data(), angles.data(), positions.data(), nullptr, nullptr, out.data(), rows, width, dimension, heads, 0, 0, inverse, table);
      return out;
    };
    Floats normalized = x, expectedGradient = rotate(dOut, 1), expectedWeights;
    for (const int part : {0, 1}) {
      const Floats values = columnsOf(x, width, begin[part], count[part]), dNormalized = columnsOf(expectedGradient, width, begin[part], count[part]);
      const int normRows = static_cast<int>(values.size()) / dimension;
      Floats out(values.size()), rstd(normRows), dx(values.size()), dWeight(dimension);
      first.kernels.rmsNorm(values.data(), norms[part].data(), out.data(), rstd.data(), normRows, dimension, 1e-6f);
      putColumns(normalized, width, begin[part], count[part], out.data());
      first.kernels.rmsNormGrad(values.data(), norms[part].data(), rstd.data(), dNormalized.data(), dx.data(), dWeight.data(), normRows, dimension, 0);
      putColumns(expectedGradient, width, begin[part], count[part], dx.data());
      expectedWeights.insert(expectedWeights.end(), dWeight.begin(), dWeight.end());
    }

    for (const bool inPlace : {false, true}) {
      const Floats out = onEverySetting("rope with norms", [&](const Tables& t) {
        Floats result = inPlace ? x : Floats(size, NAN);
        t.kernels.rope(inPlace ? result.data() : x.data(), angles.data(), positions.data(), norms[0].data(), norms[1].data(), result.data(), rows,
                       width, dimension, heads, queryHeads, 1e-6f, 0, table);
        return result;
      });
      expectSameBits(out, rotate(normalized, 0), "rope with norms equals rmsNorm, then rope");
    }
    const Floats gradient = onEverySetting("ropeNormGrad", [&](const Tables& t) {
      Floats result(size + 2 * dimension, NAN);
      t.kernels.ropeNormGrad(x.data(), angles.data(), positions.data(), norms[0].data(), norms[1].data(), dOut.data(), result.data(),
                             result.data() + size, result.data() + size + dimension, rows, width, dimension, heads, queryHeads, 1e-6f, table);
      return result;
    });
    expectSameBits(Floats(gradient.begin(), gradient.begin() + size), expectedGradient, "ropeNormGrad: dx of the two kernels");
    expectSameBits(Floats(gradient.begin() + size, gradient.end()), expectedWeights, "ropeNormGrad: weights of the two kernels");

    const auto oracle = [&](const Doubles& value, const Doubles& query, const Doubles& key) {
      Doubles scaled = value;
      for (int row = 0; row < rows; row++) {
        for (int head = 0; head < heads; head++) {
          const auto at = row * width + head * dimension;
          const Doubles one = rmsNormOracle(Doubles(value.begin() + at, value.begin() + at + dimension), head < queryHeads ? query : key, 1, dimension, 1e-6);
          std::copy(one.begin(), one.end(), scaled.begin() + at);
        }
      }
      return ropeOracle(scaled, angles, positions, width, dimension, heads);
    };
    const Doubles at = toDoubles(x), query = toDoubles(norms[0]), key = toDoubles(norms[1]);
    expectClose(rotate(normalized, 0), oracle(at, query, key), 1e-6, "rope with norms");
    for (int i = 0; i < 12; i++) {
      const size_t entry = random.below(static_cast<int>(size)), j = random.below(dimension);
      const double dx = slope([&](const Doubles& value) { return dot(oracle(value, query, key), dOut); }, at, entry);
      expect(std::fabs(dx - gradient[entry]) < 2e-4 * (dimension == 2 ? 50 : 1), "ropeNormGrad: dx");
      const double dQuery = slope([&](const Doubles& value) { return dot(oracle(at, value, key), dOut); }, query, j);
      expect(std::fabs(dQuery - gradient[size + j]) < 5e-5, "ropeNormGrad: query norm");
      const double dKey = slope([&](const Doubles& value) { return dot(oracle(at, query, value), dOut); }, key, j);
      expect(std::fabs(dKey - gradient[size + dimension + j]) < 5e-5, "ropeNormGrad: key norm");
    }
  }
}

using GatedUnit = void (*)(const float* gateUp, float* out, int rows, int f);
using GatedUnitGrad = void (*)(const float* gateUp, const float* dOut, float* dGateUp, int rows, int f);

void gatedUnit(const std::string& name, double (*activation)(double), GatedUnit Kernels::*unit, GatedUnitGrad Kernels::*gradientOf) {
  Random random(12);
  const int rows = 33, f = 27;
  const Floats x = random.floats(rows * 2 * f, -6, 6), dOut = random.floats(rows * f);
  const auto oracle = [&](const Doubles& value) {
    Doubles out(rows * f);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < f; j++) out[i * f + j] = activation(value[i * 2 * f + j]) * value[i * 2 * f + f + j];
    }
    return out;
  };
  expectClose(onEverySetting(name, [&](const Tables& t) {
                Floats out(rows * f, NAN);
                (t.kernels.*unit)(x.data(), out.data(), rows, f);
                return out;
              }), oracle(toDoubles(x)), 3e-7, name);
  const Floats gradient = onEverySetting(name + "Grad", [&](const Tables& t) {
    Floats out(x.size(), NAN);
    (t.kernels.*gradientOf)(x.data(), dOut.data(), out.data(), rows, f);
    return out;
  });
  for (int i = 0; i < 60; i++) {
    const size_t at = random.below(rows * 2 * f);
    expect(std::fabs(slope([&](const Doubles& value) { return dot(oracle(value), dOut); }, toDoubles(x), at) - gradient[at]) < 3e-6, name + "Grad");
  }
}

double silu(double z) { return z / (1 + std::exp(-z)); }
double gelu(double z) { return z / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (z + 0.044715 * z * z * z))); }

// Gates beyond any that a sound model has: gelu is 0 or the gate itself, its slope 0 or 1.
void hugeGates() {
  const Floats gates = {-1e38f, -1e20f, -50, 50, 1e20f, 1e38f}, dOut = {1};
  for (const float gate : gates) {
    const float gateUp[2] = {gate, 1};
    onEverySetting("geglu of huge gates", [&](const Tables& t) {
      Floats out(3, NAN);
      t.kernels.geglu(gateUp, out.data(), 1, 1);
      t.kernels.gegluGrad(gateUp, dOut.data(), out.data() + 1, 1, 1);
      expect(out[0] == (gate > 0 ? gate : 0), "geglu of huge gates");
      expect(out[1] == (gate > 0 ? 1 : 0) && out[2] == out[0], "gegluGrad of huge gates");
      return out;
    });
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
  rotaryWithNorms();
  gatedUnit("swiglu", silu, &Kernels::swiglu, &Kernels::swigluGrad);
  gatedUnit("geglu", gelu, &Kernels::geglu, &Kernels::gegluGrad);
  hugeGates();
  rowsByIndex();
}

}  // namespace thinkwright::test
