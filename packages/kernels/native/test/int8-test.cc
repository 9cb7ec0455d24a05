// Products in int8 numerics: every way to multiply bytes, every number of rows and threads against the definition of int8.h in plain
// loops (bit for bit), and that against the same sums in double precision.
#include "check.h"
#include "gemm/half-floats.h"
#include "gemm/int8.h"
#include "gemm/stored-formats.h"

namespace thinkwright::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr int kTypes[] = {kQ8_0, kQ4_0, kQ4_1, kQ4_K};

// One column of a weight as whole numbers, with the scale and minimum of each block of 32.
struct Column {
  std::vector<int> numbers;
  Floats scales, minima;
};

Bytes randomBlocks(Random& random, int type, int n, int k) {
  const StoredLayout layout = storedLayout(type);
  Bytes raw(static_cast<size_t>(n) * (k / layout.depth) * layout.raw);
  for (std::uint8_t& byte : raw) byte = static_cast<std::uint8_t>(random.next());
  for (size_t block = 0; block < raw.size(); block += layout.raw) {
    for (const int at : {0, 2}) {
      const std::uint16_t bits = toHalf(random.uniform(-0.1f, 0.1f));
      if (at == 0 || type == kQ4_1 || type == kQ4_K) std::memcpy(&raw[block + at], &bits, 2);
    }
  }
  return raw;
}

Column columnOf(int type, const std::uint8_t* row, int k) {
  Column column;
  const auto half = [](const std::uint8_t* b) { return fromHalf(static_cast<std::uint16_t>(b[0] | b[1] << 8)); };
  for (int block = 0; block < k / 32; block++) {
    if (type == kQ4_K) {
      const std::uint8_t *b = row + block / 8 * 144, *q = b + 4;
      const int j = block % 8;
      const int scale = j < 4 ? q[j] & 63 : (q[j + 4] & 15) | q[j - 4] >> 6 << 4, minimum = j < 4 ? q[j + 4] & 63 : q[j + 4] >> 4 | q[j] >> 6 << 4;
      column.scales.push_back(half(b) * static_cast<float>(scale));
      column.minima.push_back(-(half(b + 2) * static_cast<float>(minimum)));
      for (int e = 0; e < 32; e++) column.numbers.push_back(b[16 + j / 2 * 32 + e] >> (j % 2 * 4) & 15);
      continue;
    }
    const std::uint8_t* b = row + static_cast<size_t>(block) * storedLayout(type).raw;
    column.scales.push_back(half(b));
    column.minima.push_back(type == kQ4_1 ? half(b + 2) : 0);
    for (int e = 0; e < 32; e++) {
      if (type == kQ8_0) column.numbers.push_back(static_cast<std::int8_t>(b[2 + e]));
      else column.numbers.push_back((b[(type == kQ4_1 ? 4 : 2) + e % 16] >> (e / 16 * 4) & 15) - (type == kQ4_0 ? 8 : 0));
    }
  }
  return column;
}

struct Reference {
  float exact;     // int8.h's chain
  double precise;  // the same sum of quantised numbers in double
};

Reference product(const float* x, const Column& w, int k, bool hasMinimum) {
  Reference y{0, 0};
  for (int block = 0; block < k / 32; block++, x += 32) {
    float most = 0;
    for (int i = 0; i < 32; i++) most = std::fmax(most, std::fabs(x[i]));
    const bool zero = most < std::ldexp(1.0f, -100);
    const float scale = zero ? 0 : most / 127, inverse = zero ? 0 : 127 / most;
    int total = 0, sum = 0;
    for (int i = 0; i < 32; i++) {
      const int q = static_cast<int>(std::nearbyint(x[i] * inverse));
      total += q * w.numbers[static_cast<size_t>(block) * 32 + i];
      sum += q;
    }
    y.exact = std::fmaf(static_cast<float>(total), w.scales[block] * scale, y.exact);
    if (hasMinimum) y.exact = std::fmaf(w.minima[block], scale * static_cast<float>(sum), y.exact);
    y.precise += static_cast<double>(scale) * (static_cast<double>(w.scales[block]) * total + static_cast<double>(w.minima[block]) * sum);
  }
  return y;
}

