// Generated from native/records.json by scripts/generate-records.ts: kernel id to function. Do not edit.
#include "runtime/dispatch.h"

#include <stdexcept>
#include <string>

#include "gemm/gemm.h"
#include "kernels/kernels.h"

namespace thinkwright {

void execute(const Record& record) {
  switch (static_cast<Kernel>(record.words[0])) {
    case Kernel::noop:
      break;  // the stream's own
    case Kernel::replay:
      break;  // the stream's own
    case Kernel::packForward:
      return as<PackForwardRecord>(record).apply(gemmKernels().packForward);
    case Kernel::packBackward:
      return as<PackBackwardRecord>(record).apply(gemmKernels().packBackward);
    case Kernel::turnPanels:
      return as<TurnPanelsRecord>(record).apply(gemmKernels().turnPanels);
    case Kernel::gemm:
      return as<GemmRecord>(record).apply(gemmKernels().gemm);
    case Kernel::gradWeight:
      return as<GradWeightRecord>(record).apply(gemmKernels().gradWeight);
    case Kernel::gradBias:
      return as<GradBiasRecord>(record).apply(gemmKernels().gradBias);
    case Kernel::matMul:
      return as<MatMulRecord>(record).apply(gemmKernels().matMul);
    case Kernel::storedQuantise:
      return as<StoredQuantiseRecord>(record).apply(gemmKernels().storedQuantise);
    case Kernel::storedPack:
      return as<StoredPackRecord>(record).apply(gemmKernels().storedPack);
    case Kernel::storedExpand:
      return as<StoredExpandRecord>(record).apply(gemmKernels().storedExpand);
    case Kernel::storedRows:
      return as<StoredRowsRecord>(record).apply(gemmKernels().storedRows);
    case Kernel::storedGemm:
      return as<StoredGemmRecord>(record).apply(gemmKernels().storedGemm);
    case Kernel::gatherRows:
      return as<GatherRowsRecord>(record).apply(kernels().gatherRows);
    case Kernel::scatterAddRows:
      return as<ScatterAddRowsRecord>(record).apply(kernels().scatterAddRows);
    case Kernel::rmsNorm:
      return as<RmsNormRecord>(record).apply(kernels().rmsNorm);
    case Kernel::rmsNormGrad:
      return as<RmsNormGradRecord>(record).apply(kernels().rmsNormGrad);
    case Kernel::rope:
      return as<RopeRecord>(record).apply(kernels().rope);
    case Kernel::ropeNormGrad:
      return as<RopeNormGradRecord>(record).apply(kernels().ropeNormGrad);
    case Kernel::swiglu:
      return as<SwigluRecord>(record).apply(kernels().swiglu);
    case Kernel::swigluGrad:
      return as<SwigluGradRecord>(record).apply(kernels().swigluGrad);
    case Kernel::geglu:
      return as<GegluRecord>(record).apply(kernels().geglu);
    case Kernel::gegluGrad:
      return as<GegluGradRecord>(record).apply(kernels().gegluGrad);
    case Kernel::attention:
      return as<AttentionRecord>(record).apply(kernels().attention);
    case Kernel::attentionGrad:
      return as<AttentionGradRecord>(record).apply(kernels().attentionGrad);
    case Kernel::cachedAttention:
      return as<CachedAttentionRecord>(record).apply(kernels().cachedAttention);
    case Kernel::copyPrefix:
      return as<CopyPrefixRecord>(record).apply(kernels().copyPrefix);
    case Kernel::roundColumns:
      return as<RoundColumnsRecord>(record).apply(kernels().roundColumns);
    case Kernel::tokenLogProbs:
      return as<TokenLogProbsRecord>(record).apply(kernels().tokenLogProbs);
    case Kernel::tokenLogProbsGrad:
      return as<TokenLogProbsGradRecord>(record).apply(kernels().tokenLogProbsGrad);
    case Kernel::topTokenLogProbs:
      return as<TopTokenLogProbsRecord>(record).apply(kernels().topTokenLogProbs);
    case Kernel::headDivergence:
      return as<HeadDivergenceRecord>(record).apply(kernels().headDivergence);
    case Kernel::headDivergenceGrad:
      return as<HeadDivergenceGradRecord>(record).apply(kernels().headDivergenceGrad);
    case Kernel::sampleTokens:
      return as<SampleTokensRecord>(record).apply(kernels().sampleTokens);
    case Kernel::startCounts:
      return as<StartCountsRecord>(record).apply(kernels().startCounts);
    case Kernel::adamW:
      return as<AdamWRecord>(record).apply(kernels().adamW);
    case Kernel::globalNorm:
      return as<GlobalNormRecord>(record).apply(kernels().globalNorm);
    case Kernel::clipScale:
      return as<ClipScaleRecord>(record).apply(kernels().clipScale);
    case Kernel::binary:
      return as<BinaryRecord>(record).apply(kernels().binary);
    case Kernel::unary:
      return as<UnaryRecord>(record).apply(kernels().unary);
    case Kernel::select:
      return as<SelectRecord>(record).apply(kernels().select);
    case Kernel::reduce:
      return as<ReduceRecord>(record).apply(kernels().reduce);
    case Kernel::cumsum:
      return as<CumsumRecord>(record).apply(kernels().cumsum);
    case Kernel::cast:
      return as<CastRecord>(record).apply(kernels().cast);
    case Kernel::stridedCopy:
      return as<StridedCopyRecord>(record).apply(kernels().stridedCopy);
    case Kernel::gather:
      return as<GatherRecord>(record).apply(kernels().gather);
    case Kernel::scatterAdd:
      return as<ScatterAddRecord>(record).apply(kernels().scatterAdd);
    case Kernel::oneHot:
      return as<OneHotRecord>(record).apply(kernels().oneHot);
    case Kernel::fill:
      return as<FillRecord>(record).apply(kernels().fill);
    case Kernel::range:
      return as<RangeRecord>(record).apply(kernels().range);
    case Kernel::copyBytes:
      return as<CopyBytesRecord>(record).apply(kernels().copyBytes);
    case Kernel::argMax:
      return as<ArgMaxRecord>(record).apply(kernels().argMax);
    case Kernel::addInt:
      return as<AddIntRecord>(record).apply(kernels().addInt);
    case Kernel::randomUniform:
      return as<RandomUniformRecord>(record).apply(kernels().randomUniform);
    case Kernel::randomNormal:
      return as<RandomNormalRecord>(record).apply(kernels().randomNormal);
    case Kernel::dropout:
      return as<DropoutRecord>(record).apply(kernels().dropout);
    case Kernel::roofline:
      return as<RooflineRecord>(record).apply(kernels().roofline);
  }
  throw std::logic_error("there is no kernel " + std::to_string(record.words[0]));
}

}  // namespace thinkwright
