// Sixteen lanes as two vectors of eight: the wide vector of instruction sets whose registers are narrower. A wide vector is one row
// of a panel; it has no sum over lanes, whose order belongs to the eight-lane vector (V::low and V::high take it apart).
#pragma once
#include <cstdint>

namespace thinkwright {
namespace {

template <class V>
struct PairVec {
  V low, high;

  struct Mask {
    typename V::Mask low, high;
  };

  static inline PairVec zero() { return {V::zero(), V::zero()}; }
  static inline PairVec broadcast(float x) {
    const V both = V::broadcast(x);
    return {both, both};
  }
  static inline PairVec load(const float* p) { return {V::load(p), V::load(p + 8)}; }
  // The first count lanes from memory, the rest 0; reads nothing beyond them.
  static inline PairVec loadFirst(const float* p, int count) {
    return {V::loadFirst(p, count), count > 8 ? V::loadFirst(p + 8, count - 8) : V::zero()};
  }
  inline void store(float* p) const {
    low.store(p);
    high.store(p + 8);
  }
  inline void storeFirst(float* p, int count) const {
    low.storeFirst(p, count);
    if (count > 8) high.storeFirst(p + 8, count - 8);
  }

  friend inline PairVec operator+(PairVec a, PairVec b) { return {a.low + b.low, a.high + b.high}; }
  friend inline PairVec operator-(PairVec a, PairVec b) { return {a.low - b.low, a.high - b.high}; }
  friend inline PairVec operator*(PairVec a, PairVec b) { return {a.low * b.low, a.high * b.high}; }
  friend inline PairVec operator/(PairVec a, PairVec b) { return {a.low / b.low, a.high / b.high}; }
  static inline PairVec fma(PairVec a, PairVec b, PairVec c) { return {V::fma(a.low, b.low, c.low), V::fma(a.high, b.high, c.high)}; }
  static inline PairVec squareRoot(PairVec a) { return {V::squareRoot(a.low), V::squareRoot(a.high)}; }
  static inline PairVec maximum(PairVec a, PairVec b) { return {V::maximum(a.low, b.low), V::maximum(a.high, b.high)}; }
  static inline PairVec minimum(PairVec a, PairVec b) { return {V::minimum(a.low, b.low), V::minimum(a.high, b.high)}; }

  static inline Mask less(PairVec a, PairVec b) { return {V::less(a.low, b.low), V::less(a.high, b.high)}; }
  static inline Mask equal(PairVec a, PairVec b) { return {V::equal(a.low, b.low), V::equal(a.high, b.high)}; }
  static inline Mask isNan(PairVec a) { return {V::isNan(a.low), V::isNan(a.high)}; }
  static inline Mask firstLanes(int count) { return {V::firstLanes(count), V::firstLanes(count - 8)}; }
  static inline PairVec select(Mask mask, PairVec a, PairVec b) {
    return {V::select(mask.low, a.low, b.low), V::select(mask.high, a.high, b.high)};
  }

  static inline PairVec shiftBits(PairVec a, int shift, std::uint32_t add) {
    return {V::shiftBits(a.low, shift, add), V::shiftBits(a.high, shift, add)};
  }
  static inline PairVec maskBits(PairVec a, std::uint32_t keep, std::uint32_t set) {
    return {V::maskBits(a.low, keep, set), V::maskBits(a.high, keep, set)};
  }
  static inline PairVec exponentField(PairVec a) { return {V::exponentField(a.low), V::exponentField(a.high)}; }

  inline float largest() const { return V::maximum(low, high).largest(); }
};

}  // namespace
}  // namespace thinkwright
