// Reductions and running sums of [outer, length, inner] over `length`, and the global norm. Sums of floats are kept in double, in 8
// lanes by position and one fixed tree when inner is 1, else in position order; rounded to float once.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "kernels/tensor-list.h"

namespace thinkwright {
namespace {

constexpr int kColumns = 64;

double laneSum(const double (&lane)[8]) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

template <class T>
double rowSum(const T* x, std::int64_t length) {
  double lane[8] = {};
  std::int64_t j = 0;
  for (; j + 8 <= length; j += 8) {
    for (int i = 0; i < 8; i++) lane[i] += x[j + i];
  }
  for (int i = 0; j + i < length; i++) lane[i] += x[j + i];
  return laneSum(lane);
}

template <class T>
T narrow(double x) {
  if constexpr (std::is_same_v<T, float>) return static_cast<float>(x);
  else return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::int64_t>(x)));
}

// out[o, i] = finish(fold over j of state), starting from x[o, 0, i]'s identity
template <class T, class Out, class State, class Fold, class Finish>
void foldAxis(const T* x, Out* out, int outer, int length, int inner, State start, Fold fold, Finish finish) {
  const int blocks = (inner + kColumns - 1) / kColumns;
  forRows(static_cast<std::int64_t>(outer) * blocks, static_cast<std::int64_t>(length) * std::min(inner, kColumns), [&](std::int64_t index) {
    const std::int64_t o = index / blocks, begin = index % blocks * kColumns, columns = std::min<std::int64_t>(kColumns, inner - begin);
    State states[kColumns];
    for (int i = 0; i < columns; i++) states[i] = start;
    for (int j = 0; j < length; j++) {
      const T* row = x + (o * length + j) * inner + begin;
      for (int i = 0; i < columns; i++) fold(states[i], row[i], j);
    }
    for (int i = 0; i < columns; i++) out[o * inner + begin + i] = finish(states[i]);
  });
}

template <class T>
void sumAxis(const T* x, T* out, int outer, int length, int inner, double divisor) {
  if (inner == 1) {
    return forRows(outer, length, [&](std::int64_t o) { out[o] = narrow<T>(rowSum(x + o * length, length) / divisor); });
  }
  foldAxis(x, out, outer, length, inner, 0.0, [](double& s, T v, int) { s += v; }, [=](double s) { return narrow<T>(s / divisor); });
}

template <class T>
struct Best {
  T value;
  std::int32_t index;
};

template <class T>
void reduceNumbers(int op, const T* x, void* out, int outer, int length, int inner) {
  T* same = static_cast<T*>(out);
  constexpr T lowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  constexpr T highest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  const auto keep = [](T v) { return v; };
  const auto greater = [](Best<T>& best, T v, int j) { if (v > best.value) best = {v, j}; };
  const auto smaller = [](Best<T>& best, T v, int j) { if (v < best.value) best = {v, j}; };
  const auto index = [](const Best<T>& best) { return best.index; };
  switch (op) {
    case kSum: return sumAxis(x, same, outer, length, inner, 1.0);
    case kMean: return sumAxis(x, same, outer, length, inner, static_cast<double>(length));
    case kMax: return foldAxis(x, same, outer, length, inner, lowest, [](T& s, T v, int) { if (v > s || v != v) s = v; }, keep);
    case kMin: return foldAxis(x, same, outer, length, inner, highest, [](T& s, T v, int) { if (v < s || v != v) s = v; }, keep);
    case kProd: return foldAxis(x, same, outer, length, inner, 1.0, [](double& s, T v, int) { s *= v; }, narrow<T>);
    case kArgMax: return foldAxis(x, static_cast<std::int32_t*>(out), outer, length, inner, Best<T>{lowest, 0}, greater, index);
    case kArgMin: return foldAxis(x, static_cast<std::int32_t*>(out), outer, length, inner, Best<T>{highest, 0}, smaller, index);
  }
}

}  // namespace

void reduce(int op, int type, const void* x, void* out, int outer, int length, int inner) {
  if (op == kAny || op == kAll) {
    const std::uint8_t start = op == kAll;
    return foldAxis(static_cast<const std::uint8_t*>(x), static_cast<std::uint8_t*>(out), outer, length, inner, start,
                    [=](std::uint8_t& s, std::uint8_t v, int) { s = start ? s && v : s || v; }, [](std::uint8_t s) { return s; });
  }
  if (type == kInt32) return reduceNumbers(op, static_cast<const std::int32_t*>(x), out, outer, length, inner);
  reduceNumbers(op, static_cast<const float*>(x), out, outer, length, inner);
}

void cumsum(int type, const void* x, void* out, int outer, int length, int inner, int exclusive, int reverse) {
  const auto run = [&]<class T>(T) {
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(out);
    forRows(static_cast<std::int64_t>(outer) * inner, length, [&](std::int64_t line) {
      const std::int64_t start = line / inner * length * inner + line % inner;
      double sum = 0;
      for (int step = 0; step < length; step++) {
        const std::int64_t at = start + static_cast<std::int64_t>(reverse ? length - 1 - step : step) * inner;
        const double value = from[at];
        to[at] = narrow<T>(exclusive ? sum : sum + value);
        sum += value;
      }
    });
  };
  if (type == kInt32) return run(std::int32_t());
  run(float());
}

void globalNorm(const std::int32_t* tensors, int tensorCount, std::int64_t, float* norm) {
  const TensorList list{tensors, tensorCount, 2, 1};
  const auto pieceOf = [](int) { return kPieceElements; };
  const int* firstPieces = countPieces(list, pieceOf);
  const int pieces = firstPieces[tensorCount];
  double* partial = sharedScratch<double>(kPieceSums, std::max(pieces, 1));
  forPieces(list, firstPieces, pieceOf, [&](int piece, int tensor, std::int64_t begin, std::int64_t end) {
    const float* x = list.pointer(tensor, 0);
    double lane[8] = {};
    std::int64_t j = begin;
    for (; j + 8 <= end; j += 8) {
      for (int i = 0; i < 8; i++) lane[i] += static_cast<double>(x[j + i]) * x[j + i];
    }
    for (int i = 0; j + i < end; i++) lane[i] += static_cast<double>(x[j + i]) * x[j + i];
    partial[piece] = laneSum(lane);
  });
  double sum = 0;
  for (int piece = 0; piece < pieces; piece++) sum += partial[piece];
  *norm = static_cast<float>(std::sqrt(sum));
}

void clipScale(const float* norm, float maxNorm, float* scale) {
  const float ratio = maxNorm / (*norm + 1e-6f);
  *scale = ratio > 1.0f ? 1.0f : ratio;  // NaN stays NaN, as in torch
}

}  // namespace thinkwright
