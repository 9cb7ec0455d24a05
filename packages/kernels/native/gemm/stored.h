// Products with stored weights (stored-formats.h): every output is the fma chain over the expanded float32 values, so the bits are
// those of the same product with float32 weights.
// Few rows (up to V::Tiling::storedFewRows): a tile holds R rows x P panels and expands 8 depths of each panel in registers, again for
// each group of rows, which costs less than ragged tiles over an expanded panel. More rows: driver.h expands slices of a
// panel into L1 once for a block of rows. Backward (dx = dy W) expands blocks of 16 x 16 and transposes them: one chain over all n.
#pragma once
#include "gemm/driver.h"
#include "gemm/stored-formats.h"

namespace thinkwright {
namespace {

constexpr int kStoredPanels = 4;  // of one pass over the rows
constexpr int kMostStored = 3;

struct StoredWeight {
  const std::uint8_t* panels;
  int n, type;
};

// Panels of one weight from some panel on.
struct StoredSpan {
  const std::uint8_t* at;
  int type, panels, columns;
  long panelBytes;
};

template <class V>
struct StoredSource;
template <class V>
void storedFewRows(const StoredSource<V>& source, const Product& p);

// Depths [depth0, depth0 + count) of a panel as floats [count][16]. Formats with blocks: both multiples of 8.
template <class V>
void expandPanel(int type, const std::uint8_t* panel, int depth0, int count, float* out) {
  using W = typename V::Wide;
  if (type == kStoredFloat32) {
    std::memcpy(out, panel + static_cast<long>(depth0) * 64, static_cast<size_t>(count) * 64);
    return;
  }
  if (depth0 % 8 != 0) {  // 16-bit floats only
    withFormat<W>(type, [&]<class Format>() {
      for (int k = depth0; k < depth0 + count; k++, out += kPanelWidth) {
        const auto block = Format::open(panel, k / 8 / Format::groups);
        eachOfEight([&]<int D>() {
          if (D == k % 8) Format::template value<D>(block, Format::group(block, 0)).store(out);
        });
      }
    });
    return;
  }
  withFormat<W>(type, [&]<class Format>() {
    int group = depth0 / 8;
    const int end = (depth0 + count) / 8;
    while (group < end) {
      const auto block = Format::open(panel, group / Format::groups);
      do {
        const auto numbers = Format::group(block, group % Format::groups);
        eachOfEight([&]<int D>() { Format::template value<D>(block, numbers).store(out + D * kPanelWidth); });
        out += 8 * kPanelWidth;
      } while (++group < end && group % Format::groups != 0);
    }
    if (count % 8 != 0) {
      const auto block = Format::open(panel, group / Format::groups);
      const auto numbers = Format::group(block, 0);
      eachOfFirst(count % 8, [&]<int D>() { Format::template value<D>(block, numbers).store(out + D * kPanelWidth); });
    }
  });
}

// Up to three weights side by side, each N a multiple of 16 but the last one's; read forward (columns n, chains over k) or backward
// (columns k, chains over n).
template <class V>
struct StoredSource final : PanelSource {
  StoredWeight weights[kMostStored];
  int count, k;
  bool backward;

  StoredSource(int k, bool backward) : count(0), k(k), backward(backward) {}
  void add(const std::uint8_t* panels, int n, int type) {
    if (n > 0) weights[count++] = {panels, n, type};
  }
  int columns() const {
    int total = 0;
    for (int i = 0; i < count; i++) total += weights[i].n;
    return total;
  }
  StoredSpan span(int panel) const {
    int i = 0;
    for (; panel >= panelCount(weights[i].n); i++) panel -= panelCount(weights[i].n);
    const long bytes = storedPanelBytes(weights[i].type, k);
    return {weights[i].panels + panel * bytes, weights[i].type, panelCount(weights[i].n) - panel, weights[i].n - panel * kPanelWidth, bytes};
  }
  bool all(bool isFloat32) const {
    for (int i = 0; i < count; i++) {
      if ((weights[i].type == kStoredFloat32) != isFloat32) return false;
    }
    return true;
  }
  const float* plain(int panel, int together) const override {
    if (backward) return nullptr;
    const StoredSpan from = span(panel);
    return from.type == kStoredFloat32 && from.panels >= together ? reinterpret_cast<const float*>(from.at) : nullptr;
  }
  int mostFewRows() const override { return all(true) ? kFewRows : std::max(kFewRows, V::Tiling::storedFewRows); }
  bool fewRows([[maybe_unused]] const Product& p) const override {
    if (!backward && p.m <= kFewRows && all(true)) {
      thinkwright::fewRows<V>(p);
      return true;
    }
    if constexpr (V::Tiling::storedFewRows > 0) {
      if (backward || p.accumulate || p.a.column != 1 || p.m > V::Tiling::storedFewRows || !all(false)) return false;
      storedFewRows<V>(*this, p);
      return true;
    }
    return false;
  }
  void expand(int index, int depth0, int depth, float* out) const override {
    if (backward) return expandBackward(index, depth0, depth, out);
    const StoredSpan from = span(index);
    expandPanel<V>(from.type, from.at, depth0, depth, out);
  }

