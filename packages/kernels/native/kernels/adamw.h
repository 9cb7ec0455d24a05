// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in the arithmetic of torch.optim.AdamW, in place, one tensor a launch.
// Loop order: pieces of 32,768 elements over threads. Scalars that depend on the step are the caller's.
#pragma once
#include "kernels/rows.h"

namespace thinkwright {
namespace {

template <class V>
void adamW(float* parameter, const float* gradient, float* firstMoment, float* secondMoment, int count, float decay, float beta1,
           float oneMinusBeta1, float beta2, float oneMinusBeta2, float stepSize, float correction, float epsilon, const float* gradientScale) {
  const float factor = gradientScale == nullptr ? 1.0f : *gradientScale;
  (void)beta1;  // torch updates the first moment as a lerp: m + (g - m)(1 - beta1)
  using W = typename V::Wide;
  parallelRanges(count, kPieceElements, [&](std::int64_t begin, std::int64_t end) {
    const W scale = W::broadcast(factor), keep = W::broadcast(decay), firstWeight = W::broadcast(oneMinusBeta1);
    const W secondDecay = W::broadcast(beta2), secondWeight = W::broadcast(oneMinusBeta2);
    const W step = W::broadcast(stepSize), root = W::broadcast(correction), small = W::broadcast(epsilon);
    for (std::int64_t i = begin; i < end; i += 16) {
      const int lanes = static_cast<int>(std::min<std::int64_t>(16, end - i));
      const W g = W::loadFirst(gradient + i, lanes) * scale;
      W m = W::loadFirst(firstMoment + i, lanes);
      m = m + (g - m) * firstWeight;
      const W v = W::loadFirst(secondMoment + i, lanes) * secondDecay + g * g * secondWeight;
      const W p = W::loadFirst(parameter + i, lanes) * keep;
      (p - step * m / (W::squareRoot(v) / root + small)).storeFirst(parameter + i, lanes);
      m.storeFirst(firstMoment + i, lanes);
      v.storeFirst(secondMoment + i, lanes);
    }
  });
}

}  // namespace
}  // namespace thinkwright
