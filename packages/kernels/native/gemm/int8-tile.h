// The products of int8.h for one way to multiply bytes (simd/dot-*.h).
// Activations are packed for tiles of R rows: for each block of 32 depths [8][R] words of 4 bytes, then R each of scale, -128 Σ q,
// -8 Σ q and scale · Σ q. A tile holds R rows x P vectors of columns and walks the blocks; the weights of a panel stay in cache while
// every tile of a block of rows passes. Tasks split columns and, for many rows, rows.
#pragma once
#include <bit>
#include <cmath>
#include <cstring>

#include "gemm/driver.h"
#include "gemm/int8.h"
#include "gemm/stored-formats.h"

namespace thinkwright {
namespace {

constexpr int kInt8Scratch = 13;  // a thread's slot: callers hold others
constexpr int kBlockDepth = 32;
constexpr int kBlockWords = 12;           // of one row
constexpr int kTaskPanels = 4;            // at least, of a task
constexpr long kRowBlockBytes = 1 << 18;  // packed rows that stay in L2

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

struct Int8Weight {
  const std::uint8_t* panels;
  int n, type, column;
};

// Some panels of one weight against packed rows [row0, row1), in tiles of Whole rows from row 0 on.
template <class D, class Format, int Whole>
void int8Panels(const Int8Weight& weight, int blocks, int panel0, int panel1, const std::int32_t* packed, int row0, int row1, float* c, long cStride) {
  constexpr int kTogether = std::max(1, D::vectors(Whole) * D::lanes / kPanelWidth);
  const long panelBytes = storedPanelBytes(weight.type, blocks * kBlockDepth);
  for (int panel = panel0; panel < panel1; panel += kTogether) {
    const int end = std::min(kTogether, panel1 - panel) * kPanelWidth;
    const int columns = std::min(end, weight.n - panel * kPanelWidth);
    for (int row = row0; row < row1; row += Whole) {
      const std::int32_t* a = packed + static_cast<long>(row) * kBlockWords * blocks;
      float* to = c + row * cStride + panel * kPanelWidth;
      withRows<Whole>(std::min(Whole, row1 - row), [&]<int R>() {
        constexpr int kVectors = D::vectors(R), kFewVectors = std::min(kVectors, kPanelWidth / D::lanes);
        int column = 0;
        const auto run = [&]<int P>() {
          const std::uint8_t* from = weight.panels + (panel + column / kPanelWidth) * panelBytes;
          const int lane = column % kPanelWidth;
          int8Tile<D, Format, R, P>(blocks, a, from, panelBytes, lane, row == row0 && lane == 0, columns - column, to + column, cStride);
          column += P * D::lanes;
        };
        while (column + kVectors * D::lanes <= end) run.template operator()<kVectors>();
        while (column < end) run.template operator()<kFewVectors>();
      });
    }
  }
}

template <class D, int Whole>
void int8PanelsOf(const Int8Weight& weight, int blocks, int panel0, int panel1, const std::int32_t* packed, int row0, int row1, float* c, long cStride) {
  const auto run = [&]<class Format>() { int8Panels<D, Format, Whole>(weight, blocks, panel0, panel1, packed, row0, row1, c, cStride); };
  switch (weight.type) {
    case kQ8_0: return run.template operator()<Int8Q8_0<D>>();
    case kQ4_0: return run.template operator()<Int8Q4_0<D>>();
    case kQ4_1: return run.template operator()<Int8Q4_1<D>>();
    default: return run.template operator()<Int8Q4_K<D>>();
  }
}

template <class D>
void int8Product(int m, int k, const float* a, int aStride, float* c, int cStride, int column, const std::uint8_t* panels0, int n0, int type0,
                 const std::uint8_t* panels1, int n1, int type1, const std::uint8_t* panels2, int n2, int type2) {
  const Int8Weight weights[] = {{panels0, n0, type0 % kStoredTypes, column},
                                {panels1, n1, type1 % kStoredTypes, column + n0},
                                {panels2, n2, type2 % kStoredTypes, column + n0 + n1}};
  if (m <= 0) return;
  const int blocks = k / kBlockDepth, groups = (m + D::rows - 1) / D::rows, tileRows = (m + groups - 1) / groups;
  const long rowWords = static_cast<long>(blocks) * kBlockWords;
  // The calling thread's own: it may be one of several tasks.
  std::int32_t* packed = threadScratch<std::int32_t>(kInt8Scratch, static_cast<size_t>(m * rowWords));
  parallelRanges((m + tileRows - 1) / tileRows, std::max(1, (1 << 16) / std::max(1, tileRows * k)), [&](long begin, long end) {
    for (long tile = begin; tile < end; tile++) {
      const int row0 = static_cast<int>(tile) * tileRows, rows = std::min(tileRows, m - row0);
      for (int r = 0; r < rows; r++) {
        const float* from = a + static_cast<long>(row0 + r) * aStride;
        std::int32_t* to = packed + row0 * rowWords + r;
        for (int block = 0; block < blocks; block++) quantiseActivations(from + block * kBlockDepth, to + static_cast<long>(block) * kBlockWords * rows, rows);
      }
    }
  });
  const int panelsTotal = panelCount(n0) + panelCount(n1) + panelCount(n2);
  const int blockRows = static_cast<int>(std::max<long>(4, kRowBlockBytes / (4 * rowWords * tileRows))) * tileRows;
  const int rowBlocks = (m + blockRows - 1) / blockRows;
  // Reading the weights costs as much as multiplying about 4 rows with them.
  const long work = static_cast<long>(panelsTotal) * kPanelWidth * k * std::max(std::min(m, blockRows), 4);
  const int pieces = static_cast<int>(std::clamp<long>(work / (kTaskMultiplyAdds / 4), 1, threadCount() * 3L));
  const int perTask = ((panelsTotal + pieces - 1) / pieces + kTaskPanels - 1) / kTaskPanels * kTaskPanels;
  const int columnTasks = (panelsTotal + perTask - 1) / perTask;
  parallel(rowBlocks * columnTasks, [&](int task) {
    const int row0 = task / columnTasks * blockRows, row1 = std::min(m, row0 + blockRows);
    const int panel0 = task % columnTasks * perTask, panel1 = panel0 + perTask;
    int first = 0;
    for (const Int8Weight& weight : weights) {
      const int count = panelCount(weight.n), begin = std::max(0, panel0 - first), end = std::min(count, panel1 - first);
      first += count;
      if (begin >= end) continue;
      withRows<D::rows>(tileRows, [&]<int Whole>() { int8PanelsOf<D, Whole>(weight, blocks, begin, end, packed, row0, row1, c + weight.column, cStride); });
    }
  });
}

}  // namespace
}  // namespace thinkwright
