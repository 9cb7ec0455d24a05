// Eight float lanes in plain C++, the reference meaning of every operation of a vector type. A wider or other instruction set adds
// a type with the same members; whatever it does must give the same bits, lane by lane.
// Internal linkage throughout: files compiled with other ISA flags include this too, and the linker must never merge the two.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "simd/tiling.h"
#include "simd/vec16-pair.h"

namespace thinkwright {
namespace {

struct PortableVec {
  static constexpr const char* name = "portable";
  using Wide = PairVec<PortableVec>;
  using Tiling = PlainTiling;
  float lane[8];

  struct Mask {
    bool lane[8];
  };

  template <class Function>
  static inline PortableVec make(Function&& function) {
    PortableVec result;
    for (int i = 0; i < 8; i++) result.lane[i] = function(i);
    return result;
  }
  template <class Function>
  static inline Mask makeMask(Function&& function) {
    Mask result;
    for (int i = 0; i < 8; i++) result.lane[i] = function(i);
    return result;
  }

  static inline PortableVec zero() {
    return make([](int) { return 0.0f; });
  }
  static inline PortableVec broadcast(float x) {
    return make([=](int) { return x; });
  }
  static inline PortableVec load(const float* p) {
    PortableVec result;
    std::memcpy(result.lane, p, sizeof result.lane);
    return result;
  }
  // The first count lanes from memory, the rest 0; reads nothing beyond them.
  static inline PortableVec loadFirst(const float* p, int count) {
    return make([=](int i) { return i < count ? p[i] : 0.0f; });
  }
  inline void store(float* p) const { std::memcpy(p, lane, sizeof lane); }
  inline void storeFirst(float* p, int count) const {
    for (int i = 0; i < count && i < 8; i++) p[i] = lane[i];
  }

  friend inline PortableVec operator+(PortableVec a, PortableVec b) {
    return make([&](int i) { return a.lane[i] + b.lane[i]; });
  }
  friend inline PortableVec operator-(PortableVec a, PortableVec b) {
    return make([&](int i) { return a.lane[i] - b.lane[i]; });
  }
  friend inline PortableVec operator*(PortableVec a, PortableVec b) {
    return make([&](int i) { return a.lane[i] * b.lane[i]; });
  }
  friend inline PortableVec operator/(PortableVec a, PortableVec b) {
    return make([&](int i) { return a.lane[i] / b.lane[i]; });
  }
  // a * b + c, rounded once
  static inline PortableVec fma(PortableVec a, PortableVec b, PortableVec c) {
    return make([&](int i) { return std::fmaf(a.lane[i], b.lane[i], c.lane[i]); });
  }
  static inline PortableVec squareRoot(PortableVec a) {
    return make([&](int i) { return std::sqrt(a.lane[i]); });
  }
  // a > b ? a : b, so b when either is NaN
  static inline PortableVec maximum(PortableVec a, PortableVec b) {
    return make([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static inline PortableVec minimum(PortableVec a, PortableVec b) {
    return make([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
  }

  // false when either is NaN
  static inline Mask less(PortableVec a, PortableVec b) {
    return makeMask([&](int i) { return a.lane[i] < b.lane[i]; });
  }
  static inline Mask equal(PortableVec a, PortableVec b) {
    return makeMask([&](int i) { return a.lane[i] == b.lane[i]; });
  }
  static inline Mask isNan(PortableVec a) {
    return makeMask([&](int i) { return a.lane[i] != a.lane[i]; });
  }
  static inline Mask firstLanes(int count) {
    return makeMask([=](int i) { return i < count; });
  }
  static inline PortableVec select(Mask mask, PortableVec a, PortableVec b) {
    return make([&](int i) { return mask.lane[i] ? a.lane[i] : b.lane[i]; });
  }

  // Bits of each lane, as integers: (bits << shift) + add, and the two halves of a logarithm's argument.
  static inline PortableVec shiftBits(PortableVec a, int shift, std::uint32_t add) {
    return make([&](int i) { return fromBits((toBits(a.lane[i]) << shift) + add); });
  }
  static inline PortableVec maskBits(PortableVec a, std::uint32_t keep, std::uint32_t set) {
    return make([&](int i) { return fromBits((toBits(a.lane[i]) & keep) | set); });
  }
  // The biased exponent field as a number.
  static inline PortableVec exponentField(PortableVec a) {
    return make([&](int i) { return static_cast<float>(toBits(a.lane[i]) >> 23 & 0xff); });
  }

  // ((l0+l4)+(l2+l6)) + ((l1+l5)+(l3+l7)): the one order of every sum over lanes.
  inline float sum() const {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
  }
  inline float largest() const {
    float result = lane[0];
    for (int i = 1; i < 8; i++) result = lane[i] > result ? lane[i] : result;
    return result;
  }
  inline float first() const { return lane[0]; }

  // The halves of a wide vector.
  static inline PortableVec low(PairVec<PortableVec> x);
  static inline PortableVec high(PairVec<PortableVec> x);

  // rows[i] lane j <-> rows[j] lane i
  static inline void transpose(PortableVec rows[8]) {
    for (int i = 0; i < 8; i++) {
      for (int j = 0; j < i; j++) {
        const float held = rows[i].lane[j];
        rows[i].lane[j] = rows[j].lane[i];
        rows[j].lane[i] = held;
      }
    }
  }

 private:
  static inline std::uint32_t toBits(float x) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, 4);
    return bits;
  }
  static inline float fromBits(std::uint32_t bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
  }
};

inline PortableVec PortableVec::low(PairVec<PortableVec> x) { return x.low; }
inline PortableVec PortableVec::high(PairVec<PortableVec> x) { return x.high; }

}  // namespace
}  // namespace thinkwright
