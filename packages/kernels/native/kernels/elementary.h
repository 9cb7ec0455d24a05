// exp and log in double precision without the C library, so that log1p, expm1, pow and softplus have the same bits on every
// machine. Relative error below 1e-15, which rounding to float hides. Plain multiplications and additions only.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace thinkwright {
namespace {

inline double powerOfTwo(int exponent) {  // -1022 <= exponent <= 1023
  const std::uint64_t bits = static_cast<std::uint64_t>(exponent + 1023) << 52;
  double result;
  std::memcpy(&result, &bits, 8);
  return result;
}

inline double exactExp(double x) {
  if (x != x) return x;
  if (x > 709.0) return std::numeric_limits<double>::infinity();
  if (x < -708.0) return 0;
  const double n = std::floor(x * 1.44269504088896340736 + 0.5);
  const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  double p = 1.0;  // Taylor, |r| <= 0.35: r^14 / 14! < 5e-18
  for (int i = 13; i >= 1; i--) p = 1.0 + p * r / i;
  return p * powerOfTwo(static_cast<int>(n));
}

inline double exactLog(double x) {
  if (!(x > 0)) return x == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (x == std::numeric_limits<double>::infinity()) return x;
  int exponent;
  double m = std::frexp(x, &exponent);  // exact
  if (m < 0.70710678118654752440) {
    m *= 2;
    exponent--;
  }
  const double s = (m - 1) / (m + 1), z = s * s;  // log m = 2 artanh s, |s| < 0.172
  double p = 0;
  for (int i = 21; i >= 1; i -= 2) p = p * z + 1.0 / i;
  return exponent * 1.90821492927058770002e-10 + 2 * s * p + exponent * 6.93147180369123816490e-01;
}

inline double exactExpm1(double x) { return std::fabs(x) < 1e-5 ? x + 0.5 * x * x : exactExp(x) - 1; }
inline double exactLog1p(double x) { return std::fabs(x) < 1e-5 ? x - 0.5 * x * x : exactLog(1 + x); }

inline double exactSoftplus(double x) { return x > 30 ? x + exactExp(-x) : exactLog1p(exactExp(x)); }

inline double exactPow(double base, double exponent) {
  if (exponent == 0 || base == 1) return 1;
  if (exponent == 1) return base;
  if (exponent == 2) return base * base;
  const bool whole = exponent == std::floor(exponent);
  if (base == 0 || base - base != 0 || exponent - exponent != 0) return std::pow(base, exponent);  // zeros, infinities, NaN: no rounding
  if (base < 0 && !whole) return std::numeric_limits<double>::quiet_NaN();
  const double magnitude = exactExp(exponent * exactLog(std::fabs(base)));
  return base < 0 && std::fmod(exponent, 2) != 0 ? -magnitude : magnitude;
}

}  // namespace
}  // namespace thinkwright
