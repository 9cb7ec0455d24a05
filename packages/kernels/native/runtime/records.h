// Generated from native/records.json by scripts/generate-records.ts: the launch records as structs. Do not edit.
#pragma once
#include <cstdint>

#include "runtime/arena.h"

namespace thinkwright {

constexpr int kRecordWords = 32;

// One slot of the ring: the kernel id, then its arguments.
struct Record {
  std::int32_t words[kRecordWords];
};

// A 64-bit integer in two words, which need not be aligned to 8 bytes.
struct Long {
  std::uint32_t low;
  std::int32_t high;
  operator std::int64_t() const { return static_cast<std::int64_t>(high) * (std::int64_t{1} << 32) + low; }
};

enum class Kernel : std::int32_t {
  noop,
  replay,
  packForward,
  packBackward,
  turnPanels,
  gemm,
  gradWeight,
  gradBias,
  matMul,
  storedQuantise,
  storedPack,
  storedExpand,
  storedRows,
  storedGemm,
  gatherRows,
  scatterAddRows,
  rmsNorm,
  rmsNormGrad,
  rope,
  ropeNormGrad,
  swiglu,
  swigluGrad,
  geglu,
  gegluGrad,
  attention,
  attentionGrad,
  cachedAttention,
  copyPrefix,
  roundColumns,
  tokenLogProbs,
  tokenLogProbsGrad,
  topTokenLogProbs,
  headDivergence,
  headDivergenceGrad,
  sampleTokens,
  startCounts,
  adamW,
  globalNorm,
  clipScale,
  binary,
  unary,
  select,
  reduce,
  cumsum,
  cast,
  stridedCopy,
  gather,
  scatterAdd,
  oneHot,
  fill,
  range,
  copyBytes,
  argMax,
  addInt,
  randomUniform,
  randomNormal,
  dropout,
  roofline,
};

constexpr int kKernelCount = 58;
inline constexpr const char* kKernelNames[] = {
    "noop",
    "replay",
    "packForward",
    "packBackward",
    "turnPanels",
    "gemm",
    "gradWeight",
    "gradBias",
    "matMul",
    "storedQuantise",
    "storedPack",
    "storedExpand",
    "storedRows",
    "storedGemm",
    "gatherRows",
    "scatterAddRows",
    "rmsNorm",
    "rmsNormGrad",
    "rope",
    "ropeNormGrad",
    "swiglu",
    "swigluGrad",
    "geglu",
    "gegluGrad",
    "attention",
    "attentionGrad",
    "cachedAttention",
    "copyPrefix",
    "roundColumns",
    "tokenLogProbs",
    "tokenLogProbsGrad",
    "topTokenLogProbs",
    "headDivergence",
    "headDivergenceGrad",
    "sampleTokens",
    "startCounts",
    "adamW",
    "globalNorm",
    "clipScale",
    "binary",
    "unary",
    "select",
    "reduce",
    "cumsum",
    "cast",
    "stridedCopy",
    "gather",
    "scatterAdd",
    "oneHot",
    "fill",
    "range",
    "copyBytes",
    "argMax",
    "addInt",
    "randomUniform",
    "randomNormal",
    "dropout",
    "roofline",
};

// apply(function) calls the function with the fields in order.
struct NoopRecord {
  std::int32_t kernel;

  template <class Function>
  void apply(Function&& function) const {
    function();
  }
};
static_assert(sizeof(NoopRecord) == 4);

struct ReplayRecord {
  std::int32_t kernel;
  Address<const std::int32_t> program;
  std::int32_t count;

  template <class Function>
  void apply(Function&& function) const {
    function(program, count);
  }
};
static_assert(sizeof(ReplayRecord) == 12);

struct PackForwardRecord {
  std::int32_t kernel;
  Address<const float> weight;
  std::int32_t n;
  std::int32_t k;
  std::int32_t column;
  std::int32_t totalColumns;
  Address<float> panels;

  template <class Function>
  void apply(Function&& function) const {
    function(weight, n, k, column, totalColumns, panels);
  }
};
static_assert(sizeof(PackForwardRecord) == 28);

struct PackBackwardRecord {
  std::int32_t kernel;
  Address<const float> weight;
  std::int32_t n;
  std::int32_t k;
  std::int32_t depth;
  std::int32_t totalDepth;
  Address<float> panels;

