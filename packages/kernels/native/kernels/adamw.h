// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in the arithmetic of torch.optim.AdamW, in place, all tensors in one launch.
// Loop order: pieces of 32,768 elements over threads. Scalars that depend on the step are the caller's.
#pragma once
#include "kernels/tensor-list.h"

namespace thinkwright {
namespace {

template <class V>
void adamW(const std::int32_t* tensors, int tensorCount, std::int64_t, float oneMinusBeta1, float beta2, float oneMinusBeta2, float epsilon,
           const float* gradientScale) {
  enum Word { kParameter, kGradient, kFirstMoment, kSecondMoment, kCount, kDecay, kStepSize, kCorrection, kWords };
  const TensorList list{tensors, tensorCount, kWords, kCount};
  const float factor = gradientScale == nullptr ? 1.0f : *gradientScale;
  using W = typename V::Wide;
  forPieces(list, countPieces(list), [&](int, int tensor, std::int64_t begin, std::int64_t end) {
    float* const parameter = list.pointer(tensor, kParameter);
    const float* const gradient = list.pointer(tensor, kGradient);
    float *const firstMoment = list.pointer(tensor, kFirstMoment), *const secondMoment = list.pointer(tensor, kSecondMoment);
    const W scale = W::broadcast(factor), keep = W::broadcast(list.number(tensor, kDecay)), firstWeight = W::broadcast(oneMinusBeta1);
    const W secondDecay = W::broadcast(beta2), secondWeight = W::broadcast(oneMinusBeta2);
    const W step = W::broadcast(list.number(tensor, kStepSize)), root = W::broadcast(list.number(tensor, kCorrection)), small = W::broadcast(epsilon);
    for (std::int64_t i = begin; i < end; i += 16) {
      const int lanes = static_cast<int>(std::min<std::int64_t>(16, end - i));
      const W g = W::loadFirst(gradient + i, lanes) * scale;
      W m = W::loadFirst(firstMoment + i, lanes);
      m = m + (g - m) * firstWeight;  // torch's lerp
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
