// exp, log and tanh, used by every kernel, so that a number has one exponential on every instruction set. Cephes polynomials, within 2 ulp;
// tanh within 0.62.
#pragma once
#include <cstdint>
#include <limits>

namespace thinkwright {
namespace {

template <class V, bool Positive>
inline V exponentialBelow(V x) {
  constexpr float kShifter = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  const V shifted = x * V::broadcast(1.44269504088896341f) + V::broadcast(kShifter);
  const V n = shifted - V::broadcast(kShifter);
  V r = V::fma(n, V::broadcast(-0.693359375f), x);
  r = V::fma(n, V::broadcast(2.12194440e-4f), r);
  V p = V::broadcast(1.9875691500e-4f);
  p = V::fma(p, r, V::broadcast(1.3981999507e-3f));
  p = V::fma(p, r, V::broadcast(8.3334519073e-3f));
  p = V::fma(p, r, V::broadcast(4.1665795894e-2f));
  p = V::fma(p, r, V::broadcast(1.6666665459e-1f));
  p = V::fma(p, r, V::broadcast(5.0000001201e-1f));
  p = V::fma(p, r * r, r + V::broadcast(1.0f));
  // 2^n as 2 * 2^(n - 1), since n may be 128
  const V power = V::shiftBits(shifted, 23, 126u << 23);
  V result = (p + p) * power;
  result = V::select(V::less(x, V::broadcast(-86.9f)), V::zero(), result);
  if constexpr (!Positive) return result;  // a NaN has passed through the sums
  result = V::select(V::less(V::broadcast(88.7228f), x), V::broadcast(std::numeric_limits<float>::infinity()), result);
  return V::select(V::isNan(x), x, result);
}

// exp(0) is exactly 1; below -86.9 exactly 0 (no denormals); above 88.72 +inf; NaN stays NaN.
template <class V>
inline V exponential(V x) {
  return exponentialBelow<V, true>(x);
}

// exponential(x) for x <= 0 (or NaN), a little faster; the same bits.
template <class V>
inline V exponentialOfNegative(V x) {
  return exponentialBelow<V, false>(x);
}

// log(0) = -inf, below 0 NaN, log(+inf) = +inf; denormals are exact.
template <class V>
inline V logarithm(V x) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto tiny = V::less(x, V::broadcast(1.17549435e-38f));
  const V scaled = V::select(tiny, x * V::broadcast(8388608.0f), x);
  V e = V::exponentField(scaled) - V::select(tiny, V::broadcast(126.0f + 23.0f), V::broadcast(126.0f));
  V m = V::maskBits(scaled, 0x007fffffu, 0x3f000000u);  // [0.5, 1)
  const auto low = V::less(m, V::broadcast(0.707106781186547524f));
  e = e - V::select(low, V::broadcast(1.0f), V::zero());
  m = (m - V::broadcast(1.0f)) + V::select(low, m, V::zero());
  const V z = m * m;
  V p = V::broadcast(7.0376836292e-2f);
  p = V::fma(p, m, V::broadcast(-1.1514610310e-1f));
  p = V::fma(p, m, V::broadcast(1.1676998740e-1f));
  p = V::fma(p, m, V::broadcast(-1.2420140846e-1f));
  p = V::fma(p, m, V::broadcast(1.4249322787e-1f));
  p = V::fma(p, m, V::broadcast(-1.6668057665e-1f));
  p = V::fma(p, m, V::broadcast(2.0000714765e-1f));
  p = V::fma(p, m, V::broadcast(-2.4999993993e-1f));
  p = V::fma(p, m, V::broadcast(3.3333331174e-1f));
  V y = p * (m * z);
  y = V::fma(e, V::broadcast(-2.12194440e-4f), y);
  y = V::fma(z, V::broadcast(-0.5f), y);
  V result = V::fma(e, V::broadcast(0.693359375f), m + y);
  result = V::select(V::equal(x, V::broadcast(kInfinity)), x, result);
  result = V::select(V::equal(x, V::zero()), V::broadcast(-kInfinity), result);
  result = V::select(V::less(x, V::zero()), V::broadcast(std::numeric_limits<float>::quiet_NaN()), result);
  return V::select(V::isNan(x), x, result);
}

template <class V>
inline V sigmoid(V x) {
  const V one = V::broadcast(1.0f);
  return one / (one + exponential(V::zero() - x));
}

// tanh within 0.62 ulp; NaN stays NaN, beyond 9.02 exactly ±1. Below 0.375 an odd polynomial (minimax); above it
// 1 - 2 / (exp(2|x|) + 1), where exponential, sum and quotient carry a second float, as rounding them would cost an ulp each.
template <class V>
inline V hyperbolicTangent(V x) {
  constexpr float kShifter = 12582912.0f;
  const V one = V::broadcast(1.0f), zero = V::zero();
  const V magnitude = V::maskBits(x, 0x7fffffffu, 0);
  const V z = x * x;
  V near = V::broadcast(-7.63912139698e-3f);
  near = V::fma(near, z, V::broadcast(2.17137729896e-2f));
  near = V::fma(near, z, V::broadcast(-5.39600285426e-2f));
  near = V::fma(near, z, V::broadcast(1.33333180085e-1f));
  near = V::fma(near, z, V::broadcast(-3.33333332874e-1f));
  near = V::fma(near * z, x, x);

  const V bounded = V::minimum(V::broadcast(10.0f), magnitude);  // this order keeps NaN
  const V y = bounded + bounded;
  const V shifted = y * V::broadcast(1.44269504088896341f) + V::broadcast(kShifter);
  const V n = shifted - V::broadcast(kShifter);
  const V coarse = V::fma(n, V::broadcast(-0.693359375f), y);  // exact
  const V r = V::fma(n, V::broadcast(2.12194440e-4f), coarse);
  const V rRest = V::fma(n, V::broadcast(2.12194440e-4f), coarse - r);
  V p = V::broadcast(1.9875691500e-4f);
  p = V::fma(p, r, V::broadcast(1.3981999507e-3f));
  p = V::fma(p, r, V::broadcast(8.3334519073e-3f));
  p = V::fma(p, r, V::broadcast(4.1665795894e-2f));
  p = V::fma(p, r, V::broadcast(1.6666665459e-1f));
  p = V::fma(p, r, V::broadcast(5.0000001201e-1f));
  const V linear = one + r;
  const V power = V::shiftBits(shifted, 23, 127u << 23);
  const V e = linear * power;
  const V eRest = V::fma(p, r * r, V::fma(rRest, linear, (one - linear) + r)) * power;
  const V whole = e + one;  // e >= 1
  const V wholeRest = ((e - whole) + one) + eRest;
  const V sum = whole + wholeRest;
  const V sumRest = (whole - sum) + wholeRest;
  const V quotient = V::broadcast(2.0f) / sum, negative = zero - quotient;
  const V remainder = V::fma(negative, sumRest, V::fma(negative, sum, V::broadcast(2.0f)));
  const V quotientRest = remainder * (quotient * V::broadcast(0.5f));
  const V difference = one - quotient;
  const V far = difference + (((one - difference) - quotient) - quotientRest);
  const V away = V::select(V::less(x, zero), zero - far, far);
  return V::select(V::less(magnitude, V::broadcast(0.375f)), near, away);
}

template <class V>
inline float exponentialOf(float x) {
  return exponential(V::broadcast(x)).first();
}
template <class V>
inline float logarithmOf(float x) {
  return logarithm(V::broadcast(x)).first();
}

}  // namespace
}  // namespace thinkwright