  template <class Function>
  void apply(Function&& function) const {
    function(weight, n, k, depth, totalDepth, panels);
  }
};
static_assert(sizeof(PackBackwardRecord) == 28);

struct TurnPanelsRecord {
  std::int32_t kernel;
  Address<const float> weight;
  std::int32_t n;
  std::int32_t k;
  std::int32_t depth;
  std::int32_t totalDepth;
  Address<float> panels;

  template <class Function>
  void apply(Function&& function) const {
    function(weight, n, k, depth, totalDepth, panels);
  }
};
static_assert(sizeof(TurnPanelsRecord) == 28);

struct GemmRecord {
  std::int32_t kernel;
  std::int32_t m;
  std::int32_t n;
  std::int32_t k;
  Address<const float> a;
  std::int32_t aColumn;
  std::int32_t aStride;
  Address<const float> panels;
  Address<float> c;
  std::int32_t cColumn;
  std::int32_t cStride;
  std::int32_t accumulate;
  Address<const float> bias;
  Address<const float> addend;
  Address<float> gated;
  Address<const float> norm;
  Address<float> inverse;
  float epsilon;

  template <class Function>
  void apply(Function&& function) const {
    function(m, n, k, a, aColumn, aStride, panels, c, cColumn, cStride, accumulate, bias, addend, gated, norm, inverse, epsilon);
  }
};
static_assert(sizeof(GemmRecord) == 72);

struct GradWeightRecord {
  std::int32_t kernel;
  std::int32_t rows;
  std::int32_t n;
  std::int32_t k;
  Address<const float> dy;
  std::int32_t dyColumn;
  std::int32_t dyStride;
  Address<const float> x;
  std::int32_t xStride;
  Address<float> dWeight;
  std::int32_t accumulate;

  template <class Function>
  void apply(Function&& function) const {
    function(rows, n, k, dy, dyColumn, dyStride, x, xStride, dWeight, accumulate);
  }
};
static_assert(sizeof(GradWeightRecord) == 44);

struct GradBiasRecord {
  std::int32_t kernel;
  Address<const float> dy;
  std::int32_t rows;
  std::int32_t stride;
  std::int32_t column;
  Address<float> dBias;
  std::int32_t n;
  std::int32_t accumulate;

  template <class Function>
  void apply(Function&& function) const {
    function(dy, rows, stride, column, dBias, n, accumulate);
  }
};
static_assert(sizeof(GradBiasRecord) == 32);

struct MatMulRecord {
  std::int32_t kernel;
  std::int32_t batch;
  std::int32_t m;
  std::int32_t n;
  std::int32_t k;
  Address<const float> a;
  std::int32_t aBatchStride;
  std::int32_t aRowStride;
  std::int32_t aColumnStride;
  Address<const float> b;
  std::int32_t bBatchStride;
  std::int32_t bRowStride;
  std::int32_t bColumnStride;
  Address<float> c;

  template <class Function>
  void apply(Function&& function) const {
    function(batch, m, n, k, a, aBatchStride, aRowStride, aColumnStride, b, bBatchStride, bRowStride, bColumnStride, c);
  }
};
static_assert(sizeof(MatMulRecord) == 56);

struct StoredQuantiseRecord {
  std::int32_t kernel;
  Address<const float> values;
  Address<std::uint8_t> raw;
  std::int32_t type;
  Long count;

  template <class Function>
  void apply(Function&& function) const {
    function(values, raw, type, count);
  }
};
static_assert(sizeof(StoredQuantiseRecord) == 24);

struct StoredPackRecord {
  std::int32_t kernel;
  Address<const std::uint8_t> raw;
  Address<std::uint8_t> panels;
  std::int32_t type;
  std::int32_t n;
  std::int32_t k;

  template <class Function>
  void apply(Function&& function) const {
    function(raw, panels, type, n, k);
  }
};
static_assert(sizeof(StoredPackRecord) == 24);

struct StoredExpandRecord {
  std::int32_t kernel;
  Address<const std::uint8_t> panels;
  Address<float> out;
  std::int32_t type;
  std::int32_t n;
  std::int32_t k;

