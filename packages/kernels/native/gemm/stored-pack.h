// Blocks of a file (rows of ggml blocks, row major) into the panels of stored-formats.h, and float32 rows into such blocks with
// ggml's reference rounding (quantize_row_*_ref). Plain C++: it runs once a weight.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>

#include "gemm/half-floats.h"
#include "gemm/stored-formats.h"
#include "runtime/thread-pool.h"

namespace thinkwright {
namespace {

// Number `element` of a raw block becomes bits of the word of its depth and column.
struct PanelBlock {
  std::uint8_t* at;
  int lane;

  void half(int offset, const std::uint8_t* from) const { std::memcpy(at + offset + 2 * lane, from, 2); }
  void byte(int offset, std::uint8_t value) const { at[offset + lane] = value; }
  // Depths 0 … count - 1 of `bits` bits each into words from `offset` on.
  template <class Value>
  void words(int offset, int count, int bits, Value&& value) const {
    const int each = std::min(32 / bits, count);
    for (int first = 0; first < count; first += each) {
      std::uint32_t word = 0;
      for (int d = 0; d < each; d++) word |= static_cast<std::uint32_t>(value(first + d)) << (bits == 4 ? nibbleShift(d) : bits * d);
      std::memcpy(at + offset + first / each * 64 + 4 * lane, &word, 4);
    }
  }
};

// Six-bit scale and minimum of sub-block j, from the 12 bytes of a q4_k or q5_k block.
inline void sixBits(const std::uint8_t* packed, int j, std::uint8_t* scale, std::uint8_t* minimum) {
  if (j < 4) {
    *scale = packed[j] & 63;
    *minimum = packed[j + 4] & 63;
  } else {
    *scale = static_cast<std::uint8_t>((packed[j + 4] & 15) | packed[j - 4] >> 6 << 4);
    *minimum = static_cast<std::uint8_t>(packed[j + 4] >> 4 | packed[j] >> 6 << 4);
  }
}

inline void placeKBlock(const std::uint8_t* raw, const PanelBlock& to, const std::uint8_t* nibbles) {
  to.half(0, raw);
  to.half(32, raw + 2);
  for (int j = 0; j < 8; j++) {
    std::uint8_t scale, minimum;
    sixBits(raw + 4, j, &scale, &minimum);
    to.byte(64 + 32 * j, scale);
    to.byte(64 + 32 * j + 16, minimum);
  }
  to.words(320, 256, 4, [&](int e) { return nibbles[e / 64 * 32 + e % 32] >> (e / 32 % 2 * 4) & 15; });
}

inline void placeBlock(int type, const std::uint8_t* raw, const PanelBlock& to) {
  const auto halves = [&](const std::uint8_t* bytes) { return [bytes](int e) { return bytes[e % 16] >> (e / 16 * 4) & 15; }; };
  switch (type) {
    case kFloat16: return to.half(0, raw);
    case kQ8_0:
      to.half(0, raw);
      for (int e = 0; e < 32; e += 4) std::memcpy(to.at + 32 + e * 16 + 4 * to.lane, raw + 2 + e, 4);
      return;
    case kQ4_0:
      to.half(0, raw);
      return to.words(32, 32, 4, halves(raw + 2));
    case kQ4_1:
      to.half(0, raw);
      to.half(32, raw + 2);
      return to.words(64, 32, 4, halves(raw + 4));
    case kQ4_K: return placeKBlock(raw, to, raw + 16);
    case kQ5_K:
      placeKBlock(raw, to, raw + 48);
      return to.words(2368, 256, 1, [&](int e) { return raw[16 + e % 32] >> (e / 32) & 1; });
    case kQ6_K:
      to.half(0, raw + 208);
      for (int j = 0; j < 16; j++) to.byte(32 + j * 16, raw[192 + j]);
      // 128 numbers share 64 bytes of low and 32 bytes of high bits.
      to.words(288, 256, 4, [&](int e) { return raw[e / 128 * 64 + e % 64] >> (e % 128 / 64 * 4) & 15; });
      for (int j = 0; j < 16; j++) {
        const PanelBlock part{to.at + 2336 + j * 64, to.lane};
        part.words(0, 16, 2, [&](int d) {
          const int e = j * 16 + d;
          return raw[128 + e / 128 * 32 + e % 32] >> (e % 128 / 32 * 2) & 3;
        });
      }
      return;
    default: std::memcpy(to.at + 4 * to.lane, raw, 4);
  }
}

// raw: n rows of k / depth blocks. Absent columns of the last panel are zero.
inline void storedPack(const std::uint8_t* raw, std::uint8_t* panels, int type, int n, int k) {
  const StoredLayout layout = storedLayout(type);
  const long blocks = k / layout.depth, panelBytes = storedPanelBytes(type, k);
  parallelRanges(panelCount(n), std::max<long>(1, (1 << 16) / std::max(1, 16 * k)), [&](long begin, long end) {
    for (long panel = begin; panel < end; panel++) {
      std::uint8_t* to = panels + panel * panelBytes;
      std::memset(to, 0, panelBytes);
      for (int lane = 0; lane < std::min<long>(kPanelWidth, n - panel * kPanelWidth); lane++) {
        const std::uint8_t* row = raw + (panel * kPanelWidth + lane) * blocks * layout.raw;
        for (long b = 0; b < blocks && type == kBfloat16; b++) std::memcpy(to + b / 2 * 64 + 4 * lane + b % 2 * 2, row + 2 * b, 2);
        for (long b = 0; b < blocks && type != kBfloat16; b++) placeBlock(type, row + b * layout.raw, {to + b * layout.panel, lane});
      }
    }
  });
}

inline void putHalf(std::uint8_t* to, float value) {
  const std::uint16_t bits = toHalf(value);
  std::memcpy(to, &bits, 2);
}

// The nearest whole number from 0 to 15, as ggml's `(int8_t)(x * id + 0.5f)` without its dependence on contraction.
inline int nibbleOf(double x) { return x > 0 ? static_cast<int>(std::min(std::trunc(x), 15.0)) : 0; }

inline void quantiseBlock(int type, const float* x, std::uint8_t* to) {
  switch (type) {
    case kBfloat16: {
      const std::uint16_t bits = toBfloat16(*x);
      std::memcpy(to, &bits, 2);
      return;
    }
    case kFloat16: return putHalf(to, *x);
    case kQ8_0: {
      float largest = 0;
      for (int i = 0; i < 32; i++) largest = std::max(largest, std::fabs(x[i]));
      const float scale = largest / 127, inverse = scale != 0 ? 1 / scale : 0;
      putHalf(to, scale);
      for (int i = 0; i < 32; i++) to[2 + i] = static_cast<std::uint8_t>(static_cast<int>(std::round(x[i] * inverse)));
      return;
    }
    case kQ4_0: {
      float largest = 0, signedLargest = 0;
      for (int i = 0; i < 32; i++) {
        if (std::fabs(x[i]) > largest) largest = std::fabs(x[i]), signedLargest = x[i];
      }
      const float scale = signedLargest / -8, inverse = scale != 0 ? 1 / scale : 0;
      putHalf(to, scale);
      const auto number = [&](int i) { return nibbleOf(static_cast<double>(x[i]) * inverse + 8.5); };
      for (int i = 0; i < 16; i++) to[2 + i] = static_cast<std::uint8_t>(number(i) | number(i + 16) << 4);
      return;
    }
    default: {  // q4_1
      const float least = *std::min_element(x, x + 32), scale = (*std::max_element(x, x + 32) - least) / 15;
      const float inverse = scale != 0 ? 1 / scale : 0;
      putHalf(to, scale);
      putHalf(to + 2, least);
      const auto number = [&](int i) { return nibbleOf((static_cast<double>(x[i]) - least) * inverse + 0.5); };
      for (int i = 0; i < 16; i++) to[4 + i] = static_cast<std::uint8_t>(number(i) | number(i + 16) << 4);
    }
  }
}

// values: `count` floats, a whole number of blocks, in any number of rows.
inline void storedQuantise(const float* values, std::uint8_t* raw, int type, std::int64_t count) {
  const StoredLayout layout = storedLayout(type);
  parallelRanges(count / layout.depth, std::max(1, 16384 / layout.depth), [&](long begin, long end) {
    for (long b = begin; b < end; b++) quantiseBlock(type, values + b * layout.depth, raw + b * layout.raw);
  });
}

}  // namespace
}  // namespace thinkwright
