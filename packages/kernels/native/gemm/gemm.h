// Matrix products in float32, `exact` mode: every output element is ONE fma chain over k ascending, starting from 0, whatever the
// number of rows, the tile, the thread or the instruction set. Weight gradients run over rows in fixed segments of 2,048, each a
// chain from 0, summed in order.
// Weights are read as panels: `[ceil(N/16)][depth][16]`, lane j of panel p holding column 16 p + j, absent columns zero. The caller
// packs when a weight changes and keeps the result; two directions exist because y = x Wᵀ and dx = dy W read W the other way round.
// All pointers are 64-byte aligned device blocks; strides and offsets count floats. Shapes are checked by the caller.
#pragma once
#include <cstddef>
#include <cstdint>

namespace thinkwright {

constexpr int kPanelWidth = 16;
constexpr int kRowSegment = 2048;  // rows of one chain of a weight gradient

constexpr int panelCount(int columns) { return (columns + kPanelWidth - 1) / kPanelWidth; }
// Floats of a packed matrix with `columns` output columns and chains of `depth`.
constexpr size_t panelFloats(int columns, int depth) { return static_cast<size_t>(panelCount(columns)) * kPanelWidth * depth; }

struct GemmKernels {
  // For y = x Wᵀ. weight [n, k] becomes columns [column, column + n) of panels [ceil(totalColumns/16)][k][16].
  // Several weights side by side (q, k, v; gate, up) are several calls; the one that ends at totalColumns zeroes the last lanes.
  void (*packForward)(const float* weight, int n, int k, int column, int totalColumns, float* panels);

  // For dx = dy W. weight [n, k] becomes depths [depth, depth + n) of panels [ceil(k/16)][totalDepth][16].
  void (*packBackward)(const float* weight, int n, int k, int depth, int totalDepth, float* panels);

  // packBackward for a weight that is there as panels of packForward, of its own.
  void (*turnPanels)(const float* weight, int n, int k, int depth, int totalDepth, float* panels);

  // c[m, cColumn … cColumn + n) = a[m, aColumn … aColumn + k) · panels, or continues the chains that c holds when `accumulate` is 1. Before
  // it the RMSNorm of a's rows if there is a norm[k] (prologue.h), whose inverse[m] is written; after it the epilogue (epilogue.h), bias
  // and addend as wide as c. aStride and cStride are row strides. Serves y = x Wᵀ (k = K, n = ΣN) and
  // dx = dy W (k = ΣN, n = K).
  void (*gemm)(int m, int n, int k, const float* a, int aColumn, int aStride, const float* panels, float* c, int cColumn, int cStride, int accumulate,
               const float* bias, const float* addend, float* gated, const float* norm, float* inverse, float epsilon);

  // dWeight[n, k] (+)= dy[rows, dyColumn .. dyColumn + n)ᵀ · x[rows, k]; segments of 2,048 rows are summed in order, after what
  // dWeight holds when `accumulate` is 1.
  void (*gradWeight)(int rows, int n, int k, const float* dy, int dyColumn, int dyStride, const float* x, int xStride, float* dWeight,
                     int accumulate);

  // dBias[n] (+)= Σ_rows dy[rows, column .. column + n), in the order of gradWeight.
  void (*gradBias)(const float* dy, int rows, int stride, int column, float* dBias, int n, int accumulate);

  // General product for tf.matMul: for each i < batch, c_i[m, n] = A_i · B_i with any strides (so any transposition); c is dense.
  // Packs B in the call: use gemm for weights.
  void (*matMul)(int batch, int m, int n, int k, const float* a, int aBatchStride, int aRowStride, int aColumnStride, const float* b,
                 int bBatchStride, int bRowStride, int bColumnStride, float* c);

  // ---- weights in fewer bits: layouts and types in stored-formats.h
  // raw: `count` numbers as blocks of ggml, with its reference rounding; not for the K types.
  void (*storedQuantise)(const float* values, uint8_t* raw, int type, int64_t count);
  // raw [n][k / depth blocks] becomes panels.
  void (*storedPack)(const uint8_t* raw, uint8_t* panels, int type, int n, int k);
  // out [n, k] in float32
  void (*storedExpand)(const uint8_t* panels, float* out, int type, int n, int k);
  // out [count, k]: rows indices[i], held inside [0, n)
  void (*storedRows)(const uint8_t* panels, const int32_t* indices, float* out, int type, int n, int k, int count);
  // Up to three weights side by side (absent: n = 0), each N a multiple of 16 but the last one's; type 0 has panels of packForward.
  // c[m, column …] = a[m, k] Wᵀ, or backward c[m, k] = a[m, column …] W; continues the chains that c holds when `accumulate` is 1.
  // Forward with all types marked kInt8Products or kBf16Products: in those numerics, see int8.h and bf16.h.
  // Norm and epilogue (forward) are those of gemm: bias and addend as wide as c, of which this product has the columns from `column` on.
  void (*storedGemm)(int m, int k, const float* a, int aStride, float* c, int cStride, int column, int backward, int accumulate,
                     const uint8_t* panels0, int n0, int type0, const uint8_t* panels1, int n1, int type1, const uint8_t* panels2, int n2, int type2,
                     const float* bias, const float* addend, float* gated, const float* norm, float* inverse, float epsilon);
};

// The table for the chosen instruction set.
const GemmKernels& gemmKernels();

}  // namespace thinkwright