  template <class Function>
  void apply(Function&& function) const {
    function(panels, out, type, n, k);
  }
};
static_assert(sizeof(StoredExpandRecord) == 24);

struct StoredRowsRecord {
  std::int32_t kernel;
  Address<const std::uint8_t> panels;
  Address<const std::int32_t> indices;
  Address<float> out;
  std::int32_t type;
  std::int32_t n;
  std::int32_t k;
  std::int32_t count;

  template <class Function>
  void apply(Function&& function) const {
    function(panels, indices, out, type, n, k, count);
  }
};
static_assert(sizeof(StoredRowsRecord) == 32);

struct StoredGemmRecord {
  std::int32_t kernel;
  std::int32_t m;
  std::int32_t k;
  Address<const float> a;
  std::int32_t aStride;
  Address<float> c;
  std::int32_t cStride;
  std::int32_t column;
  std::int32_t backward;
  std::int32_t accumulate;
  Address<const std::uint8_t> panels0;
  std::int32_t n0;
  std::int32_t type0;
  Address<const std::uint8_t> panels1;
  std::int32_t n1;
  std::int32_t type1;
  Address<const std::uint8_t> panels2;
  std::int32_t n2;
  std::int32_t type2;
  Address<const float> bias;
  Address<const float> addend;
  Address<float> gated;
  Address<const float> norm;
  Address<float> inverse;
  float epsilon;

  template <class Function>
  void apply(Function&& function) const {
    function(m, k, a, aStride, c, cStride, column, backward, accumulate, panels0, n0, type0, panels1, n1, type1, panels2, n2, type2, bias, addend, gated, norm, inverse, epsilon);
  }
};
static_assert(sizeof(StoredGemmRecord) == 100);

struct GatherRowsRecord {
  std::int32_t kernel;
  Address<const float> source;
  Address<const std::int32_t> indices;
  Address<float> out;
  std::int32_t count;
  std::int32_t c;
  std::int32_t sourceRows;

  template <class Function>
  void apply(Function&& function) const {
    function(source, indices, out, count, c, sourceRows);
  }
};
static_assert(sizeof(GatherRowsRecord) == 28);

struct ScatterAddRowsRecord {
  std::int32_t kernel;
  Address<const float> values;
  Address<const std::int32_t> indices;
  Address<float> out;
  std::int32_t count;
  std::int32_t c;
  std::int32_t outRows;
  std::int32_t accumulate;

  template <class Function>
  void apply(Function&& function) const {
    function(values, indices, out, count, c, outRows, accumulate);
  }
};
static_assert(sizeof(ScatterAddRowsRecord) == 32);

struct RmsNormRecord {
  std::int32_t kernel;
  Address<const float> x;
  Address<const float> weight;
  Address<float> out;
  Address<float> rstd;
  std::int32_t rows;
  std::int32_t c;
  float epsilon;

  template <class Function>
  void apply(Function&& function) const {
    function(x, weight, out, rstd, rows, c, epsilon);
  }
};
static_assert(sizeof(RmsNormRecord) == 32);

struct RmsNormGradRecord {
  std::int32_t kernel;
  Address<const float> x;
  Address<const float> weight;
  Address<const float> rstd;
  Address<const float> dOut;
  Address<float> dx;
  Address<float> dWeight;
  std::int32_t rows;
  std::int32_t c;
  std::int32_t accumulate;

  template <class Function>
  void apply(Function&& function) const {
    function(x, weight, rstd, dOut, dx, dWeight, rows, c, accumulate);
  }
};
static_assert(sizeof(RmsNormGradRecord) == 40);

struct RopeRecord {
  std::int32_t kernel;
  Address<const float> x;
  Address<const float> table;
  Address<const std::int32_t> positions;
  Address<const float> queryNorm;
  Address<const float> keyNorm;
  Address<float> out;
  std::int32_t rows;
  std::int32_t width;
  std::int32_t headDimension;
  std::int32_t headCount;
  std::int32_t queryHeadCount;
  float epsilon;
  std::int32_t inverse;
  std::int32_t tableRows;

