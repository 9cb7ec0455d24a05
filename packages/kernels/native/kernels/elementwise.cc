// Binary (broadcasting up to rank 4), unary, select and cast, as templates over an operation. Loop order: dimensions that both
// inputs walk evenly are merged first, so that dense operands become one loop; pieces of it go over threads.
#include "kernels/elementwise.h"

#include <cmath>
#include <limits>

#include "kernels/elementary.h"
#include "kernels/kernels.h"
#include "kernels/rows.h"

namespace thinkwright {
namespace {

struct Broadcast {
  int rank = 0;
  std::int64_t size[4], a[4], b[4];
};

Broadcast mergeDimensions(const int (&size)[4], const int (&a)[4], const int (&b)[4]) {
  Broadcast merged;
  for (int i = 0; i < 4; i++) {
    if (size[i] == 1) continue;
    const int last = merged.rank - 1;
    const bool even = last >= 0 && merged.a[last] == static_cast<std::int64_t>(a[i]) * size[i] && merged.b[last] == static_cast<std::int64_t>(b[i]) * size[i];
    const int at = even ? last : merged.rank++;
    merged.size[at] = even ? merged.size[at] * size[i] : size[i];
    merged.a[at] = a[i];
    merged.b[at] = b[i];
  }
  if (merged.rank == 0) merged = {1, {1}, {0}, {0}};
  return merged;
}

template <class T, class Out, class Operation>
void innerLoop(const T* a, std::int64_t aStride, const T* b, std::int64_t bStride, Out* out, std::int64_t count, Operation operation) {
  if (aStride == 1 && bStride == 1) {
    for (std::int64_t i = 0; i < count; i++) out[i] = operation(a[i], b[i]);
  } else if (aStride == 1 && bStride == 0) {
    const T second = *b;
    for (std::int64_t i = 0; i < count; i++) out[i] = operation(a[i], second);
  } else {
    for (std::int64_t i = 0; i < count; i++) out[i] = operation(a[i * aStride], b[i * bStride]);
  }
}

template <class T, class Out, class Operation>
void broadcastLoop(const Broadcast& shape, const void* a, const void* b, void* out, Operation operation) {
  const T *first = static_cast<const T*>(a), *second = static_cast<const T*>(b);
  Out* to = static_cast<Out*>(out);
  const int inner = shape.rank - 1;
  const std::int64_t count = shape.size[inner], aStride = shape.a[inner], bStride = shape.b[inner];
  if (inner == 0) {
    parallelRanges(count, kPieceElements, [&](std::int64_t begin, std::int64_t end) {
      innerLoop(first + begin * aStride, aStride, second + begin * bStride, bStride, to + begin, end - begin, operation);
    });
    return;
  }
  std::int64_t rows = 1;
  for (int i = 0; i < inner; i++) rows *= shape.size[i];
  forRows(rows, count, [&](std::int64_t row) {
    std::int64_t aAt = 0, bAt = 0, rest = row;
    for (int i = inner - 1; i >= 0; i--) {
      aAt += rest % shape.size[i] * shape.a[i];
      bAt += rest % shape.size[i] * shape.b[i];
      rest /= shape.size[i];
    }
    innerLoop(first + aAt, aStride, second + bAt, bStride, to + row * count, count, operation);
  });
}

// Integer arithmetic wraps around; division by zero gives 0.
inline std::int32_t wrap(std::int64_t x) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(x)); }

inline float floorDivide(float a, float b) { return std::floor(a / b); }
inline std::int32_t floorDivide(std::int32_t a, std::int32_t b) {
  if (b == 0) return 0;
  const std::int64_t quotient = static_cast<std::int64_t>(a) / b;
  return wrap(quotient - (static_cast<std::int64_t>(a) % b != 0 && (a < 0) != (b < 0)));
}

template <class T>
T power(T a, T b) {
  if constexpr (std::is_same_v<T, float>) return static_cast<float>(exactPow(a, b));
  const double result = exactPow(a, b);
  return result > 2147483647.0 || result < -2147483648.0 || result != result ? 0 : static_cast<T>(std::nearbyint(result));
}

template <class T>
T remainder(T a, T b) {  // of the sign of b, as tfjs
  const double rest = b == 0 ? std::numeric_limits<double>::quiet_NaN() : std::fmod(a, b);
  if (rest != rest) return std::is_same_v<T, float> ? static_cast<T>(rest) : T(0);
  return static_cast<T>((a < 0) == (b < 0) || rest == 0 ? rest : rest + b);
}

