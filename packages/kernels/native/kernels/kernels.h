// Every compute kernel of the native device apart from matrix products, as one table of functions for the chosen instruction set.
// Argument order is the order of the words of a launch record. Axes: T rows (tokens), C channels, H heads, K key/value heads,
// D head size, F feed-forward, V vocabulary, B sequences, S cache capacity. Pointers are device blocks (64-byte aligned, at least
// 64 readable bytes after each block); null is allowed only where said. Shapes are the caller's to check. Ids, slots and positions,
// which live in device memory, are forced into range when read and skipped when written to, so that no value can reach outside.
// Numeric contract (`exact`): sums run in one fixed order that depends on the shape of the row alone, never on the number of
// rows, their offset, the threads or the instruction set; exp and log are our own (math.h).
#pragma once
#include <cstddef>
#include <cstdint>

namespace thinkwright {

// Element types of tfjs tensors; bool is one byte.
enum ElementType : int { kFloat32 = 0, kInt32 = 1, kBool = 2 };

enum BinaryOp : int {
  kAdd, kSub, kMul, kDiv, kMaximum, kMinimum, kPow, kSquaredDifference, kFloorDiv, kMod,  // type in = type out (float32, int32)
  kGreater, kGreaterEqual, kLess, kLessEqual, kEqual, kNotEqual,                          // float32, int32 or bool in, bool out
  kLogicalAnd, kLogicalOr,                                                                // bool in, bool out
};

enum UnaryOp : int {
  kNeg, kAbs, kSign, kSquare, kRelu, kStep, kFloor, kCeil, kRound, kClip,                 // float32 or int32, same out
  kExp, kLog, kLog1p, kExpm1, kSqrt, kRsqrt, kReciprocal, kSigmoid, kTanh, kSoftplus, kErf, kSin, kCos,  // float32
  kIsNan, kIsFinite, kLogicalNot,                                                         // bool out (float32, float32, bool in)
};

enum ReduceOp : int { kSum, kMean, kMax, kMin, kProd, kAny, kAll, kArgMax, kArgMin };  // arg: int32 out; any, all: bool

struct Kernels {
  // ---- rows: embedding and gatherRows are the same kernel, and so are their gradients
  // out[i] = source[indices[i]]; source [sourceRows, c], out [count, c]
  void (*gatherRows)(const float* source, const int32_t* indices, float* out, int count, int c, int sourceRows);
  // out[r] = Σ values[i] over the i of indices[i] = r, ascending; with accumulate added to what out [outRows, c] holds
  void (*scatterAddRows)(const float* values, const int32_t* indices, float* out, int count, int c, int outRows, int accumulate);

  // ---- layers
  // out = x * rstd * weight, rstd = 1 / sqrt(mean(x²) + epsilon); rstd [rows] may be null
  void (*rmsNorm)(const float* x, const float* weight, float* out, float* rstd, int rows, int c, float epsilon);
  // dWeight may be null; accumulate adds to what dWeight holds
  void (*rmsNormGrad)(const float* x, const float* weight, const float* rstd, const float* dOut, float* dx, float* dWeight, int rows, int c,
                      int accumulate);
  // x, out [rows, width] (may be the same block); table [P, D]: row p = D/2 cosines then D/2 sines; half-split rotation of the
  // first headCount heads, the rest is copied. inverse = 1 rotates back (the gradient). queryNorm and keyNorm [D] (null: none) are the
  // weights of an RMSNorm of each head before the rotation, of the first queryHeadCount heads and of the others.
  void (*rope)(const float* x, const float* table, const int32_t* positions, const float* queryNorm, const float* keyNorm, float* out, int rows,
               int width, int headDimension, int headCount, int queryHeadCount, float epsilon, int inverse, int tableRows);
  // gradient of rope with norms; dx must be no other block
  void (*ropeNormGrad)(const float* x, const float* table, const int32_t* positions, const float* queryNorm, const float* keyNorm,
                       const float* dOut, float* dx, float* dQueryNorm, float* dKeyNorm, int rows, int width, int headDimension,
                       int headCount, int queryHeadCount, float epsilon, int tableRows);
  // gateUp [rows, 2f]; out = silu(gate) * up
  void (*swiglu)(const float* gateUp, float* out, int rows, int f);
  void (*swigluGrad)(const float* gateUp, const float* dOut, float* dGateUp, int rows, int f);
  // the same with gelu, its tanh form
  void (*geglu)(const float* gateUp, float* out, int rows, int f);
  void (*gegluGrad)(const float* gateUp, const float* dOut, float* dGateUp, int rows, int f);