  template <class Function>
  void apply(Function&& function) const {
    function(x, table, positions, queryNorm, keyNorm, out, rows, width, headDimension, headCount, queryHeadCount, epsilon, inverse, tableRows);
  }
};
static_assert(sizeof(RopeRecord) == 60);

struct RopeNormGradRecord {
  std::int32_t kernel;
  Address<const float> x;
  Address<const float> table;
  Address<const std::int32_t> positions;
  Address<const float> queryNorm;
  Address<const float> keyNorm;
  Address<const float> dOut;
  Address<float> dx;
  Address<float> dQueryNorm;
  Address<float> dKeyNorm;
  std::int32_t rows;
  std::int32_t width;
  std::int32_t headDimension;
  std::int32_t headCount;
  std::int32_t queryHeadCount;
  float epsilon;
  std::int32_t tableRows;

  template <class Function>
  void apply(Function&& function) const {
    function(x, table, positions, queryNorm, keyNorm, dOut, dx, dQueryNorm, dKeyNorm, rows, width, headDimension, headCount, queryHeadCount, epsilon, tableRows);
  }
};
static_assert(sizeof(RopeNormGradRecord) == 68);

struct SwigluRecord {
  std::int32_t kernel;
  Address<const float> gateUp;
  Address<float> out;
  std::int32_t rows;
  std::int32_t f;

  template <class Function>
  void apply(Function&& function) const {
    function(gateUp, out, rows, f);
  }
};
static_assert(sizeof(SwigluRecord) == 20);

struct SwigluGradRecord {
  std::int32_t kernel;
  Address<const float> gateUp;
  Address<const float> dOut;
  Address<float> dGateUp;
  std::int32_t rows;
  std::int32_t f;

  template <class Function>
  void apply(Function&& function) const {
    function(gateUp, dOut, dGateUp, rows, f);
  }
};
static_assert(sizeof(SwigluGradRecord) == 24);

struct GegluRecord {
  std::int32_t kernel;
  Address<const float> gateUp;
  Address<float> out;
  std::int32_t rows;
  std::int32_t f;

  template <class Function>
  void apply(Function&& function) const {
    function(gateUp, out, rows, f);
  }
};
static_assert(sizeof(GegluRecord) == 20);

struct GegluGradRecord {
  std::int32_t kernel;
  Address<const float> gateUp;
  Address<const float> dOut;
  Address<float> dGateUp;
  std::int32_t rows;
  std::int32_t f;

  template <class Function>
  void apply(Function&& function) const {
    function(gateUp, dOut, dGateUp, rows, f);
  }
};
static_assert(sizeof(GegluGradRecord) == 24);

struct AttentionRecord {
  std::int32_t kernel;
  Address<const float> qkv;
  Address<const std::int32_t> offsets;
  Address<float> out;
  Address<float> logSumExp;
  std::int32_t sequences;
  std::int32_t headCount;
  std::int32_t keyValueHeadCount;
  std::int32_t headDimension;
  float scale;
  std::int32_t window;

  template <class Function>
  void apply(Function&& function) const {
    function(qkv, offsets, out, logSumExp, sequences, headCount, keyValueHeadCount, headDimension, scale, window);
  }
};
static_assert(sizeof(AttentionRecord) == 44);

struct AttentionGradRecord {
  std::int32_t kernel;
  Address<const float> qkv;
  Address<const std::int32_t> offsets;
  Address<const float> out;
  Address<const float> logSumExp;
  Address<const float> dOut;
  Address<float> dQkv;
  std::int32_t sequences;
  std::int32_t headCount;
  std::int32_t keyValueHeadCount;
  std::int32_t headDimension;
  float scale;
  std::int32_t window;

  template <class Function>
  void apply(Function&& function) const {
    function(qkv, offsets, out, logSumExp, dOut, dQkv, sequences, headCount, keyValueHeadCount, headDimension, scale, window);
  }
};
static_assert(sizeof(AttentionGradRecord) == 52);

struct CachedAttentionRecord {
  std::int32_t kernel;
  Address<const float> qkv;
  Address<const std::int32_t> slots;
  Address<const std::int32_t> positions;
  Address<std::uint8_t> keyCache;
  Address<std::uint8_t> valueCache;
  Address<float> out;
  std::int32_t rows;
  std::int32_t capacity;
  std::int32_t headCount;
  std::int32_t keyValueHeadCount;
  std::int32_t headDimension;
  float scale;
  std::int32_t slotCount;
  std::int32_t cacheType;
  std::int32_t window;