template <class T>
void arithmetic(int op, const Broadcast& s, const void* a, const void* b, void* out) {
  using Wide = std::conditional_t<std::is_same_v<T, float>, float, std::int64_t>;
  const auto narrow = [](Wide x) -> T {
    if constexpr (std::is_same_v<T, float>) return x;
    else return wrap(x);
  };
  switch (op) {
    case kAdd: return broadcastLoop<T, T>(s, a, b, out, [=](T x, T y) { return narrow(Wide(x) + y); });
    case kSub: return broadcastLoop<T, T>(s, a, b, out, [=](T x, T y) { return narrow(Wide(x) - y); });
    case kMul: return broadcastLoop<T, T>(s, a, b, out, [=](T x, T y) { return narrow(Wide(x) * y); });
    case kSquaredDifference: return broadcastLoop<T, T>(s, a, b, out, [=](T x, T y) { return narrow((Wide(x) - y) * (Wide(x) - y)); });
    case kDiv:
      if constexpr (std::is_same_v<T, float>) return broadcastLoop<T, T>(s, a, b, out, [](T x, T y) { return x / y; });
      [[fallthrough]];
    case kFloorDiv: return broadcastLoop<T, T>(s, a, b, out, [](T x, T y) { return floorDivide(x, y); });
    case kMaximum: return broadcastLoop<T, T>(s, a, b, out, [](T x, T y) { return x > y || x != x ? x : y; });
    case kMinimum: return broadcastLoop<T, T>(s, a, b, out, [](T x, T y) { return x < y || x != x ? x : y; });
    case kPow: return broadcastLoop<T, T>(s, a, b, out, [](T x, T y) { return power(x, y); });
    case kMod: return broadcastLoop<T, T>(s, a, b, out, [](T x, T y) { return remainder(x, y); });
  }
}

template <class T>
void comparison(int op, const Broadcast& s, const void* a, const void* b, void* out) {
  using Truth = std::uint8_t;
  switch (op) {
    case kGreater: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x > y; });
    case kGreaterEqual: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x >= y; });
    case kLess: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x < y; });
    case kLessEqual: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x <= y; });
    case kEqual: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x == y; });
    case kNotEqual: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x != y; });
    case kLogicalAnd: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x != 0 && y != 0; });
    case kLogicalOr: return broadcastLoop<T, Truth>(s, a, b, out, [](T x, T y) -> Truth { return x != 0 || y != 0; });
  }
}

template <class In, class Out, class Operation>
void each(const void* x, void* out, int count, Operation operation) {
  const In* from = static_cast<const In*>(x);
  Out* to = static_cast<Out*>(out);
  parallelRanges(count, kPieceElements, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i++) to[i] = operation(from[i]);
  });
}

template <class T>
void sameType(int op, const void* x, void* out, int count, float low, float high) {
  using Wide = std::conditional_t<std::is_same_v<T, float>, float, std::int64_t>;
  switch (op) {
    case kNeg: return each<T, T>(x, out, count, [](T v) { return static_cast<T>(-Wide(v)); });
    case kAbs: return each<T, T>(x, out, count, [](T v) { return static_cast<T>(std::abs(Wide(v))); });
    case kSign: return each<T, T>(x, out, count, [](T v) { return v > 0 ? T(1) : v < 0 ? T(-1) : v; });
    case kSquare: return each<T, T>(x, out, count, [](T v) { return static_cast<T>(Wide(v) * v); });
    case kRelu: return each<T, T>(x, out, count, [](T v) { return v < 0 ? T(0) : v; });
    case kStep: return each<T, T>(x, out, count, [=](T v) { return v != v ? v : v > 0 ? T(1) : static_cast<T>(v < 0 ? low : v * 0 + low); });
    case kFloor: return each<T, T>(x, out, count, [](T v) { return static_cast<T>(std::floor(v)); });
    case kCeil: return each<T, T>(x, out, count, [](T v) { return static_cast<T>(std::ceil(v)); });
    case kRound: return each<T, T>(x, out, count, [](T v) { return static_cast<T>(std::nearbyint(v)); });
    case kClip: return each<T, T>(x, out, count, [=](T v) { return v < low ? static_cast<T>(low) : v > high ? static_cast<T>(high) : v; });
  }
}

