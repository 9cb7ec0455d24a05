// Products of bytes on 64-bit Arm, eight columns at a time; with Sdot by that instruction, else by widening products.
#pragma once
#include "gemm/half-floats.h"
#include "simd/vec8-neon.h"

namespace thinkwright {
namespace {

template <bool Sdot>
struct NeonDot {
  static constexpr int lanes = 8, rows = 4;
  static constexpr int vectors(int rows) { return rows <= 2 ? 2 : 1; }
  using Float = NeonVec;
  struct Bytes {
    int8x16_t lower, upper;
  };
  struct Sum {
    int32x4_t lower, upper;
  };

  static inline Bytes load(const std::uint8_t* p) { return {vreinterpretq_s8_u8(vld1q_u8(p)), vreinterpretq_s8_u8(vld1q_u8(p + 16))}; }
  static inline Bytes activations(const std::int32_t* word) {
    const int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(*word));
    return {x, x};
  }
  static inline Bytes lowNibbles(Bytes x) { return {vandq_s8(x.lower, vdupq_n_s8(15)), vandq_s8(x.upper, vdupq_n_s8(15))}; }
  static inline Bytes highNibbles(Bytes x) { return {shifted(x.lower), shifted(x.upper)}; }
  static inline Bytes signedBytes(Bytes x) { return x; }

  static inline Sum nibbleStart(const std::int32_t* correction) { return same(correction == nullptr ? 0 : *correction); }
  static inline Sum nibbleEnd(Sum sum, const std::int32_t*) { return sum; }
  static inline Sum signedStart(const std::int32_t*) { return same(0); }
  static inline Sum addNibbles(Sum sum, Bytes weights, Bytes x) { return addSigned(sum, weights, x); }
  static inline Sum addSigned(Sum sum, Bytes weights, Bytes x) { return {add(sum.lower, weights.lower, x.lower), add(sum.upper, weights.upper, x.upper)}; }
  static inline Float toFloat(Sum x) { return {vcvtq_f32_s32(x.lower), vcvtq_f32_s32(x.upper)}; }
  static inline Float halves(const std::uint8_t* p) {
    float values[8];
    for (int i = 0; i < 8; i++) values[i] = fromHalf(static_cast<std::uint16_t>(p[2 * i] | p[2 * i + 1] << 8));
    return Float::load(values);
  }
  static inline Float bytes(const std::uint8_t* p) {
    const uint16x8_t wide = vmovl_u8(vld1_u8(p));
    return {vcvtq_f32_u32(vmovl_u16(vget_low_u16(wide))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(wide)))};
  }

 private:
  static inline Sum same(std::int32_t x) { return {vdupq_n_s32(x), vdupq_n_s32(x)}; }
  static inline int8x16_t shifted(int8x16_t x) { return vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(x), 4)); }
  static inline int32x4_t add(int32x4_t sum, int8x16_t weights, int8x16_t x) {
#if defined(__ARM_FEATURE_DOTPROD)
    if constexpr (Sdot) return vdotq_s32(sum, weights, x);
#endif
    const int16x8_t first = vmull_s8(vget_low_s8(weights), vget_low_s8(x)), second = vmull_s8(vget_high_s8(weights), vget_high_s8(x));
    return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(first), vpaddlq_s16(second)));
  }
};

}  // namespace
}  // namespace thinkwright