  // ---- attention over packed rows qkv [T, (H + 2K) D]: H query heads, then K key heads, then K value heads. D <= 256
  // offsets int32 [sequences + 1]; causal inside each sequence. logSumExp [T, H] may be null. With a window (not 0) a row sees that many
  // keys at most, its own the last of them.
  void (*attention)(const float* qkv, const int32_t* offsets, float* out, float* logSumExp, int sequences, int headCount,
                    int keyValueHeadCount, int headDimension, float scale, int window);
  void (*attentionGrad)(const float* qkv, const int32_t* offsets, const float* out, const float* logSumExp, const float* dOut, float* dQkv,
                        int sequences, int headCount, int keyValueHeadCount, int headDimension, float scale, int window);
  // One layer of a cache: keyCache [slots][K][capacity/16][D][16], valueCache [slots][K][capacity][D]; capacity % 16 == 0, zeroed
  // when made; floats (cacheType 0) or bfloat16 (1), to which keys and values are rounded. Writes the keys and values of all rows, then
  // row t attends to positions 0..positions[t] of slots[t].
  void (*cachedAttention)(const float* qkv, const int32_t* slots, const int32_t* positions, uint8_t* keyCache, uint8_t* valueCache, float* out,
                          int rows, int capacity, int headCount, int keyValueHeadCount, int headDimension, float scale, int slotCount,
                          int cacheType, int window);
  // Copies positions [0, length) of fromSlot to toSlot, of one layer.
  void (*copyPrefix)(uint8_t* keyCache, uint8_t* valueCache, int fromSlot, int toSlot, int length, int capacity, int keyValueHeadCount,
                     int headDimension, int cacheType);
  // out = x [rows, columns], from column `first` on rounded to bfloat16: what training reads of keys and values of such a cache.
  void (*roundColumns)(const float* x, float* out, int rows, int columns, int first);

