// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in the arithmetic of torch.optim.AdamW, in place, all tensors in one launch.
// Loop order: pieces of some 32,768 elements over threads. Scalars that depend on the step are the caller's. A parameter may be kept as
// panels (gemm.h): then a piece is whole panels, whose rows are unpacked, updated beside their gradients, and packed again.
#pragma once
#include "gemm/pack.h"
#include "kernels/tensor-list.h"

namespace thinkwright {
namespace {

enum AdamWScratch : int { kPanelRows = 4 };

template <class V>
struct AdamW {
  using W = typename V::Wide;
  W scale, keep, firstWeight, secondDecay, secondWeight, step, root, small;

  void update(float* parameter, const float* gradient, float* firstMoment, float* secondMoment, std::int64_t count) const {
    for (std::int64_t i = 0; i < count; i += 16) {
      const int lanes = static_cast<int>(std::min<std::int64_t>(16, count - i));
      const W g = W::loadFirst(gradient + i, lanes) * scale;
      W m = W::loadFirst(firstMoment + i, lanes);
      m = m + (g - m) * firstWeight;  // torch's lerp
      const W v = W::loadFirst(secondMoment + i, lanes) * secondDecay + g * g * secondWeight;
      const W p = W::loadFirst(parameter + i, lanes) * keep;
      (p - step * m / (W::squareRoot(v) / root + small)).storeFirst(parameter + i, lanes);
      m.storeFirst(firstMoment + i, lanes);
      v.storeFirst(secondMoment + i, lanes);
    }
  }
};

template <class V>
void adamW(const std::int32_t* tensors, int tensorCount, std::int64_t, float oneMinusBeta1, float beta2, float oneMinusBeta2, float epsilon,
           const float* gradientScale) {
  enum Word { kParameter, kGradient, kFirstMoment, kSecondMoment, kCount, kPanelDepth, kDecay, kStepSize, kCorrection, kWords };
  const TensorList list{tensors, tensorCount, kWords, kCount};
  const auto pieceOf = [&](int tensor) {
    const std::int64_t panel = std::int64_t{list.word(tensor, kPanelDepth)} * kPanelWidth;
    return panel == 0 ? kPieceElements : std::max<std::int64_t>(1, kPieceElements / panel) * panel;
  };
  const float factor = gradientScale == nullptr ? 1.0f : *gradientScale;
  using W = typename V::Wide;
  forPieces(list, countPieces(list, pieceOf), pieceOf, [&](int, int tensor, std::int64_t begin, std::int64_t end) {
    float* const parameter = list.pointer(tensor, kParameter);
    const float* const gradient = list.pointer(tensor, kGradient);
    float *const firstMoment = list.pointer(tensor, kFirstMoment), *const secondMoment = list.pointer(tensor, kSecondMoment);
    const AdamW<V> adam{W::broadcast(factor), W::broadcast(list.number(tensor, kDecay)), W::broadcast(oneMinusBeta1), W::broadcast(beta2), W::broadcast(oneMinusBeta2),
                        W::broadcast(list.number(tensor, kStepSize)), W::broadcast(list.number(tensor, kCorrection)), W::broadcast(epsilon)};
    const int depth = list.word(tensor, kPanelDepth);
    if (depth == 0) return adam.update(parameter + begin, gradient + begin, firstMoment + begin, secondMoment + begin, end - begin);
    const std::int64_t panelElements = std::int64_t{depth} * kPanelWidth;
    float* rows = threadScratch<float>(kPanelRows, panelElements);
    for (std::int64_t at = begin; at < end; at += panelElements) {
      const int count = static_cast<int>(std::min(panelElements, end - at) / depth);
      unpackPanel<V>(parameter + at, depth, count, rows);
      adam.update(rows, gradient + at, firstMoment + at, secondMoment + at, static_cast<std::int64_t>(count) * depth);
      packPanel<V>({rows, 1, depth}, 0, 0, 0, depth, 0, count, parameter + at);
    }
  });
}

}  // namespace
}  // namespace thinkwright
