// Loop order and blocking of the matrix product.
// M <= 12: rows stay where they are; each task owns a range of panels and reads them once; rows in balanced groups of at most a tile.
// M > 12: tasks over blocks of rows (and column ranges when there are few); for each slice of k a task packs its rows into L2, then
//   for each panel (or pair: the slice in L1) runs the tiles down its rows; chains pass through c between slices. Sizes: V::Tiling.
// No task ever splits k.
#pragma once
#include "gemm/epilogue.h"
#include "gemm/pack.h"
#include "gemm/prologue.h"
#include "runtime/scratch.h"

namespace thinkwright {
namespace {

constexpr int kFewRows = 12;
constexpr int kManyPanels = 512;  // packing the rows once more is nothing beside them

// Scratch slots of this family (thread: packed rows; shared, besides that of prologue.h: packed right-hand sides, segment sums).
enum GemmScratch : int { kPackedRows = 0, kExpandedPanel = 1, kPackedPanels = 0, kSegmentSum = 1 };

constexpr long kTaskMultiplyAdds = 1 << 20;  // about 20 us: smaller records stay on the stream thread

struct Product;

// Panels that are not plain floats in memory, or not one after the other (stored.h).
struct PanelSource {
  // Depths [depth0, depth0 + depth) of a panel as floats [depth][16].
  virtual void expand(int panel, int depth0, int depth, float* out) const = 0;
  // `together` panels from `panel` on, if they are plain floats one after the other, else nullptr: they must be expanded.
  virtual const float* plain(int panel, int together) const = 0;
  // Up to so many rows are multiplied where they lie, more are packed.
  virtual int mostFewRows() const = 0;
  // Multiplies few rows in its own way, or returns false.
  virtual bool fewRows(const Product& p) const = 0;

 protected:
  ~PanelSource() = default;
};

struct Product {
  int m, n, k;
  Strided a;
  const float* panels;
  long panelStride;  // floats from one plain panel to the next
  float* c;
  long cStride;
  bool accumulate;
  const PanelSource* source = nullptr;  // instead of panels
  Epilogue epilogue = {};
  RowScale scale = {};  // of packed rows

