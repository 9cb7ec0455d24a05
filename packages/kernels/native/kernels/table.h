// The functions of kernels.h for one vector type.
#pragma once
#include "kernels/adamw.h"
#include "kernels/attention-grad.h"
#include "kernels/attention.h"
#include "kernels/cached-attention.h"
#include "kernels/elementwise.h"
#include "kernels/gather-rows.h"
#include "kernels/geglu.h"
#include "kernels/head-divergence.h"
#include "kernels/kernels.h"
#include "kernels/measure.h"
#include "kernels/rms-norm.h"
#include "kernels/rope.h"
#include "kernels/sample.h"
#include "kernels/swiglu.h"
#include "kernels/token-log-probs.h"
#include "kernels/top-tokens.h"
#include "kernels/unary-math.h"

namespace thinkwright {
namespace {

template <class V>
constexpr Kernels makeKernels() {
  return {
      .gatherRows = gatherRows<V>,
      .scatterAddRows = scatterAddRows<V>,
      .rmsNorm = rmsNorm<V>,
      .rmsNormGrad = rmsNormGrad<V>,
      .rope = rope<V>,
      .ropeNormGrad = ropeNormGrad<V>,
      .swiglu = swiglu<V>,
      .swigluGrad = swigluGrad<V>,
      .geglu = geglu<V>,
      .gegluGrad = gegluGrad<V>,
      .attention = attention<V>,
      .attentionGrad = attentionGrad<V>,
      .cachedAttention = cachedAttention<V>,
      .copyPrefix = copyPrefix,
      .roundColumns = roundColumns,
      .tokenLogProbs = tokenLogProbs<V>,
      .tokenLogProbsGrad = tokenLogProbsGrad<V>,
      .topTokenLogProbs = topTokenLogProbs<V>,
      .headDivergence = headDivergence<V>,
      .headDivergenceGrad = headDivergenceGrad<V>,
      .sampleTokens = sampleTokens<V>,
      .startCounts = startCounts,
      .adamW = adamW<V>,
      .globalNorm = globalNorm,
      .clipScale = clipScale,
      .binary = binary,
      .unary = unary<V>,
      .select = selectElements,
      .reduce = reduce,
      .cumsum = cumsum,
      .cast = castElements,
      .stridedCopy = stridedCopy,
      .gather = gather,
      .scatterAdd = scatterAdd,
      .oneHot = oneHot,
      .fill = fill,
      .range = range,
      .copyBytes = copyBytes,
      .argMax = argMax<V>,
      .addInt = addInt,
      .randomUniform = randomUniform,
      .randomNormal = randomNormal,
      .dropout = dropout,
      .fmaPeak = fmaPeak<V>,
      .readBandwidth = readBandwidth<V>,
      .roofline = roofline<V>,
  };
}

}  // namespace
}  // namespace thinkwright
