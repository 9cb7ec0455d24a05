// Stored weights against plain loops: every type's blocks expand to the numbers of ggml's formulae, and products and their gradients
// have the bits of float32 products with those numbers.
#include "check.h"
#include "gemm/half-floats.h"
#include "gemm/stored-formats.h"

namespace thinkwright::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int kTypes[] = {kStoredFloat32, kBfloat16, kFloat16, kQ8_0, kQ4_0, kQ4_1, kQ4_K, kQ5_K, kQ6_K};

// Random blocks with scales of ordinary size.
Bytes randomBlocks(Random& random, int type, int n, int k) {
  const StoredLayout layout = storedLayout(type);
  Bytes raw(static_cast<size_t>(n) * (k / layout.depth) * layout.raw);
  for (std::uint8_t& byte : raw) byte = static_cast<std::uint8_t>(random.next());
  for (size_t block = 0; block < raw.size(); block += layout.raw) {
    const auto half = [&](int at) {
      if (type == kStoredFloat32) {
        const float value = random.uniform();
        std::memcpy(&raw[block], &value, 4);
        return;
      }
      const std::uint16_t bits = type == kBfloat16 ? toBfloat16(random.uniform()) : toHalf(random.uniform(-0.1f, 0.1f));
      std::memcpy(&raw[block + at], &bits, 2);
    };
    if (type == kQ6_K) half(208);
    else half(0);
    if (type == kQ4_1 || type == kQ4_K || type == kQ5_K) half(2);
  }
  return raw;
}

// dequantize_row_* of ggml-quants.c in its own terms.
float reference(int type, const std::uint8_t* b, int e) {
  const auto half = [&](int at) { return fromHalf(static_cast<std::uint16_t>(b[at] | b[at + 1] << 8)); };
  const auto scales = [&](int j, int* scale, int* minimum) {
    const std::uint8_t* q = b + 4;
    *scale = j < 4 ? q[j] & 63 : (q[j + 4] & 15) | q[j - 4] >> 6 << 4;
    *minimum = j < 4 ? q[j + 4] & 63 : q[j + 4] >> 4 | q[j] >> 6 << 4;
  };
  switch (type) {
    case kStoredFloat32: {
      float value;
      std::memcpy(&value, b, 4);
      return value;
    }
    case kBfloat16: return fromBfloat16(static_cast<std::uint16_t>(b[0] | b[1] << 8));
    case kFloat16: return half(0);
    case kQ8_0: return half(0) * static_cast<float>(static_cast<std::int8_t>(b[2 + e]));
    case kQ4_0: return half(0) * static_cast<float>((b[2 + e % 16] >> (e / 16 * 4) & 15) - 8);
    case kQ4_1: return half(0) * static_cast<float>(b[4 + e % 16] >> (e / 16 * 4) & 15) + half(2);
    case kQ4_K:
    case kQ5_K: {
      int scale, minimum;
      scales(e / 32, &scale, &minimum);
      const std::uint8_t* q = b + (type == kQ4_K ? 16 : 48);
      int number = q[e / 64 * 32 + e % 32] >> (e / 32 % 2 * 4) & 15;
      if (type == kQ5_K) number += (b[16 + e % 32] >> (e / 32) & 1) * 16;
      return half(0) * static_cast<float>(scale) * static_cast<float>(number) - half(2) * static_cast<float>(minimum);
    }
    default: {
      const int group = e / 128, within = e % 128, column = within % 32, quarter = within / 32;
      const int low = b[group * 64 + column + quarter % 2 * 32] >> (quarter / 2 * 4) & 15;
      const int high = b[128 + group * 32 + column] >> (quarter * 2) & 3;
      return half(208) * static_cast<float>(static_cast<std::int8_t>(b[192 + e / 16])) * static_cast<float>((low | high << 4) - 32);
    }
  }
}

Floats expanded(int type, const Bytes& raw, int n, int k) {
  const StoredLayout layout = storedLayout(type);
  Floats values(static_cast<size_t>(n) * k);
  for (size_t i = 0; i < values.size(); i++) {
    values[i] = reference(type, &raw[i / layout.depth * layout.raw], static_cast<int>(i % layout.depth)) + 0.0f;  // no -0
  }
  return values;
}

Bytes packed(const Tables& t, int type, const Bytes& raw, int n, int k) {
  Bytes panels(static_cast<size_t>(panelCount(n)) * storedPanelBytes(type, k) + 64, 0xff);
  t.gemm.storedPack(raw.data(), panels.data(), type, n, k);
  return panels;
}

Floats withoutNegativeZero(Floats x) {
  for (float& value : x) value += 0.0f;
  return x;
}

