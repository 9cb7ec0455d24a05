// What comes before and after a product in the same launch (gemm/prologue.h, epilogue.h): bit for bit the norm's kernel, the product, then
// plain loops over its output. For plain and stored weights, exact and in the other numerics, few rows and many, columns that end inside
// a panel.
#include <cmath>

#include "check.h"
#include "gemm/stored-formats.h"

namespace thinkwright::test {

namespace {

constexpr int kDepth = 608;  // more than a slice of the largest tiling
constexpr int kPlain = kStoredFloat32;
constexpr float kEpsilon = 1e-5f;

struct Case {
  int type, m, n0, n1;
  int total() const { return n0 + n1; }
};

// Two weights side by side: plain panels together, stored ones each for itself.
struct Weights {
  Floats plain;
  std::vector<std::uint8_t> stored[2];

  Weights(const Tables& t, const Case& c, const Floats& values) {
    if (c.type == kPlain) {
      plain.resize(panelFloats(c.total(), kDepth));
      t.gemm.packForward(values.data(), c.total(), kDepth, 0, c.total(), plain.data());
      return;
    }
    for (int i = 0; i < 2; i++) {
      const int n = i == 0 ? c.n0 : c.n1;
      const Floats own(values.begin() + static_cast<long>(i == 0 ? 0 : c.n0) * kDepth, values.begin() + static_cast<long>(i == 0 ? c.n0 : c.total()) * kDepth);
      std::vector<std::uint8_t> raw(own.size() * 4);
      t.gemm.storedQuantise(own.data(), raw.data(), c.type % kStoredTypes, static_cast<std::int64_t>(own.size()));
      stored[i].resize(static_cast<size_t>(panelCount(n)) * storedPanelBytes(c.type, kDepth) + 64);
      t.gemm.storedPack(raw.data(), stored[i].data(), c.type % kStoredTypes, n, kDepth);
    }
  }

  void multiply(const Tables& t, const Case& c, const Floats& x, Floats& y, const float* bias, const float* addend, float* gated,
                const float* norm = nullptr, float* inverse = nullptr) const {
    if (c.type == kPlain) return t.gemm.gemm(c.m, c.total(), kDepth, x.data(), 0, kDepth, plain.data(), y.data(), 0, c.total(), 0, bias, addend, gated, norm, inverse, kEpsilon);
    t.gemm.storedGemm(c.m, kDepth, x.data(), kDepth, y.data(), c.total(), 0, 0, 0, stored[0].data(), c.n0, c.type, stored[1].data(), c.n1, c.type, nullptr, 0, 0,
                      bias, addend, gated, norm, inverse, kEpsilon);
  }
};

void addsBiasAndAddend(const Case& c, const std::string& what, bool biased, bool added) {
  Random random(static_cast<std::uint64_t>(c.m) * 7 + static_cast<std::uint64_t>(c.type));
  const size_t count = static_cast<size_t>(c.m) * c.total();
  const Floats values = random.floats(static_cast<size_t>(c.total()) * kDepth), x = random.floats(static_cast<size_t>(c.m) * kDepth);
  const Floats bias = random.floats(c.total()), addend = random.floats(count);
  Floats expected(count, NAN);
  Weights(allTables()[0], c, values).multiply(allTables()[0], c, x, expected, nullptr, nullptr, nullptr);
  for (size_t i = 0; i < count; i++) {
    if (biased) expected[i] = expected[i] + bias[i % c.total()];
    if (added) expected[i] = expected[i] + addend[i];
  }
  const Floats found = onEverySetting(what, [&](const Tables& t) {
    Floats y(count, NAN);
    Weights(t, c, values).multiply(t, c, x, y, biased ? bias.data() : nullptr, added ? addend.data() : nullptr, nullptr);
    return y;
  });
  expectSameBits(found, expected, what);
}

void gatesTwoHalves(const Case& c, const std::string& what) {
  Random random(static_cast<std::uint64_t>(c.m) * 11 + static_cast<std::uint64_t>(c.type));
  const Floats values = random.floats(static_cast<size_t>(c.total()) * kDepth), x = random.floats(static_cast<size_t>(c.m) * kDepth);
  const Floats bias = random.floats(c.total());
  const size_t count = static_cast<size_t>(c.m) * c.total();
  const Tables first = allTables()[0];
  Floats y(count, NAN), expected(count / 2, NAN);
  Weights(first, c, values).multiply(first, c, x, y, bias.data(), nullptr, nullptr);
  first.kernels.swiglu(y.data(), expected.data(), c.m, c.n0);
  const Floats found = onEverySetting(what, [&](const Tables& t) {
    Floats both(count, NAN), gated(count / 2, NAN);
    Weights(t, c, values).multiply(t, c, x, both, bias.data(), nullptr, gated.data());
    expectSameBits(both, y, what + ": gate and up");
    return gated;
  });
  expectSameBits(found, expected, what);
}

void normalisesRows(const Case& c, const std::string& what) {
  Random random(static_cast<std::uint64_t>(c.m) * 13 + static_cast<std::uint64_t>(c.type));
  const Floats values = random.floats(static_cast<size_t>(c.total()) * kDepth), x = random.floats(static_cast<size_t>(c.m) * kDepth);
  const Floats norm = random.floats(kDepth);
  const size_t count = static_cast<size_t>(c.m) * c.total();
  const Tables first = allTables()[0];
  Floats rows(x.size() + 16), inverse(c.m), expected(count, NAN);
  first.kernels.rmsNorm(x.data(), norm.data(), rows.data(), inverse.data(), c.m, kDepth, kEpsilon);
  Weights(first, c, values).multiply(first, c, rows, expected, nullptr, nullptr, nullptr);
  expected.insert(expected.end(), inverse.begin(), inverse.end());
  const Floats found = onEverySetting(what, [&](const Tables& t) {
    Floats y(count, NAN), factors(c.m, NAN);
    Weights(t, c, values).multiply(t, c, x, y, nullptr, nullptr, nullptr, norm.data(), factors.data());
    y.insert(y.end(), factors.begin(), factors.end());
    return y;
  });
  expectSameBits(found, expected, what);
}

}  // namespace

void testEpilogue() {
  for (const int type : {kPlain, int{kBfloat16}, int{kQ8_0}, int{kQ4_0}, kQ8_0 + kInt8Products, kQ4_0 + kInt8Products, kBfloat16 + kBf16Products}) {
    for (const int m : {1, 3, 13, 70, 300}) {
      const std::string name = "type " + std::to_string(type) + ", " + std::to_string(m) + " rows: ";
      const Case ragged{type, m, 48, 27}, halves{type, m, 80, 80};
      addsBiasAndAddend(ragged, name + "bias", true, false);
      addsBiasAndAddend(ragged, name + "addend", false, true);
      addsBiasAndAddend(ragged, name + "bias and addend", true, true);
      gatesTwoHalves(halves, name + "gated");
      normalisesRows(ragged, name + "normalised rows");
    }
  }
}

}  // namespace thinkwright::test
