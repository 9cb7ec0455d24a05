// Eight float lanes in two NEON registers; the meaning of each member is that of PortableVec, bit for bit. Only for files named
// *-neon.cc.
#pragma once
#include <arm_neon.h>

#include <cstdint>

#include "simd/tiling.h"
#include "simd/vec16-pair.h"

namespace thinkwright {
namespace {

struct NeonVec {
  static constexpr const char* name = "neon";
  using Wide = PairVec<NeonVec>;
  using Tiling = NeonTiling;
  float32x4_t lower, upper;

  struct Mask {
    uint32x4_t lower, upper;
  };

  static inline NeonVec zero() { return broadcast(0.0f); }
  static inline NeonVec broadcast(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
  static inline NeonVec load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static inline NeonVec loadFirst(const float* p, int count) {
    if (count >= 8) return load(p);
    float lanes[8] = {};
    for (int i = 0; i < count; i++) lanes[i] = p[i];
    return load(lanes);
  }
  inline void store(float* p) const {
    vst1q_f32(p, lower);
    vst1q_f32(p + 4, upper);
  }
  inline void storeFirst(float* p, int count) const {
    if (count >= 8) return store(p);
    float lanes[8];
    store(lanes);
    for (int i = 0; i < count; i++) p[i] = lanes[i];
  }

  friend inline NeonVec operator+(NeonVec a, NeonVec b) { return {vaddq_f32(a.lower, b.lower), vaddq_f32(a.upper, b.upper)}; }
  friend inline NeonVec operator-(NeonVec a, NeonVec b) { return {vsubq_f32(a.lower, b.lower), vsubq_f32(a.upper, b.upper)}; }
  friend inline NeonVec operator*(NeonVec a, NeonVec b) { return {vmulq_f32(a.lower, b.lower), vmulq_f32(a.upper, b.upper)}; }
  friend inline NeonVec operator/(NeonVec a, NeonVec b) { return {vdivq_f32(a.lower, b.lower), vdivq_f32(a.upper, b.upper)}; }
  static inline NeonVec fma(NeonVec a, NeonVec b, NeonVec c) {
    return {vfmaq_f32(c.lower, a.lower, b.lower), vfmaq_f32(c.upper, a.upper, b.upper)};
  }
  static inline NeonVec squareRoot(NeonVec a) { return {vsqrtq_f32(a.lower), vsqrtq_f32(a.upper)}; }
  // a > b ? a : b, so b when either is NaN; the instructions named max and min keep a NaN instead.
  static inline NeonVec maximum(NeonVec a, NeonVec b) { return select(less(b, a), a, b); }
  static inline NeonVec minimum(NeonVec a, NeonVec b) { return select(less(a, b), a, b); }

  static inline Mask less(NeonVec a, NeonVec b) { return {vcltq_f32(a.lower, b.lower), vcltq_f32(a.upper, b.upper)}; }
  static inline Mask equal(NeonVec a, NeonVec b) { return {vceqq_f32(a.lower, b.lower), vceqq_f32(a.upper, b.upper)}; }
  static inline Mask isNan(NeonVec a) { return {vmvnq_u32(vceqq_f32(a.lower, a.lower)), vmvnq_u32(vceqq_f32(a.upper, a.upper))}; }
  static inline Mask firstLanes(int count) {
    const std::int32_t lanes[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const int32x4_t limit = vdupq_n_s32(count);
    return {vcltq_s32(vld1q_s32(lanes), limit), vcltq_s32(vld1q_s32(lanes + 4), limit)};
  }
  static inline NeonVec select(Mask mask, NeonVec a, NeonVec b) {
    return {vbslq_f32(mask.lower, a.lower, b.lower), vbslq_f32(mask.upper, a.upper, b.upper)};
  }

  static inline NeonVec shiftBits(NeonVec a, int shift, std::uint32_t add) {
    return onBits(a, [=](uint32x4_t x) { return vaddq_u32(vshlq_u32(x, vdupq_n_s32(shift)), vdupq_n_u32(add)); });
  }
  static inline NeonVec maskBits(NeonVec a, std::uint32_t keep, std::uint32_t set) {
    return onBits(a, [=](uint32x4_t x) { return vorrq_u32(vandq_u32(x, vdupq_n_u32(keep)), vdupq_n_u32(set)); });
  }
  static inline NeonVec exponentField(NeonVec a) {
    const auto field = [](float32x4_t x) { return vcvtq_f32_u32(vandq_u32(vshrq_n_u32(vreinterpretq_u32_f32(x), 23), vdupq_n_u32(0xff))); };
    return {field(a.lower), field(a.upper)};
  }

  inline float sum() const {
    const float32x4_t four = vaddq_f32(lower, upper);
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
  }
  inline float largest() const {
    float lanes[8], result;
    store(lanes);
    result = lanes[0];
    for (int i = 1; i < 8; i++) result = lanes[i] > result ? lanes[i] : result;
    return result;
  }
  inline float first() const { return vgetq_lane_f32(lower, 0); }

  static inline NeonVec low(PairVec<NeonVec> x);
  static inline NeonVec high(PairVec<NeonVec> x);

  static inline void transpose(NeonVec rows[8]) {
    const auto four = [](float32x4_t& a, float32x4_t& b, float32x4_t& c, float32x4_t& d) {
      const float32x4x2_t ab = vtrnq_f32(a, b), cd = vtrnq_f32(c, d);
      a = vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0]));
      b = vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1]));
      c = vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0]));
      d = vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1]));
    };
    for (int i = 0; i < 8; i += 4) {
      four(rows[i].lower, rows[i + 1].lower, rows[i + 2].lower, rows[i + 3].lower);
      four(rows[i].upper, rows[i + 1].upper, rows[i + 2].upper, rows[i + 3].upper);
    }
    for (int i = 0; i < 4; i++) {
      const float32x4_t held = rows[i].upper;
      rows[i].upper = rows[i + 4].lower;
      rows[i + 4].lower = held;
    }
  }

 private:
  template <class Function>
  static inline NeonVec onBits(NeonVec a, Function&& function) {
    return {vreinterpretq_f32_u32(function(vreinterpretq_u32_f32(a.lower))), vreinterpretq_f32_u32(function(vreinterpretq_u32_f32(a.upper)))};
  }
};

inline NeonVec NeonVec::low(PairVec<NeonVec> x) { return x.low; }
inline NeonVec NeonVec::high(PairVec<NeonVec> x) { return x.high; }

}  // namespace
}  // namespace thinkwright