  int parts() const { return epilogue.parts(); }
  int panelsOfPart() const { return panelCount(n) / parts(); }
  const float* plain(int panel, int together) const { return source == nullptr ? panels + panel * panelStride : source->plain(panel, together); }
};

// The epilogue of `panels` panels of a part from `panel` on.
template <class V>
inline void finishColumns(const Product& p, int row0, int row1, int panel, int panels) {
  const int column = panel * kPanelWidth;
  finish<V>(p.epilogue, p.c, p.cStride, p.n, row0, row1, column, std::min(panels * kPanelWidth, p.n / p.parts() - column));
}

template <class V>
void fewRows(const Product& p) {
  constexpr int kRows = V::Tiling::tileRows;
  const int panelsTotal = p.panelsOfPart(), parts = p.parts();
  const int groups = (p.m + kRows - 1) / kRows;
  const int groupRows = (p.m + groups - 1) / groups;
  const int step = groups > 1 ? 1 : V::Tiling::panels(groupRows);  // panels that stay in cache while every row group passes
  // Reading the weights costs as much as multiplying about 4 rows with them.
  const long work = static_cast<long>(panelsTotal) * parts * kPanelWidth * p.k * std::max(p.m, 4);
  const int tasks = static_cast<int>(std::clamp<long>(work / (kTaskMultiplyAdds / 4), 1, threadCount() * 6L));
  const int perTask = ((panelsTotal + tasks - 1) / tasks + step - 1) / step * step;
  parallel((panelsTotal + perTask - 1) / perTask, [&](int task) {
    const int end = std::min(panelsTotal, (task + 1) * perTask);
    for (int panel = task * perTask; panel < end;) {
      int together = std::min(step, end - panel);
      for (int part = 0; part < parts; part++) {
        while (p.plain(panel + part * panelsTotal, together) == nullptr) together--;  // they end with a weight
      }
      for (int part = 0; part < parts; part++) {
        const int at = panel + part * panelsTotal, column = at * kPanelWidth;
        const int columns = std::min(together * kPanelWidth, p.n - column);
        const float* b = p.plain(at, together);
        for (int row = 0; row < p.m; row += groupRows) {
          const float* a = p.a.at(row, 0);
          float* c = p.c + row * p.cStride + column;
          withRows<kRows>(std::min(groupRows, p.m - row), [&]<int R>() {
            tileRow<V, R>(p.k, StreamedRows{{a, p.a.row, p.a.column}}, b, p.panelStride, columns, c, p.cStride, p.accumulate);
          });
        }
      }
      finishColumns<V>(p, 0, p.m, panel, together);
      panel += together;
    }
  });
}

// Rows and panels of one task, the panels counted in a part.
template <class V>
void rowBlock(const Product& p, int row0, int row1, int panel0, int panel1) {
  using Tiling = typename V::Tiling;
  constexpr int kRows = Tiling::tileRows, kPanels = Tiling::panels(kRows);
  float* tiles = threadScratch<float>(kPackedRows, (Tiling::blockRows / kRows + 2) * tileStride<V>(Tiling::depthSlice));
  float* expanded = p.source == nullptr ? nullptr : threadScratch<float>(kExpandedPanel, kPanels * kPanelWidth * Tiling::depthSlice);
  const int slices = (p.k + Tiling::depthSlice - 1) / Tiling::depthSlice;
  const int slice = ((p.k + slices - 1) / slices + 7) / 8 * 8;
  const int parts = p.parts(), panelsOfPart = p.panelsOfPart();
  for (int k0 = 0; k0 < p.k; k0 += slice) {
    const int depth = std::min(slice, p.k - k0);
    const bool loadC = p.accumulate || k0 > 0, isLast = k0 + depth == p.k;
    packRows<V>(p.a, p.scale, row0, row1, k0, k0 + depth, tiles);
    // Groups of panels in the order they are read: of a gated product a group of gates, then that of what they gate.
    const int groups = (panel1 - panel0 + kPanels - 1) / kPanels * parts;
    const auto panelOf = [&](int group) { return panel0 + group / parts * kPanels + group % parts * panelsOfPart; };
    for (int group = 0; group < groups; group++) {
      const int panel = panelOf(group), column = panel * kPanelWidth;
      const int together = std::min(kPanels, panel1 - panel0 - group / parts * kPanels);
      const int columns = std::min(together * kPanelWidth, p.n - column);
      const float* b = p.plain(panel, together);
      const float* after = p.plain(panelOf(group + 1 < groups ? group + 1 : group), 1);
      long panelStride = p.panelStride;
      if (b != nullptr) {
        b += static_cast<long>(k0) * kPanelWidth;
      } else {
        b = expanded;
        panelStride = static_cast<long>(depth) * kPanelWidth;
        for (int i = 0; i < together; i++) p.source->expand(panel + i, k0, depth, expanded + i * panelStride);
      }
      after = after == nullptr ? b : after + static_cast<long>(k0) * kPanelWidth;
      float* c = p.c + column;
      const auto packed = [&](int row) {
        const int tile = (row - row0) / kRows;
        return PackedRows<V>{tiles + tile * tileStride<V>(depth), after + static_cast<long>(std::min(tile, 3) * (depth / 4)) * kPanelWidth};
      };
      int row = row0;
      if (columns == kPanels * kPanelWidth) {
        for (; row + kRows <= row1; row += kRows) {
          // The next tile's part of c is in the outer caches: fetch it while this one multiplies.
          const float* next = c + (row + kRows) * p.cStride;
          for (int r = 0; r < std::min(kRows, row1 - row - kRows); r++) {
            for (int i = 0; i < kPanels; i++) __builtin_prefetch(next + r * p.cStride + i * kPanelWidth, 1);
          }
          tile<V, kRows, kPanels>(depth, packed(row), b, panelStride, kPanelWidth, c + row * p.cStride, p.cStride, loadC);
        }
      }
      for (; row < row1; row += kRows) {
        withRows<kRows>(std::min(kRows, row1 - row), [&]<int R>() {
          tileRow<V, R>(depth, packed(row), b, panelStride, columns, c + row * p.cStride, p.cStride, loadC);
        });
      }
      if (isLast && group % parts == parts - 1) finishColumns<V>(p, row0, row1, panelOf(group - parts + 1), together);
    }
  }
}

template <class V>
void manyRows(const Product& p) {
  using Tiling = typename V::Tiling;
  constexpr int kRows = Tiling::tileRows, kPanels = Tiling::panels(kRows);
  const int panelsTotal = p.panelsOfPart();
  const int threads = threadCount();
  const long work = static_cast<long>(p.m) * p.n * p.k;
  int blocks = (p.m + Tiling::blockRows - 1) / Tiling::blockRows;
  int ranges = 1;
  if (threads > 1 && work > kTaskMultiplyAdds) {
    // An even number of tasks for each thread. One block of rows: split the columns, so that each panel is read (or expanded, which
    // costs as much as some 8 rows) by one thread only; every range packs the rows again, so of few panels one range a thread.
    // Otherwise rather fewer rows a block than a split.
    const int wanted = static_cast<int>(std::min<long>(threads * 2L, work / (kTaskMultiplyAdds / 2)));
    if (blocks > 1 && blocks < threads * 8) blocks = std::max(1, std::min((blocks + wanted - 1) / wanted * wanted, (p.m + 4 * kRows - 1) / (4 * kRows)));
    if (blocks == 1) ranges = std::min(panelsTotal, panelsTotal < kManyPanels ? std::min(wanted, threads) : wanted);
    else if (blocks < wanted) ranges = std::min(panelsTotal, (wanted + blocks - 1) / blocks);
  }
  const int tiles = (p.m + kRows - 1) / kRows;
  blocks = std::min(blocks, tiles);
  const int rangePanels = ((panelsTotal + ranges - 1) / ranges + kPanels - 1) / kPanels * kPanels;
  ranges = (panelsTotal + rangePanels - 1) / rangePanels;
  const auto task = [&](int index) {
    // Blocks differ by a tile at most: with a short last one the threads would wait for each other.
    const auto rowOf = [&](int block) { return std::min<int>(p.m, static_cast<long>(tiles) * block / blocks * kRows); };
    const int block = index / ranges, panel0 = index % ranges * rangePanels;
    rowBlock<V>(p, rowOf(block), rowOf(block + 1), panel0, std::min(panelsTotal, panel0 + rangePanels));
  };
  if (work <= kTaskMultiplyAdds) {
    for (int index = 0; index < blocks * ranges; index++) task(index);
  } else {
    parallel(blocks * ranges, task);
  }
}

template <class V>
void product(const Product& p) {
  if (p.m <= 0 || p.n <= 0) return;
  if (p.k == 0) {
    for (int row = 0; row < p.m && !p.accumulate; row++) std::memset(p.c + row * p.cStride, 0, static_cast<size_t>(p.n) * 4);
    return finishColumns<V>(p, 0, p.m, 0, p.panelsOfPart());
  }
  if (p.source != nullptr) {
    if (!p.source->fewRows(p)) manyRows<V>(p);
    return;
  }
  if (p.m <= kFewRows) return fewRows<V>(p);
  manyRows<V>(p);
}

// The product of normalised rows.
template <class V>
void normalisedProduct(const Norm& norm, Product p) {
  if (norm.weight != nullptr) {
    const bool packs = p.m > (p.source == nullptr ? kFewRows : p.source->mostFewRows());
    if (packs) {
      rowStatistics<V>(norm, p.m, p.k, p.a.data, p.a.row);
      p.scale = {norm.inverse, norm.weight};
    } else {
      p.a = normalisedRows<V>(norm, p.m, p.k, p.a);
    }
  }
  product<V>(p);
}

// c (+)= aᵀ b over rows in segments of 2,048: dWeight[n, k] from dy[rows, n], x[rows, k]. x is packed a slice of a segment at a time, so
// that its panels are read from the caches they were written to; the chains pass through the sum.
template <class V>
void gradientOverRows(int rows, int n, int k, const float* dy, long dyStride, const float* x, long xStride, float* c, bool accumulate) {
  if (rows == 0 && !accumulate) std::memset(c, 0, static_cast<size_t>(n) * k * 4);
  for (int row0 = 0; row0 < rows; row0 += kRowSegment) {
    const int count = std::min(kRowSegment, rows - row0);
    const int slices = (count + V::Tiling::depthSlice - 1) / V::Tiling::depthSlice;
    const int slice = ((count + slices - 1) / slices + 7) / 8 * 8;
    float* panels = sharedScratch<float>(kPackedPanels, panelFloats(k, slice));
    const bool add = accumulate || row0 > 0;
    float* sum = add ? sharedScratch<float>(kSegmentSum, static_cast<size_t>(n) * k) : c;
    for (int first = 0; first < count; first += slice) {
      const int depth = std::min(slice, count - first);
      const long row = row0 + first;
      packPanels<V>({x + row * xStride, xStride, 1}, k, depth, 0, k, 0, depth, panels);
      product<V>({n, k, depth, {dy + row * dyStride, 1, dyStride}, panels, static_cast<long>(depth) * kPanelWidth, sum, k, first > 0});
    }
    if (!add) continue;
    parallelRanges(static_cast<long>(n) * k, 65536, [&](long begin, long end) {
      long i = begin;
      for (; i + 8 <= end; i += 8) (V::load(c + i) + V::load(sum + i)).store(c + i);
      for (; i < end; i++) c[i] = c[i] + sum[i];
    });
  }
}

}  // namespace
}  // namespace thinkwright