std::string label(const char* what, int type) { return std::string("stored type ") + std::to_string(type) + ", " + what; }

void expandsToReference() {
  Random random(31);
  for (const int type : kTypes) {
    const int depth = storedLayout(type).depth;
    for (const auto& [n, k] : {std::pair{5, 3 * depth}, std::pair{33, 2 * depth}, std::pair{48, depth == 1 ? 37 : depth}}) {
      const Bytes raw = randomBlocks(random, type, n, k);
      const Floats expected = expanded(type, raw, n, k);
      expectSameBits(onEverySetting(label("expand", type),
                                    [&](const Tables& t) {
                                      Floats out(expected.size(), NAN);
                                      t.gemm.storedExpand(packed(t, type, raw, n, k).data(), out.data(), type, n, k);
                                      return withoutNegativeZero(out);
                                    }),
                     expected, label("expand = reference", type));
      const std::vector<std::int32_t> rows{0, n - 1, 3, -5, n + 9};
      Floats gathered;
      for (const int row : {0, n - 1, 3, 0, n - 1}) gathered.insert(gathered.end(), &expected[static_cast<size_t>(row) * k], &expected[static_cast<size_t>(row) * k] + k);
      expectSameBits(onEverySetting(label("rows", type),
                                    [&](const Tables& t) {
                                      Floats out(gathered.size(), NAN);
                                      t.gemm.storedRows(packed(t, type, raw, n, k).data(), rows.data(), out.data(), type, n, k, 5);
                                      return withoutNegativeZero(out);
                                    }),
                     gathered, label("rows = reference", type));
    }
  }
}

// One to three weights, some plain, forward and backward, for row counts on every path.
void productsEqualFloat32() {
  Random random(32);
  for (const int type : kTypes) {
    const int k = storedLayout(type).depth == 256 ? 512 : storedLayout(type).depth == 1 ? 43 : 96;
    const int sizes[] = {32, 48, 21}, types[] = {type, type == kQ6_K ? kStoredFloat32 : type, type};
    Bytes raw[3];
    Floats values[3];
    int total = 0;
    for (int i = 0; i < 3; i++) {
      raw[i] = randomBlocks(random, type, sizes[i], k);
      values[i] = expanded(type, raw[i], sizes[i], k);
      total += sizes[i];
    }
    for (const int m : {1, 2, 3, 5, 8, 12, 16, 17, 40, 230}) {
      for (const int backward : {0, 1}) {
        const int depth = backward ? total : k, columns = backward ? k : total;
        const Floats a = random.floats(static_cast<size_t>(m) * depth);
        Floats expected(static_cast<size_t>(m) * columns);
        for (int row = 0; row < m; row++) {
          for (int column = 0; column < columns; column++) {
            float sum = 0;
            int at = 0;
            for (int i = 0; i < 3; at += sizes[i], i++) {
              if (backward) {
                for (int j = 0; j < sizes[i]; j++) sum = std::fmaf(a[static_cast<size_t>(row) * depth + at + j], values[i][static_cast<size_t>(j) * k + column], sum);
              } else if (column >= at && column < at + sizes[i]) {
                for (int d = 0; d < k; d++) sum = std::fmaf(a[static_cast<size_t>(row) * depth + d], values[i][static_cast<size_t>(column - at) * k + d], sum);
              }
            }
            expected[static_cast<size_t>(row) * columns + column] = sum;
          }
        }
        const std::string what = label(backward ? "backward" : "forward", type) + ", " + std::to_string(m) + " rows";
        const Floats found = onEverySetting(what, [&](const Tables& t) {
          Bytes panels[3];
          Floats plain(panelFloats(sizes[1], k));
          for (int i = 0; i < 3; i++) panels[i] = packed(t, type, raw[i], sizes[i], k);
          t.gemm.packForward(values[1].data(), sizes[1], k, 0, sizes[1], plain.data());
          const auto* middle = types[1] == kStoredFloat32 ? reinterpret_cast<const std::uint8_t*>(plain.data()) : panels[1].data();
          Floats out(static_cast<size_t>(m) * columns, NAN);
          t.gemm.storedGemm(m, k, a.data(), depth, out.data(), columns, 0, backward, 0, panels[0].data(), sizes[0], types[0], middle, sizes[1], types[1],
                            panels[2].data(), sizes[2], types[2], nullptr, nullptr, nullptr, nullptr, nullptr, 0);
          return out;
        });
        expectSameBits(found, expected, what + " = fma chain over the expanded weights");
      }
    }
  }
}

}  // namespace

void testStored() {
  expandsToReference();
  productsEqualFloat32();
}

}  // namespace thinkwright::test