  // ---- language model head
  // hidden [rows, c], weight [v, c] of the head; logits are hidden · Wᵀ (+ bias), then cap · tanh(innerScale · logit) unless cap is 0, divided
  // by temperature.
  // targets [rows, targetCount]: logProbs of each; entropy, logSumExp [rows]; bias [v], entropy and logSumExp may be null. `type` says what the
  // weight is: -1 rows of plain floats, else stored panels (gemm/stored-formats.h; 0: those of packForward), of which fewer bits have no dWeight.
  void (*tokenLogProbs)(const float* hidden, const uint8_t* weight, const int32_t* targets, const float* bias, float* logProbs, float* entropy,
                        float* logSumExp, int rows, int c, int v, int targetCount, float temperature, float innerScale, float cap, int type);
  // dHidden, dWeight [v, c], dBias [v] may each be null (then not computed).
  // accumulate adds to what dWeight and dBias hold; dHidden is always overwritten.
  void (*tokenLogProbsGrad)(const float* hidden, const uint8_t* weight, const int32_t* targets, const float* bias, const float* logSumExp,
                            const float* dLogProbs, float* dHidden, float* dWeight, float* dBias, int rows, int c, int v, int targetCount,
                            float temperature, float innerScale, float cap, int accumulate, int type);
  // ids, logProbs [rows, k], 1 <= k <= v: the likeliest tokens of each row, falling, of equals the smaller id first.
  void (*topTokenLogProbs)(const float* hidden, const uint8_t* weight, const float* bias, int32_t* ids, float* logProbs, int rows, int c, int v,
                           int k, float temperature, float innerScale, float cap, int type);
  // divergence [rows] of a teacher's head (teacherHidden [rows, teacherC], teacherWeight [v, teacherC]) and the student's, see
  // kernels/head-divergence.h; logProbs and entropy [rows] of the student at temperature 1; numbers [rows, 6] are for the gradient.
  void (*headDivergence)(const float* hidden, const uint8_t* weight, const float* teacherHidden, const uint8_t* teacherWeight,
                         const int32_t* targets, float* divergence, float* logProbs, float* entropy, float* numbers, int rows, int c,
                         int teacherC, int v, float temperature, float beta, int type, int teacherType);
  // dHidden and dWeight as those of tokenLogProbsGrad
  void (*headDivergenceGrad)(const float* hidden, const uint8_t* weight, const float* teacherHidden, const uint8_t* teacherWeight,
                             const float* numbers, const float* dDivergence, float* dHidden, float* dWeight, int rows, int c, int teacherC, int v,
                             float temperature, float beta, int accumulate, int type, int teacherType);
  // logits [rows, v]. settings [rows, 7]: temperature (0 = greedy: first maximum, log-prob at temperature 1), top-k, top-p, min-p (0, 1, 0
  // = off), repetition, frequency and presence penalty (1, 0, 0 = off). Penalties read row slots[i] of counts [slotCount, v] and count the
  // sampled id there; rows without penalties leave counts alone, and it may be null when no row has any.
  // Order and meaning as in vLLM and transformers: penalties, temperature, top-k (ties kept), top-p, min-p. The draw of row i is
  // philox(key = (seeds[i], 0), counter = (keys[i], positions[i], 0, 0)), 53 bits of its words 0 and 1, inverse CDF over ascending ids.
  // logProbs: of the distribution sampled from; equal to tokenLogProbs bit for bit when no filter and no penalty is on (with a cap: of logits
  // that are capped already).
  void (*sampleTokens)(const float* logits, const float* settings, const int32_t* seeds, const int32_t* keys, const int32_t* positions,
                       const int32_t* slots, int32_t* counts, int32_t* ids, float* logProbs, int rows, int v, int slotCount);
  // One row of counts anew: bit 0 = the id occurs in the prompt; the rest = how often it was sampled, 0.
  void (*startCounts)(int32_t* counts, const int32_t* promptIds, int slot, int length, int v);

  // ---- optimizer. Scalars that depend on the step come from the caller, computed in double:
  // decay = 1 - lr * weightDecay, stepSize = lr / (1 - beta1^step), correction = sqrt(1 - beta2^step).
  // parameter = parameter * decay - stepSize * m / (sqrt(v) / correction + epsilon), as torch. gradientScale [1] may be null.
  // tensors int32 [tensorCount][8]: addresses of parameter, gradient, first and second moment, the count of elements, then the bits of
  // decay, stepSize and correction. `elements` of all tensors together is for the profile.
  void (*adamW)(const int32_t* tensors, int tensorCount, int64_t elements, float oneMinusBeta1, float beta2, float oneMinusBeta2, float epsilon,
                const float* gradientScale);
  // norm [1] = sqrt(Σ x²) over all tensors, in double, one fixed order; tensors int32 [tensorCount][2]: address, count of elements
  void (*globalNorm)(const int32_t* tensors, int tensorCount, int64_t elements, float* norm);
  // scale [1] = min(1, maxNorm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_
  void (*clipScale)(const float* norm, float maxNorm, float* scale);

