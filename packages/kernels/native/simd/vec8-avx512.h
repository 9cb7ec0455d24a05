// Eight float lanes in one 256-bit register with the masks of AVX-512VL; the meaning of each member is that of PortableVec, bit for
// bit. The eight-lane vector carries the sums whose order is part of the contract; Avx512Wide does the rest.
// Only for files named *-avx512.cc.
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "simd/tiling.h"
#include "simd/vec16-avx512.h"

namespace thinkwright {
namespace {

struct Avx512Vec {
  static constexpr const char* name = "avx512";
  using Wide = Avx512Wide;
  using Tiling = WideTiling;
  __m256 value;

  struct Mask {
    __mmask8 value;
  };

  static inline Avx512Vec zero() { return {_mm256_setzero_ps()}; }
  static inline Avx512Vec broadcast(float x) { return {_mm256_set1_ps(x)}; }
  static inline Avx512Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static inline Avx512Vec loadFirst(const float* p, int count) { return {_mm256_maskz_loadu_ps(laneMask(count), p)}; }
  inline void store(float* p) const { _mm256_storeu_ps(p, value); }
  inline void storeFirst(float* p, int count) const {
    if (count >= 8) return _mm256_storeu_ps(p, value);
    _mm256_mask_storeu_ps(p, laneMask(count), value);
  }

  friend inline Avx512Vec operator+(Avx512Vec a, Avx512Vec b) { return {_mm256_add_ps(a.value, b.value)}; }
  friend inline Avx512Vec operator-(Avx512Vec a, Avx512Vec b) { return {_mm256_sub_ps(a.value, b.value)}; }
  friend inline Avx512Vec operator*(Avx512Vec a, Avx512Vec b) { return {_mm256_mul_ps(a.value, b.value)}; }
  friend inline Avx512Vec operator/(Avx512Vec a, Avx512Vec b) { return {_mm256_div_ps(a.value, b.value)}; }
  static inline Avx512Vec fma(Avx512Vec a, Avx512Vec b, Avx512Vec c) { return {_mm256_fmadd_ps(a.value, b.value, c.value)}; }
  static inline Avx512Vec squareRoot(Avx512Vec a) { return {_mm256_sqrt_ps(a.value)}; }
  static inline Avx512Vec maximum(Avx512Vec a, Avx512Vec b) { return {_mm256_max_ps(a.value, b.value)}; }
  static inline Avx512Vec minimum(Avx512Vec a, Avx512Vec b) { return {_mm256_min_ps(a.value, b.value)}; }

  static inline Mask less(Avx512Vec a, Avx512Vec b) { return {_mm256_cmp_ps_mask(a.value, b.value, _CMP_LT_OQ)}; }
  static inline Mask equal(Avx512Vec a, Avx512Vec b) { return {_mm256_cmp_ps_mask(a.value, b.value, _CMP_EQ_OQ)}; }
  static inline Mask isNan(Avx512Vec a) { return {_mm256_cmp_ps_mask(a.value, a.value, _CMP_UNORD_Q)}; }
  static inline Mask firstLanes(int count) { return {laneMask(count)}; }
  static inline Avx512Vec select(Mask mask, Avx512Vec a, Avx512Vec b) { return {_mm256_mask_blend_ps(mask.value, b.value, a.value)}; }

  static inline Avx512Vec shiftBits(Avx512Vec a, int shift, std::uint32_t add) {
    const __m256i shifted = _mm256_sll_epi32(_mm256_castps_si256(a.value), _mm_cvtsi32_si128(shift));
    return {_mm256_castsi256_ps(_mm256_add_epi32(shifted, _mm256_set1_epi32(static_cast<int>(add))))};
  }
  static inline Avx512Vec maskBits(Avx512Vec a, std::uint32_t keep, std::uint32_t set) {
    const __m256i kept = _mm256_and_si256(_mm256_castps_si256(a.value), _mm256_set1_epi32(static_cast<int>(keep)));
    return {_mm256_castsi256_ps(_mm256_or_si256(kept, _mm256_set1_epi32(static_cast<int>(set))))};
  }
  static inline Avx512Vec exponentField(Avx512Vec a) {
    const __m256i field = _mm256_and_si256(_mm256_srli_epi32(_mm256_castps_si256(a.value), 23), _mm256_set1_epi32(0xff));
    return {_mm256_cvtepi32_ps(field)};
  }

  inline float sum() const {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
  }
  inline float largest() const {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
  }
  inline float first() const { return _mm256_cvtss_f32(value); }

  static inline Avx512Vec low(Avx512Wide x) { return {_mm512_castps512_ps256(x.value)}; }
  static inline Avx512Vec high(Avx512Wide x) { return {_mm512_extractf32x8_ps(x.value, 1)}; }

  static inline void transpose(Avx512Vec rows[8]) {
    __m256 pairs[8], quads[8];
    for (int i = 0; i < 4; i++) {
      pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i].value, rows[2 * i + 1].value);
      pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i].value, rows[2 * i + 1].value);
    }
    for (int half = 0; half < 8; half += 4) {
      quads[half + 0] = _mm256_shuffle_ps(pairs[half], pairs[half + 2], 0x44);
      quads[half + 1] = _mm256_shuffle_ps(pairs[half], pairs[half + 2], 0xee);
      quads[half + 2] = _mm256_shuffle_ps(pairs[half + 1], pairs[half + 3], 0x44);
      quads[half + 3] = _mm256_shuffle_ps(pairs[half + 1], pairs[half + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
      rows[i].value = _mm256_permute2f128_ps(quads[i], quads[4 + i], 0x20);
      rows[i + 4].value = _mm256_permute2f128_ps(quads[i], quads[4 + i], 0x31);
    }
  }

 private:
  static inline __mmask8 laneMask(int count) {
    return static_cast<__mmask8>(count >= 8 ? 0xff : count <= 0 ? 0 : (1u << count) - 1);
  }
};

}  // namespace
}  // namespace thinkwright