  template <class Function>
  void apply(Function&& function) const {
    function(qkv, slots, positions, keyCache, valueCache, out, rows, capacity, headCount, keyValueHeadCount, headDimension, scale, slotCount, cacheType, window);
  }
};
static_assert(sizeof(CachedAttentionRecord) == 64);

struct CopyPrefixRecord {
  std::int32_t kernel;
  Address<std::uint8_t> keyCache;
  Address<std::uint8_t> valueCache;
  std::int32_t fromSlot;
  std::int32_t toSlot;
  std::int32_t length;
  std::int32_t capacity;
  std::int32_t keyValueHeadCount;
  std::int32_t headDimension;
  std::int32_t cacheType;

  template <class Function>
  void apply(Function&& function) const {
    function(keyCache, valueCache, fromSlot, toSlot, length, capacity, keyValueHeadCount, headDimension, cacheType);
  }
};
static_assert(sizeof(CopyPrefixRecord) == 40);

struct RoundColumnsRecord {
  std::int32_t kernel;
  Address<const float> x;
  Address<float> out;
  std::int32_t rows;
  std::int32_t columns;
  std::int32_t first;

  template <class Function>
  void apply(Function&& function) const {
    function(x, out, rows, columns, first);
  }
};
static_assert(sizeof(RoundColumnsRecord) == 24);

struct TokenLogProbsRecord {
  std::int32_t kernel;
  Address<const float> hidden;
  Address<const std::uint8_t> weight;
  Address<const std::int32_t> targets;
  Address<const float> bias;
  Address<float> logProbs;
  Address<float> entropy;
  Address<float> logSumExp;
  std::int32_t rows;
  std::int32_t c;
  std::int32_t v;
  std::int32_t targetCount;
  float temperature;
  float innerScale;
  float cap;
  std::int32_t type;

  template <class Function>
  void apply(Function&& function) const {
    function(hidden, weight, targets, bias, logProbs, entropy, logSumExp, rows, c, v, targetCount, temperature, innerScale, cap, type);
  }
};
static_assert(sizeof(TokenLogProbsRecord) == 64);

struct TokenLogProbsGradRecord {
  std::int32_t kernel;
  Address<const float> hidden;
  Address<const std::uint8_t> weight;
  Address<const std::int32_t> targets;
  Address<const float> bias;
  Address<const float> logSumExp;
  Address<const float> dLogProbs;
  Address<float> dHidden;
  Address<float> dWeight;
  Address<float> dBias;
  std::int32_t rows;
  std::int32_t c;
  std::int32_t v;
  std::int32_t targetCount;
  float temperature;
  float innerScale;
  float cap;
  std::int32_t accumulate;
  std::int32_t type;

  template <class Function>
  void apply(Function&& function) const {
    function(hidden, weight, targets, bias, logSumExp, dLogProbs, dHidden, dWeight, dBias, rows, c, v, targetCount, temperature, innerScale, cap, accumulate, type);
  }
};
static_assert(sizeof(TokenLogProbsGradRecord) == 76);

struct TopTokenLogProbsRecord {
  std::int32_t kernel;
  Address<const float> hidden;
  Address<const std::uint8_t> weight;
  Address<const float> bias;
  Address<std::int32_t> ids;
  Address<float> logProbs;
  std::int32_t rows;
  std::int32_t c;
  std::int32_t v;
  std::int32_t k;
  float temperature;
  float innerScale;
  float cap;
  std::int32_t type;

  template <class Function>
  void apply(Function&& function) const {
    function(hidden, weight, bias, ids, logProbs, rows, c, v, k, temperature, innerScale, cap, type);
  }
};
static_assert(sizeof(TopTokenLogProbsRecord) == 56);

struct HeadDivergenceRecord {
  std::int32_t kernel;
  Address<const float> hidden;
  Address<const std::uint8_t> weight;
  Address<const float> teacherHidden;
  Address<const std::uint8_t> teacherWeight;
  Address<const std::int32_t> targets;
  Address<float> divergence;
  Address<float> logProbs;
  Address<float> entropy;
  Address<float> numbers;
  std::int32_t rows;
  std::int32_t c;
  std::int32_t teacherC;
  std::int32_t v;
  float temperature;
  float beta;
  std::int32_t type;
  std::int32_t teacherType;