  // ---- tfjs element-wise set
  // out has shape [d0, d1, d2, d3] (leading ones for lower ranks), dense; a and b are read with element strides, 0 = broadcast
  void (*binary)(int op, int type, const void* a, const void* b, void* out, int d0, int d1, int d2, int d3, int a0, int a1, int a2, int a3,
                 int b0, int b1, int b2, int b3);
  // low and high are used by kClip; kStep uses low as its alpha
  void (*unary)(int op, int type, const void* x, void* out, int count, float low, float high);
  // out[i] = condition[i / inner] ? a[i] : b[i]; 4-byte elements (float32, int32) or bool
  void (*select)(int type, const uint8_t* condition, const void* a, const void* b, void* out, int count, int inner);
  // x [outer, length, inner] -> out [outer, inner]; float32 or int32, or bool for kAny and kAll
  void (*reduce)(int op, int type, const void* x, void* out, int outer, int length, int inner);
  void (*cumsum)(int type, const void* x, void* out, int outer, int length, int inner, int exclusive, int reverse);
  void (*cast)(int from, int to, const void* x, void* out, int count);
  // out[outOffset + Σ i_j outStride_j] = x[xOffset + Σ i_j xStride_j] over [d0..d4]; any signs, 0 strides to broadcast. Transpose,
  // slice, concat, pad, tile, reverse. Element type by its ElementType.
  void (*stridedCopy)(int type, const void* x, void* out, int xOffset, int outOffset, int d0, int d1, int d2, int d3, int d4, int x0, int x1,
                      int x2, int x3, int x4, int o0, int o1, int o2, int o3, int o4);
  // x [outer, axisSize, inner], indices [count] -> out [outer, count, inner]
  void (*gather)(int type, const void* x, const int32_t* indices, void* out, int outer, int axisSize, int inner, int count);
  // out [outer, outSize, inner] zeroed, then out[o, indices[i], :] += values[o, i, :], i ascending; float32
  void (*scatterAdd)(const float* values, const int32_t* indices, float* out, int outer, int outSize, int inner, int count);
  void (*oneHot)(int outType, const int32_t* indices, void* out, int count, int depth, float on, float off);
  // value holds the bits of the element (float bits, int, or 0 / 1)
  void (*fill)(int type, void* out, int count, int value);
  void (*range)(int type, void* out, int count, float start, float step);
  void (*copyBytes)(const void* from, void* to, int64_t bytes);
  // rows [rows, n] -> index of the first maximum
  void (*argMax)(const float* x, int32_t* out, int rows, int n);
  // positions[i] += by: advances counters inside captured graphs
  void (*addInt)(int32_t* x, int count, int by);

  // ---- counter-based randomness: elements 4i .. 4i+3 are the words of philox(key = (key0, key1), counter = (i, counter1, counter2, counter3))
  // uniform: (word >>> 8) * 2^-24 in [0, 1), scaled to [low, high)
  void (*randomUniform)(float* out, int count, int key0, int key1, int counter1, int counter2, int counter3, float low, float high);
  // normal: Box-Muller on the word pairs (0, 1) and (2, 3)
  void (*randomNormal)(float* out, int count, int key0, int key1, int counter1, int counter2, int counter3, float mean, float deviation);
  // out = uniform >= rate ? x / (1 - rate) : 0; its own gradient with x = dOut
  void (*dropout)(const float* x, float* out, int count, int key0, int key1, int counter1, int counter2, int counter3, float rate);

  // ---- measuring, on the calling thread, by its CPU time
  double (*fmaPeak)(int iterations);                              // GFLOP/s of independent fma chains
  double (*readBandwidth)(const float* x, size_t count);          // GB/s of one pass over x
  // out[0], out[1]: both for all threads of the pool together, x shared out among them
  void (*roofline)(const float* x, int count, int iterations, float* out);
};

// The table for the chosen instruction set: the best the processor has, or THINKWRIGHT_ISA. Chosen once.
const Kernels& kernels();

}  // namespace thinkwright