template <class Operation>
void eachDouble(const void* x, void* out, int count, Operation operation) {
  each<float, float>(x, out, count, [=](float v) { return static_cast<float>(operation(static_cast<double>(v))); });
}

}  // namespace

void binary(int op, int type, const void* a, const void* b, void* out, int d0, int d1, int d2, int d3, int a0, int a1, int a2, int a3, int b0,
            int b1, int b2, int b3) {
  if (d0 == 0 || d1 == 0 || d2 == 0 || d3 == 0) return;
  const Broadcast shape = mergeDimensions({d0, d1, d2, d3}, {a0, a1, a2, a3}, {b0, b1, b2, b3});
  if (op < kGreater) return type == kInt32 ? arithmetic<std::int32_t>(op, shape, a, b, out) : arithmetic<float>(op, shape, a, b, out);
  switch (type) {
    case kFloat32: return comparison<float>(op, shape, a, b, out);
    case kInt32: return comparison<std::int32_t>(op, shape, a, b, out);
    default: return comparison<std::uint8_t>(op, shape, a, b, out);
  }
}

void scalarUnary(int op, int type, const void* x, void* out, int count, float low, float high) {
  using Truth = std::uint8_t;
  if (op <= kClip) return type == kInt32 ? sameType<std::int32_t>(op, x, out, count, low, high) : sameType<float>(op, x, out, count, low, high);
  switch (op) {
    case kLog1p: return eachDouble(x, out, count, exactLog1p);
    case kExpm1: return eachDouble(x, out, count, exactExpm1);
    case kSoftplus: return eachDouble(x, out, count, exactSoftplus);
    case kErf: return eachDouble(x, out, count, [](double v) { return std::erf(v); });
    case kSin: return eachDouble(x, out, count, [](double v) { return std::sin(v); });
    case kCos: return eachDouble(x, out, count, [](double v) { return std::cos(v); });
    case kSqrt: return each<float, float>(x, out, count, [](float v) { return std::sqrt(v); });
    case kRsqrt: return each<float, float>(x, out, count, [](float v) { return 1.0f / std::sqrt(v); });
    case kReciprocal: return each<float, float>(x, out, count, [](float v) { return 1.0f / v; });
    case kIsNan: return each<float, Truth>(x, out, count, [](float v) -> Truth { return v != v; });
    case kIsFinite: return each<float, Truth>(x, out, count, [](float v) -> Truth { return v - v == 0; });
    case kLogicalNot: return each<Truth, Truth>(x, out, count, [](Truth v) -> Truth { return v == 0; });
  }
}

void selectElements(int type, const std::uint8_t* condition, const void* a, const void* b, void* out, int count, int inner) {
  const auto run = [&]<class T>(T) {
    const T *first = static_cast<const T*>(a), *second = static_cast<const T*>(b);
    T* to = static_cast<T*>(out);
    parallelRanges(count, kPieceElements, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; i++) to[i] = condition[inner == 1 ? i : i / inner] ? first[i] : second[i];
    });
  };
  if (type == kBool) return run(std::uint8_t());
  run(std::uint32_t());
}

void castElements(int from, int to, const void* x, void* out, int count) {
  using Truth = std::uint8_t;
  const auto toInt = [](float v) -> std::int32_t {  // toward zero; out of range and NaN as JavaScript's | 0 would not: clamped, 0
    return v != v ? 0 : v >= 2147483648.0f ? 2147483647 : v <= -2147483648.0f ? -2147483647 - 1 : static_cast<std::int32_t>(v);
  };
  const auto convert = [&]<class In>(In) {
    switch (to) {
      case kFloat32: return each<In, float>(x, out, count, [](In v) { return static_cast<float>(v); });
      case kInt32:
        if constexpr (std::is_same_v<In, float>) return each<In, std::int32_t>(x, out, count, toInt);
        else return each<In, std::int32_t>(x, out, count, [](In v) -> std::int32_t { return v; });
      default: return each<In, Truth>(x, out, count, [](In v) -> Truth { return v != 0; });
    }
  };
  switch (from) {
    case kFloat32: return convert(float());
    case kInt32: return convert(std::int32_t());
    default: return convert(Truth());
  }
}

}  // namespace thinkwright