 private:
  void expandBackward(int index, int row0, int rows, float* out) const {
    alignas(64) float block[kPanelWidth * kPanelWidth];
    const int column = index * kPanelWidth, columns = std::min(kPanelWidth, k - column);
    for (int row = row0; row < row0 + rows;) {
      const StoredSpan from = span(row / kPanelWidth);
      expandPanel<V>(from.type, from.at, column, columns, block);
      if (columns < kPanelWidth) std::memset(block + columns * kPanelWidth, 0, static_cast<size_t>(kPanelWidth - columns) * 64);
      const int first = row % kPanelWidth, end = std::min(kPanelWidth, first + row0 + rows - row);
      float turned[kPanelWidth * kPanelWidth];
      turnBlock<V>(block, turned);
      std::memcpy(out + static_cast<long>(row - row0) * kPanelWidth, turned + first * kPanelWidth, static_cast<size_t>(end - first) * 64);
      row += end - first;
    }
  }
};

// `rows` <= R rows of a; surplus rows of the tile repeat the last one.
template <class V, class Format, int R, int P>
[[gnu::noinline]] void storedTile(int depth, const float* a, long aStride, int rows, const std::uint8_t* panels, long panelBytes, float* c,
                                  long cStride) {
  using W = typename V::Wide;
  W sums[P][R];
  const float* from[R];
  for (int r = 0; r < R; r++) from[r] = a + std::min(r, rows - 1) * aStride;
  for (int p = 0; p < P; p++) {
    for (int r = 0; r < R; r++) sums[p][r] = W::zero();
  }
  typename Format::Block blocks[P];
  typename Format::Group numbers[P];
  const auto step = [&]<int D>(int k) {
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) {
      const W weight = Format::template value<D>(blocks[p], numbers[p]);
#pragma GCC unroll 8
      for (int r = 0; r < R; r++) sums[p][r] = W::fma(W::broadcast(from[r][k + D]), weight, sums[p][r]);
    }
  };
  int k = 0;
  for (long block = 0; k + 8 * Format::groups <= depth; block++) {
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) blocks[p] = Format::open(panels + p * panelBytes, block);
#pragma GCC unroll 1
    for (int g = 0; g < Format::groups; g++, k += 8) {
#pragma GCC unroll 4
      for (int p = 0; p < P; p++) {
        numbers[p] = Format::group(blocks[p], g);
        // A panel is too short for the hardware to find its stride. Blocks: the next panels while these are multiplied. Sixteen-bit
        // floats fill too much of the cache that way: 2 KiB ahead in the same panel.
        constexpr int kBytes = Format::bytes / Format::groups;
        const long ahead = Format::groups == 1 ? 2048 : P * panelBytes;
        const std::uint8_t* next = panels + p * panelBytes + ahead + block * Format::bytes + g * kBytes;
#pragma GCC unroll 4
        for (int line = 0; line < kBytes; line += 64) __builtin_prefetch(next + line, 0, 3);
      }
      eachOfEight([&]<int D>() { step.template operator()<D>(k); });
    }
  }
  if (k < depth) {
    for (int p = 0; p < P; p++) blocks[p] = Format::open(panels + p * panelBytes, k / 8);
    eachOfFirst(depth - k, [&]<int D>() { step.template operator()<D>(k); });
  }
  for (int p = 0; p < P; p++) {
    for (int r = 0; r < R; r++) sums[p][r].store(c + std::min(r, rows - 1) * cStride + p * kPanelWidth);
  }
}

// One panel, or as many as fit: `columns` columns of up to kStoredRows rows.
template <class V, class Format, int R>
inline void storedRow(int k, const float* a, long aStride, int rows, const std::uint8_t* panels, long panelBytes, int columns, float* c, long cStride) {
  constexpr int kWide = V::Tiling::storedPanels(R);
  int column = 0;
  for (; column + kWide * kPanelWidth <= columns; column += kWide * kPanelWidth) {
    storedTile<V, Format, R, kWide>(k, a, aStride, rows, panels + column / kPanelWidth * panelBytes, panelBytes, c + column, cStride);
  }
  for (; column < columns; column += kPanelWidth) {
    const std::uint8_t* panel = panels + column / kPanelWidth * panelBytes;
    if (column + kPanelWidth <= columns) {
      storedTile<V, Format, R, 1>(k, a, aStride, rows, panel, panelBytes, c + column, cStride);
    } else {
      using W = typename V::Wide;
      alignas(64) float buffer[R * kPanelWidth];
      storedTile<V, Format, R, 1>(k, a, aStride, rows, panel, panelBytes, buffer, kPanelWidth);
      for (int r = 0; r < rows; r++) W::load(buffer + r * kPanelWidth).storeFirst(c + r * cStride + column, columns - column);
    }
  }
}

