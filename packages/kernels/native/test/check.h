// A test harness in a page: every kernel runs on each instruction set and with 1 and 2 threads, all results must agree bit for bit,
// and the first is compared with an oracle in double precision.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "kernels/tables.h"
#include "runtime/cpu-features.h"
#include "runtime/thread-pool.h"

namespace thinkwright::test {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

struct Tables {
  const char* isa;
  const GemmKernels& gemm;
  const Kernels& kernels;
};

inline std::vector<Tables> allTables() {
  std::vector<Tables> tables;
  for (const Isa isa : kIsas) {
    if (isPresent(isa)) tables.push_back({nameOf(isa), gemmKernelsOf(isa), kernelsOf(isa)});
  }
  return tables;
}

inline int failures = 0;
inline int checks = 0;

inline bool expect(bool ok, const std::string& what) {
  checks++;
  if (!ok && ++failures <= 40) std::printf("FAILED %s\n", what.c_str());
  return ok;
}

inline std::uint32_t bitsOf(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return bits;
}

inline bool expectSameBits(const Floats& a, const Floats& b, const std::string& what) {
  if (!expect(a.size() == b.size(), what + ": sizes")) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (bitsOf(a[i]) != bitsOf(b[i])) {
      char text[160];
      std::snprintf(text, sizeof text, ": bits differ at %zu of %zu: %.9g, %.9g", i, a.size(), a[i], b[i]);
      return expect(false, what + text);
    }
  }
  return expect(true, what);
}

// |a - b| <= tolerance * the largest |b|
inline void expectClose(const Floats& a, const Doubles& b, double tolerance, const std::string& what) {
  if (!expect(a.size() == b.size(), what + ": sizes")) return;
  double scale = 1e-30, worst = 0;
  for (double x : b) scale = std::fmax(scale, std::fabs(x));
  for (size_t i = 0; i < a.size(); i++) worst = std::fabs(a[i] - b[i]) <= worst ? worst : std::fabs(a[i] - b[i]);
  char text[120];
  std::snprintf(text, sizeof text, ": off by %.3g of the largest (%.3g), allowed %.3g", worst / scale, scale, tolerance);
  expect(worst <= tolerance * scale, what + text);
}

// Runs on every table with 1 and 2 threads; all results must be equal.
inline Floats onEverySetting(const std::string& what, const std::function<Floats(const Tables&)>& run) {
  Floats first;
  bool have = false;
  for (const Tables& tables : allTables()) {
    for (int threads : {1, 2}) {
      setThreadCount(threads);
      Floats result = run(tables);
      if (have) expectSameBits(result, first, what + " [" + tables.isa + ", " + std::to_string(threads) + " threads]");
      else first = std::move(result);
      have = true;
    }
  }
  setThreadCount(1);
  return first;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  std::uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  float uniform(float low = -1, float high = 1) { return low + (high - low) * static_cast<float>(next() >> 8) / 16777216.0f; }
  int below(int n) { return static_cast<int>(next() % static_cast<std::uint32_t>(n)); }
  // Followed by the slack that device blocks have, filled with NaN so that a value read from there shows.
  Floats floats(size_t n, float low = -1, float high = 1) {
    Floats result(n);
    for (float& x : result) x = uniform(low, high);
    result.reserve(n + 16);
    for (int i = 0; i < 16; i++) result.data()[n + i] = NAN;
    return result;
  }

 private:
  std::uint64_t state_;
};

// Panels as the head reads them, stored or plain.
inline const std::uint8_t* bytesOf(const Floats& x) { return reinterpret_cast<const std::uint8_t*>(x.data()); }

inline Doubles toDoubles(const Floats& x) { return Doubles(x.begin(), x.end()); }

// Central differences of f at x, for the entries listed.
inline double slope(const std::function<double(const Doubles&)>& f, Doubles x, size_t index, double step = 1e-5) {
  const double held = x[index];
  x[index] = held + step;
  const double up = f(x);
  x[index] = held - step;
  return (up - f(x)) / (2 * step);
}

void testGemm();
void testEpilogue();
void testLayers();
void testAttention();
void testHead();
void testDistillation();
void testSampling();
void testOptimizer();
void testElementwise();
void testStored();
void testInt8();
void testBf16();

}  // namespace thinkwright::test