void productsEqualTheDefinition() {
  Random random(41);
  for (const int type : kTypes) {
    for (const int k : {256, 512}) {
      const int sizes[] = {96, 32, 21}, types[] = {type, kQ8_0, type};
      const bool minima[] = {type == kQ4_1 || type == kQ4_K, false, type == kQ4_1 || type == kQ4_K};
      Bytes panels[3];
      std::vector<Column> columns;
      std::vector<bool> hasMinimum;
      for (int i = 0; i < 3; i++) {
        const Bytes raw = randomBlocks(random, types[i], sizes[i], k);
        panels[i].resize(static_cast<size_t>(panelCount(sizes[i])) * storedPanelBytes(types[i], k) + 64, 0xff);
        allTables()[0].gemm.storedPack(raw.data(), panels[i].data(), types[i], sizes[i], k);
        for (int j = 0; j < sizes[i]; j++) {
          columns.push_back(columnOf(types[i], &raw[raw.size() / sizes[i] * j], k));
          hasMinimum.push_back(minima[i]);
        }
      }
      const int n = static_cast<int>(columns.size()), stride = n + 5, column = 3;
      for (const int m : {1, 2, 3, 4, 5, 6, 7, 8, 13, 40, 131}) {
        Floats x = random.floats(static_cast<size_t>(m) * k);
        for (int i = 0; i < 32; i++) x[i] = i % 5 == 0 ? 1e-38f : 0;                   // counts as zeros
        for (int i = 32; i < 64; i++) x[i] = static_cast<float>(i % 2 == 0 ? 127 : i - 48.5);  // ties of rounding
        Floats expected(static_cast<size_t>(m) * stride, 7.0f);
        Doubles precise(expected.begin(), expected.end());
        for (int row = 0; row < m; row++) {
          for (int j = 0; j < n; j++) {
            const Reference y = product(&x[static_cast<size_t>(row) * k], columns[j], k, hasMinimum[j]);
            expected[static_cast<size_t>(row) * stride + column + j] = y.exact;
            precise[static_cast<size_t>(row) * stride + column + j] = y.precise;
          }
        }
        const std::string what = "int8, type " + std::to_string(type) + ", " + std::to_string(m) + " rows";
        expectClose(expected, precise, 1e-6, what + ": float64");
        for (const Dot dot : kDots) {
          if (!isPresent(dot)) continue;
          for (const int threads : {1, 2}) {
            setThreadCount(threads);
            Floats found(expected.size(), 7.0f);
            int8GemmOf(dot)(m, k, x.data(), k, found.data(), stride, column, panels[0].data(), sizes[0], type + kInt8Products, panels[1].data(), sizes[1],
                            kQ8_0 + kInt8Products, panels[2].data(), sizes[2], type + kInt8Products, {});
            expectSameBits(found, expected, what + " [" + nameOf(dot) + ", " + std::to_string(threads) + " threads]");
          }
        }
        setThreadCount(1);
      }
    }
  }
}

void notFiniteRowsBecomeNaN() {
  Random random(42);
  const int k = 64, n = 20;
  const Bytes raw = randomBlocks(random, kQ4_0, n, k);
  Bytes panels(static_cast<size_t>(panelCount(n)) * storedPanelBytes(kQ4_0, k) + 64);
  allTables()[0].gemm.storedPack(raw.data(), panels.data(), kQ4_0, n, k);
  Floats x = random.floats(3 * k);
  x[5] = INFINITY;
  x[2 * k + 40] = NAN;
  for (const Dot dot : kDots) {
    if (!isPresent(dot)) continue;
    Floats y(3 * n);
    int8GemmOf(dot)(3, k, x.data(), k, y.data(), n, 0, panels.data(), n, kQ4_0 + kInt8Products, nullptr, 0, 0, nullptr, 0, 0, {});
    for (int j = 0; j < n; j++) expect(std::isnan(y[j]) && std::isfinite(y[n + j]) && std::isnan(y[2 * n + j]), std::string("int8, not finite [") + nameOf(dot) + "]");
  }
}

}  // namespace

void testInt8() {
  productsEqualTheDefinition();
  notFiniteRowsBecomeNaN();
}

}  // namespace thinkwright::test