  template <class Function>
  void apply(Function&& function) const {
    function(hidden, weight, teacherHidden, teacherWeight, targets, divergence, logProbs, entropy, numbers, rows, c, teacherC, v, temperature, beta, type, teacherType);
  }
};
static_assert(sizeof(HeadDivergenceRecord) == 72);

struct HeadDivergenceGradRecord {
  std::int32_t kernel;
  Address<const float> hidden;
  Address<const std::uint8_t> weight;
  Address<const float> teacherHidden;
  Address<const std::uint8_t> teacherWeight;
  Address<const float> numbers;
  Address<const float> dDivergence;
  Address<float> dHidden;
  Address<float> dWeight;
  std::int32_t rows;
  std::int32_t c;
  std::int32_t teacherC;
  std::int32_t v;
  float temperature;
  float beta;
  std::int32_t accumulate;
  std::int32_t type;
  std::int32_t teacherType;

  template <class Function>
  void apply(Function&& function) const {
    function(hidden, weight, teacherHidden, teacherWeight, numbers, dDivergence, dHidden, dWeight, rows, c, teacherC, v, temperature, beta, accumulate, type, teacherType);
  }
};
static_assert(sizeof(HeadDivergenceGradRecord) == 72);

struct SampleTokensRecord {
  std::int32_t kernel;
  Address<const float> logits;
  Address<const float> settings;
  Address<const std::int32_t> seeds;
  Address<const std::int32_t> keys;
  Address<const std::int32_t> positions;
  Address<const std::int32_t> slots;
  Address<std::int32_t> counts;
  Address<std::int32_t> ids;
  Address<float> logProbs;
  std::int32_t rows;
  std::int32_t v;
  std::int32_t slotCount;

  template <class Function>
  void apply(Function&& function) const {
    function(logits, settings, seeds, keys, positions, slots, counts, ids, logProbs, rows, v, slotCount);
  }
};
static_assert(sizeof(SampleTokensRecord) == 52);

struct StartCountsRecord {
  std::int32_t kernel;
  Address<std::int32_t> counts;
  Address<const std::int32_t> promptIds;
  std::int32_t slot;
  std::int32_t length;
  std::int32_t v;

  template <class Function>
  void apply(Function&& function) const {
    function(counts, promptIds, slot, length, v);
  }
};
static_assert(sizeof(StartCountsRecord) == 24);

struct AdamWRecord {
  std::int32_t kernel;
  Address<const std::int32_t> tensors;
  std::int32_t tensorCount;
  Long elements;
  float oneMinusBeta1;
  float beta2;
  float oneMinusBeta2;
  float epsilon;
  Address<const float> gradientScale;

  template <class Function>
  void apply(Function&& function) const {
    function(tensors, tensorCount, elements, oneMinusBeta1, beta2, oneMinusBeta2, epsilon, gradientScale);
  }
};
static_assert(sizeof(AdamWRecord) == 40);

struct GlobalNormRecord {
  std::int32_t kernel;
  Address<const std::int32_t> tensors;
  std::int32_t tensorCount;
  Long elements;
  Address<float> norm;

  template <class Function>
  void apply(Function&& function) const {
    function(tensors, tensorCount, elements, norm);
  }
};
static_assert(sizeof(GlobalNormRecord) == 24);

struct ClipScaleRecord {
  std::int32_t kernel;
  Address<const float> norm;
  float maxNorm;
  Address<float> scale;

  template <class Function>
  void apply(Function&& function) const {
    function(norm, maxNorm, scale);
  }
};
static_assert(sizeof(ClipScaleRecord) == 16);

struct BinaryRecord {
  std::int32_t kernel;
  std::int32_t op;
  std::int32_t type;
  Address<const std::uint8_t> a;
  Address<const std::uint8_t> b;
  Address<std::uint8_t> out;
  std::int32_t d0;
  std::int32_t d1;
  std::int32_t d2;
  std::int32_t d3;
  std::int32_t a0;
  std::int32_t a1;
  std::int32_t a2;
  std::int32_t a3;
  std::int32_t b0;
  std::int32_t b1;
  std::int32_t b2;
  std::int32_t b3;

