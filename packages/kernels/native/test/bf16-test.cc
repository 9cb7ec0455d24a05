// Products in bf16 numerics: every instruction set, number of rows and threads against the definition of bf16.h in plain loops, bit
// for bit, and that against double precision.
#include "check.h"
#include "gemm/bf16.h"
#include "gemm/half-floats.h"

namespace thinkwright::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

float rounded(float x) { return fromBfloat16(toBfloat16(x)); }

void productsEqualTheDefinition() {
  Random random(51);
  for (const int k : {1, 2, 43, 64, 200}) {
    const int sizes[] = {96, 32, 21}, n = 149, stride = n + 5, column = 3;
    Bytes panels[3];
    Floats weights;
    for (int i = 0; i < 3; i++) {
      const Floats values = random.floats(static_cast<size_t>(sizes[i]) * k);
      Bytes raw(values.size() * 2);
      panels[i].resize(static_cast<size_t>(panelCount(sizes[i])) * storedPanelBytes(kBfloat16, k) + 64, 0xff);
      allTables()[0].gemm.storedQuantise(values.data(), raw.data(), kBfloat16, static_cast<std::int64_t>(values.size()));
      allTables()[0].gemm.storedPack(raw.data(), panels[i].data(), kBfloat16, sizes[i], k);
      for (const float value : values) weights.push_back(rounded(value));
    }
    for (const int m : {1, 2, 3, 6, 7, 9, 13, 14, 15, 40, 131, 260}) {
      const Floats x = random.floats(static_cast<size_t>(m) * k);
      Floats expected(static_cast<size_t>(m) * stride, 7.0f);
      Doubles precise(expected.begin(), expected.end());
      for (int row = 0; row < m; row++) {
        for (int j = 0; j < n; j++) {
          float y = 0;
          double sum = 0;
          for (int i = 0; i < k + k % 2; i++) {
            const int depth = i ^ 1;
            if (depth >= k) continue;
            const float a = rounded(x[static_cast<size_t>(row) * k + depth]), w = weights[static_cast<size_t>(j) * k + depth];
            y = std::fmaf(a, w, y);
            sum += static_cast<double>(a) * w;
          }
          expected[static_cast<size_t>(row) * stride + column + j] = y;
          precise[static_cast<size_t>(row) * stride + column + j] = sum;
        }
      }
      const std::string what = "bf16, depth " + std::to_string(k) + ", " + std::to_string(m) + " rows";
      expectClose(expected, precise, 2e-6, what + ": float64");
      constexpr int kType = kBfloat16 + kBf16Products;
      const Floats found = onEverySetting(what, [&](const Tables& t) {
        Floats y(expected.size(), 7.0f);
        t.gemm.storedGemm(m, k, x.data(), k, y.data(), stride, column, 0, 0, panels[0].data(), sizes[0], kType, panels[1].data(), sizes[1], kType,
                          panels[2].data(), sizes[2], kType, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
        return y;
      });
      expectSameBits(found, expected, what + " = definition");
      if (!hasBf16Dot()) continue;
      for (const int threads : {1, 2}) {
        setThreadCount(threads);
        Floats y(expected.size(), 7.0f);
        bf16GemmDot()(m, k, x.data(), k, y.data(), stride, column, panels[0].data(), sizes[0], kType, panels[1].data(), sizes[1], kType, panels[2].data(),
                      sizes[2], kType, {});
        expectSameBits(y, expected, what + " [VDPBF16PS, " + std::to_string(threads) + " threads]");
      }
      setThreadCount(1);
    }
  }
}

}  // namespace

void testBf16() { productsEqualTheDefinition(); }

}  // namespace thinkwright::test
