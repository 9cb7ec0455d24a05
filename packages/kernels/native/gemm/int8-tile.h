// The products of int8.h for one way to multiply bytes (simd/dot-*.h).
// Activations are packed for tiles of R rows: for each block of 32 depths [8][R] words of 4 bytes, then R each of scale, -128 Σ q,
// -8 Σ q and scale · Σ q. A tile holds R rows x P vectors of columns and walks the blocks; dot-driver.h says in which order.
#pragma once
#include <bit>
#include <cmath>
#include <cstring>

#include "gemm/dot-driver.h"
#include "gemm/int8.h"
#include "gemm/stored-formats.h"

namespace thinkwright {
namespace {

constexpr int kBlockDepth = 32;
constexpr int kBlockWords = 12;           // of one row

constexpr std::uint32_t kInfinityBits = 0x7f800000, kLeastBits = (127u - 100) << 23;

// One block of one row; `words` are `stride` apart.
inline void quantiseActivations(const float* x, std::int32_t* words, int stride) {
  std::int32_t bits[kBlockDepth];
  std::memcpy(bits, x, sizeof bits);
  std::int32_t largest = 0;
  for (int i = 0; i < kBlockDepth; i++) largest = std::max(largest, bits[i] & 0x7fffffff);
  std::int8_t numbers[kBlockDepth] = {};
  float scale = 0;
  std::int32_t sum = 0;
  if (static_cast<std::uint32_t>(largest) >= kInfinityBits) {
    scale = std::bit_cast<float>(0x7fc00000);
  } else if (static_cast<std::uint32_t>(largest) >= kLeastBits) {
    const float most = std::bit_cast<float>(largest), inverse = 127.0f / most;
    scale = most / 127.0f;
    constexpr float kShift = 12582912.0f;  // 1.5 · 2^23: the sum's last bits are the nearest whole number
    std::int32_t whole[kBlockDepth];
    for (int i = 0; i < kBlockDepth; i++) whole[i] = std::bit_cast<std::int32_t>(x[i] * inverse + kShift) - std::bit_cast<std::int32_t>(kShift);
    for (int i = 0; i < kBlockDepth; i++) sum += whole[i];
    for (int i = 0; i < kBlockDepth; i++) numbers[i] = static_cast<std::int8_t>(whole[i]);
  }
  for (int i = 0; i < 8; i++) std::memcpy(words + i * stride, numbers + 4 * i, 4);
  words[8 * stride] = std::bit_cast<std::int32_t>(scale);
  words[9 * stride] = -128 * sum;
  words[10 * stride] = -8 * sum;
  words[11 * stride] = std::bit_cast<std::int32_t>(scale * static_cast<float>(sum));
}

// A format's block for D::lanes columns from `lane` on.
template <class D>
struct Int8Q8_0 {
  static constexpr bool nibbles = false, minimum = false;
  static constexpr int bytes = 544, start = 9;
  static inline const std::uint8_t* numbers(const std::uint8_t* panel, long block) { return panel + block * bytes + 32; }
  static inline typename D::Float scale(const std::uint8_t* panel, long block, int lane) { return D::halves(panel + block * bytes + 2 * lane); }
};

template <class D>
struct Int8Q4_0 {
  static constexpr bool nibbles = true, minimum = false;
  static constexpr int bytes = 288, start = 10;
  static inline const std::uint8_t* numbers(const std::uint8_t* panel, long block) { return panel + block * bytes + 32; }
  static inline typename D::Float scale(const std::uint8_t* panel, long block, int lane) { return D::halves(panel + block * bytes + 2 * lane); }
};

template <class D>
struct Int8Q4_1 {
  static constexpr bool nibbles = true, minimum = true;
  static constexpr int bytes = 320, start = 0;
  static inline const std::uint8_t* numbers(const std::uint8_t* panel, long block) { return panel + block * bytes + 64; }
  static inline typename D::Float scale(const std::uint8_t* panel, long block, int lane) { return D::halves(panel + block * bytes + 2 * lane); }
  static inline typename D::Float least(const std::uint8_t* panel, long block, int lane) { return D::halves(panel + block * bytes + 32 + 2 * lane); }
};

template <class D>
struct Int8Q4_K {
  static constexpr bool nibbles = true, minimum = true;
  static constexpr int bytes = 296, start = 0;
  static inline const std::uint8_t* numbers(const std::uint8_t* panel, long block) { return panel + block / 8 * 2368 + 320 + block % 8 * 256; }
  static inline typename D::Float scale(const std::uint8_t* panel, long block, int lane) {
    const std::uint8_t* at = panel + block / 8 * 2368;
    return D::halves(at + 2 * lane) * D::bytes(at + 64 + block % 8 * 32 + lane);
  }
  static inline typename D::Float least(const std::uint8_t* panel, long block, int lane) {
    const std::uint8_t* at = panel + block / 8 * 2368;
    return D::Float::zero() - D::halves(at + 32 + 2 * lane) * D::bytes(at + 64 + block % 8 * 32 + 16 + lane);
  }
};

// R rows x P vectors of columns from `lane` of a panel on: whole panels, or a part of one. With `fetch`, the panels after these are
// fetched meanwhile.
template <class D, class Format, int R, int P>
TW_ONE_COPY void int8Tile(int blocks, const std::int32_t* a, const std::uint8_t* panels, long panelBytes, int lane, bool fetch, int columns, float* c,
                          long cStride) {
  using Float = typename D::Float;
  constexpr int kInPanel = kPanelWidth / D::lanes;  // vectors of a panel
  constexpr int kPanels = (P + kInPanel - 1) / kInPanel;
  Float sums[P][R];
#pragma GCC unroll 8
  for (int p = 0; p < P; p++) {
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) sums[p][r] = Float::zero();
  }
  const auto panelOf = [&](int p) __attribute__((always_inline)) { return panels + p / kInPanel * panelBytes; };
  const auto laneOf = [&](int p) __attribute__((always_inline)) { return lane + p % kInPanel * D::lanes; };
  for (long block = 0; block < blocks; block++, a += kBlockWords * R) {
    if (fetch) {
#pragma GCC unroll 4
      for (int p = 0; p < kPanels; p++) {
        const std::uint8_t* next = panels + (kPanels + p) * panelBytes + block * Format::bytes;
#pragma GCC unroll 9
        for (int line = 0; line < Format::bytes; line += 64) __builtin_prefetch(next + line, 0, 3);
      }
    }
    typename D::Sum whole[P][R];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      const auto start = Format::nibbles ? D::nibbleStart(Format::start == 0 ? nullptr : a + Format::start * R + r) : D::signedStart(a + Format::start * R + r);
#pragma GCC unroll 8
      for (int p = 0; p < P; p++) whole[p][r] = start;
    }
    // Depths 4 step … 4 step + 3 of every row against one word of every column.
    const auto multiply = [&](int step, const typename D::Bytes(&weights)[P]) __attribute__((always_inline)) {
      const auto one = [&](int p, int r, typename D::Bytes x) __attribute__((always_inline)) {
        whole[p][r] = Format::nibbles ? D::addNibbles(whole[p][r], weights[p], x) : D::addSigned(whole[p][r], weights[p], x);
      };
#pragma GCC unroll 8
      for (int r = 0; r < R; r++) {
        const auto x = D::activations(a + step * R + r);
#pragma GCC unroll 8
        for (int p = 0; p < P; p++) one(p, r, x);
      }
    };
    constexpr int kWords = Format::nibbles ? 4 : 8;
#pragma GCC unroll 2
    for (int word = 0; word < kWords; word++) {
      typename D::Bytes read[P], weights[P];
#pragma GCC unroll 8
      for (int p = 0; p < P; p++) read[p] = D::load(Format::numbers(panelOf(p), block) + word * 64 + 4 * laneOf(p));
#pragma GCC unroll 8
      for (int p = 0; p < P; p++) weights[p] = Format::nibbles ? D::lowNibbles(read[p]) : D::signedBytes(read[p]);
      multiply(Format::nibbles ? 2 * word : word, weights);
      if constexpr (Format::nibbles) {
#pragma GCC unroll 8
        for (int p = 0; p < P; p++) weights[p] = D::highNibbles(read[p]);
        multiply(2 * word + 1, weights);
      }
    }
    Float scales[P];
#pragma GCC unroll 8
    for (int p = 0; p < P; p++) scales[p] = Format::scale(panelOf(p), block, laneOf(p));
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      const Float scale = Float::broadcast(std::bit_cast<float>(a[8 * R + r]));
#pragma GCC unroll 8
      for (int p = 0; p < P; p++) {
        const auto total = Format::nibbles ? D::nibbleEnd(whole[p][r], Format::start == 0 ? nullptr : a + Format::start * R + r) : whole[p][r];
        sums[p][r] = Float::fma(D::toFloat(total), scales[p] * scale, sums[p][r]);
      }
    }
    if constexpr (Format::minimum) {
      Float least[P];
#pragma GCC unroll 8
      for (int p = 0; p < P; p++) least[p] = Format::least(panelOf(p), block, laneOf(p));
#pragma GCC unroll 8
      for (int r = 0; r < R; r++) {
        const Float scaled = Float::broadcast(std::bit_cast<float>(a[11 * R + r]));
#pragma GCC unroll 8
        for (int p = 0; p < P; p++) sums[p][r] = Float::fma(least[p], scaled, sums[p][r]);
      }
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < P; p++) {
    const int rest = columns - p * D::lanes;
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      float* to = c + r * cStride + p * D::lanes;
      if (rest >= D::lanes) sums[p][r].store(to);
      else if (rest > 0) sums[p][r].storeFirst(to, rest);
    }
  }
}

template <class D>
struct Int8Kernel : D {
  static long rowWords(int k) { return static_cast<long>(k / kBlockDepth) * kBlockWords; }
  static void packRow(const float* x, int k, std::int32_t* to, int stride) {
    for (int depth = 0; depth < k; depth += kBlockDepth, to += kBlockWords * stride) quantiseActivations(x + depth, to, stride);
  }
  template <int R, int P>
  static void tile(int type, int k, const std::int32_t* a, const std::uint8_t* panels, long panelBytes, int lane, bool fetch, int columns, float* c, long cStride) {
    const auto run = [&]<class Format>() { int8Tile<D, Format, R, P>(k / kBlockDepth, a, panels, panelBytes, lane, fetch, columns, c, cStride); };
    switch (type) {
      case kQ8_0: return run.template operator()<Int8Q8_0<D>>();
      case kQ4_0: return run.template operator()<Int8Q4_0<D>>();
      case kQ4_1: return run.template operator()<Int8Q4_1<D>>();
      default: return run.template operator()<Int8Q4_K<D>>();
    }
  }
};

}  // namespace
}  // namespace thinkwright