  template <class Function>
  void apply(Function&& function) const {
    function(op, type, a, b, out, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3);
  }
};
static_assert(sizeof(BinaryRecord) == 72);

struct UnaryRecord {
  std::int32_t kernel;
  std::int32_t op;
  std::int32_t type;
  Address<const std::uint8_t> x;
  Address<std::uint8_t> out;
  std::int32_t count;
  float low;
  float high;

  template <class Function>
  void apply(Function&& function) const {
    function(op, type, x, out, count, low, high);
  }
};
static_assert(sizeof(UnaryRecord) == 32);

struct SelectRecord {
  std::int32_t kernel;
  std::int32_t type;
  Address<const std::uint8_t> condition;
  Address<const std::uint8_t> a;
  Address<const std::uint8_t> b;
  Address<std::uint8_t> out;
  std::int32_t count;
  std::int32_t inner;

  template <class Function>
  void apply(Function&& function) const {
    function(type, condition, a, b, out, count, inner);
  }
};
static_assert(sizeof(SelectRecord) == 32);

struct ReduceRecord {
  std::int32_t kernel;
  std::int32_t op;
  std::int32_t type;
  Address<const std::uint8_t> x;
  Address<std::uint8_t> out;
  std::int32_t outer;
  std::int32_t length;
  std::int32_t inner;

  template <class Function>
  void apply(Function&& function) const {
    function(op, type, x, out, outer, length, inner);
  }
};
static_assert(sizeof(ReduceRecord) == 32);

struct CumsumRecord {
  std::int32_t kernel;
  std::int32_t type;
  Address<const std::uint8_t> x;
  Address<std::uint8_t> out;
  std::int32_t outer;
  std::int32_t length;
  std::int32_t inner;
  std::int32_t exclusive;
  std::int32_t reverse;

  template <class Function>
  void apply(Function&& function) const {
    function(type, x, out, outer, length, inner, exclusive, reverse);
  }
};
static_assert(sizeof(CumsumRecord) == 36);

struct CastRecord {
  std::int32_t kernel;
  std::int32_t from;
  std::int32_t to;
  Address<const std::uint8_t> x;
  Address<std::uint8_t> out;
  std::int32_t count;

  template <class Function>
  void apply(Function&& function) const {
    function(from, to, x, out, count);
  }
};
static_assert(sizeof(CastRecord) == 24);

struct StridedCopyRecord {
  std::int32_t kernel;
  std::int32_t type;
  Address<const std::uint8_t> x;
  Address<std::uint8_t> out;
  std::int32_t xOffset;
  std::int32_t outOffset;
  std::int32_t d0;
  std::int32_t d1;
  std::int32_t d2;
  std::int32_t d3;
  std::int32_t d4;
  std::int32_t x0;
  std::int32_t x1;
  std::int32_t x2;
  std::int32_t x3;
  std::int32_t x4;
  std::int32_t o0;
  std::int32_t o1;
  std::int32_t o2;
  std::int32_t o3;
  std::int32_t o4;

  template <class Function>
  void apply(Function&& function) const {
    function(type, x, out, xOffset, outOffset, d0, d1, d2, d3, d4, x0, x1, x2, x3, x4, o0, o1, o2, o3, o4);
  }
};
static_assert(sizeof(StridedCopyRecord) == 84);

struct GatherRecord {
  std::int32_t kernel;
  std::int32_t type;
  Address<const std::uint8_t> x;
  Address<const std::int32_t> indices;
  Address<std::uint8_t> out;
  std::int32_t outer;
  std::int32_t axisSize;
  std::int32_t inner;
  std::int32_t count;

  template <class Function>
  void apply(Function&& function) const {
    function(type, x, indices, out, outer, axisSize, inner, count);
  }
};
static_assert(sizeof(GatherRecord) == 36);

struct ScatterAddRecord {
  std::int32_t kernel;
  Address<const float> values;
  Address<const std::int32_t> indices;
  Address<float> out;
  std::int32_t outer;
  std::int32_t outSize;
  std::int32_t inner;
  std::int32_t count;