template <class V>
void storedFewRows(const StoredSource<V>& source, const Product& p) {
  using W = typename V::Wide;
  const int panelsTotal = p.panelsOfPart(), parts = p.parts(), k = p.k;
  const long aStride = p.a.row;
  const long work = static_cast<long>(panelsTotal) * parts * kPanelWidth * k * std::max(p.m, 4);
  const int tasks = static_cast<int>(std::clamp<long>(work / (kTaskMultiplyAdds / 4), 1, threadCount() * 3L));
  const int perTask = ((panelsTotal + tasks - 1) / tasks + kStoredPanels - 1) / kStoredPanels * kStoredPanels;
  parallel((panelsTotal + perTask - 1) / perTask, [&](int task) {
    const int end = std::min(panelsTotal, (task + 1) * perTask);
    for (int panel = task * perTask; panel < end;) {
      int together = std::min(kStoredPanels, end - panel);
      for (int part = 0; part < parts; part++) together = std::min(together, source.span(panel + part * panelsTotal).panels);
      for (int part = 0; part < parts; part++) {
        const StoredSpan span = source.span(panel + part * panelsTotal);
        const int column = (panel + part * panelsTotal) * kPanelWidth;
        const int columns = std::min({together * kPanelWidth, span.columns, p.n - column});
        float* c = p.c + column;
        withFormat<W>(span.type, [&]<class Format>() {
          // The panels stay in L1 while every group of rows passes.
          for (int row = 0; row < p.m;) {
            const int rows = std::min(V::Tiling::storedRows, p.m - row);
            const auto run = [&]<int R>() {
              storedRow<V, Format, R>(k, p.a.at(row, 0), aStride, rows, span.at, span.panelBytes, columns, c + row * p.cStride, p.cStride);
            };
            if (rows == 1) run.template operator()<1>();
            else if (rows == 2) run.template operator()<2>();
            else if (rows <= 4) run.template operator()<4>();
            else run.template operator()<V::Tiling::storedRows>();
            row += rows;
          }
        });
      }
      finishColumns<V>(p, 0, p.m, panel, together);
      panel += together;
    }
  });
}

// out [n, k]: the weight as float32, row major.
template <class V>
void storedExpand(const std::uint8_t* panels, float* out, int type, int n, int k) {
  StoredSource<V> source(k, true);
  source.add(panels, n, type);
  constexpr int kRows = 64;
  parallel((n + kRows - 1) / kRows, [&](int task) {
    const int row0 = task * kRows, rows = std::min(kRows, n - row0);
    float* block = threadScratch<float>(kExpandedPanel, static_cast<size_t>(kRows) * kPanelWidth);
    for (int column = 0; column < k; column += kPanelWidth) {
      source.expand(column / kPanelWidth, row0, rows, block);
      for (int r = 0; r < rows; r++) {
        std::memcpy(out + static_cast<long>(row0 + r) * k + column, block + r * kPanelWidth, static_cast<size_t>(std::min(kPanelWidth, k - column)) * 4);
      }
    }
  });
}

// out [count, k]: rows indices[i] of the weight, held inside it.
template <class V>
void storedRows(const std::uint8_t* panels, const std::int32_t* indices, float* out, int type, int n, int k, int count) {
  if (n == 0) return;
  const long panelBytes = storedPanelBytes(type, k);
  parallelRanges(count, std::max(1, 65536 / std::max(1, 16 * k)), [&](long begin, long end) {
    constexpr int kDepths = 32;
    alignas(64) float block[kDepths * kPanelWidth];
    for (long i = begin; i < end; i++) {
      const int row = std::clamp(indices[i], 0, n - 1);
      if (type == kStoredFloat32) {
        const float* from = reinterpret_cast<const float*>(panels + row / kPanelWidth * panelBytes) + row % kPanelWidth;
        for (int d = 0; d < k; d++) out[i * k + d] = from[static_cast<long>(d) * kPanelWidth];
        continue;
      }
      for (int depth = 0; depth < k; depth += kDepths) {
        const int depths = std::min(kDepths, k - depth);
        expandPanel<V>(type, panels + row / kPanelWidth * panelBytes, depth, depths, block);
        for (int d = 0; d < depths; d++) out[i * k + depth + d] = block[d * kPanelWidth + row % kPanelWidth];
      }
    }
  });
}

}  // namespace
}  // namespace thinkwright
