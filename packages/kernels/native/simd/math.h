// exp and log, used by every kernel, so that a number has one exponential on every instruction set. Cephes polynomials, within 2 ulp.
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