  template <class Function>
  void apply(Function&& function) const {
    function(values, indices, out, outer, outSize, inner, count);
  }
};
static_assert(sizeof(ScatterAddRecord) == 32);

struct OneHotRecord {
  std::int32_t kernel;
  std::int32_t outType;
  Address<const std::int32_t> indices;
  Address<std::uint8_t> out;
  std::int32_t count;
  std::int32_t depth;
  float on;
  float off;

  template <class Function>
  void apply(Function&& function) const {
    function(outType, indices, out, count, depth, on, off);
  }
};
static_assert(sizeof(OneHotRecord) == 32);

struct FillRecord {
  std::int32_t kernel;
  std::int32_t type;
  Address<std::uint8_t> out;
  std::int32_t count;
  std::int32_t value;

  template <class Function>
  void apply(Function&& function) const {
    function(type, out, count, value);
  }
};
static_assert(sizeof(FillRecord) == 20);

struct RangeRecord {
  std::int32_t kernel;
  std::int32_t type;
  Address<std::uint8_t> out;
  std::int32_t count;
  float start;
  float step;

  template <class Function>
  void apply(Function&& function) const {
    function(type, out, count, start, step);
  }
};
static_assert(sizeof(RangeRecord) == 24);

struct CopyBytesRecord {
  std::int32_t kernel;
  Address<const std::uint8_t> from;
  Address<std::uint8_t> to;
  Long bytes;

  template <class Function>
  void apply(Function&& function) const {
    function(from, to, bytes);
  }
};
static_assert(sizeof(CopyBytesRecord) == 20);

struct ArgMaxRecord {
  std::int32_t kernel;
  Address<const float> x;
  Address<std::int32_t> out;
  std::int32_t rows;
  std::int32_t n;

  template <class Function>
  void apply(Function&& function) const {
    function(x, out, rows, n);
  }
};
static_assert(sizeof(ArgMaxRecord) == 20);

struct AddIntRecord {
  std::int32_t kernel;
  Address<std::int32_t> x;
  std::int32_t count;
  std::int32_t by;

  template <class Function>
  void apply(Function&& function) const {
    function(x, count, by);
  }
};
static_assert(sizeof(AddIntRecord) == 16);

struct RandomUniformRecord {
  std::int32_t kernel;
  Address<float> out;
  std::int32_t count;
  std::int32_t key0;
  std::int32_t key1;
  std::int32_t counter1;
  std::int32_t counter2;
  std::int32_t counter3;
  float low;
  float high;

  template <class Function>
  void apply(Function&& function) const {
    function(out, count, key0, key1, counter1, counter2, counter3, low, high);
  }
};
static_assert(sizeof(RandomUniformRecord) == 40);

struct RandomNormalRecord {
  std::int32_t kernel;
  Address<float> out;
  std::int32_t count;
  std::int32_t key0;
  std::int32_t key1;
  std::int32_t counter1;
  std::int32_t counter2;
  std::int32_t counter3;
  float mean;
  float deviation;

  template <class Function>
  void apply(Function&& function) const {
    function(out, count, key0, key1, counter1, counter2, counter3, mean, deviation);
  }
};
static_assert(sizeof(RandomNormalRecord) == 40);

struct DropoutRecord {
  std::int32_t kernel;
  Address<const float> x;
  Address<float> out;
  std::int32_t count;
  std::int32_t key0;
  std::int32_t key1;
  std::int32_t counter1;
  std::int32_t counter2;
  std::int32_t counter3;
  float rate;

  template <class Function>
  void apply(Function&& function) const {
    function(x, out, count, key0, key1, counter1, counter2, counter3, rate);
  }
};
static_assert(sizeof(DropoutRecord) == 40);

struct RooflineRecord {
  std::int32_t kernel;
  Address<const float> x;
  std::int32_t count;
  std::int32_t iterations;
  Address<float> out;

  template <class Function>
  void apply(Function&& function) const {
    function(x, count, iterations, out);
  }
};
static_assert(sizeof(RooflineRecord) == 20);

}  // namespace thinkwright
