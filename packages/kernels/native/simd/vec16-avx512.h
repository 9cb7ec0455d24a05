// Sixteen float lanes in one 512-bit register, the members of a wide vector (see vec16-pair.h). Only for files named *-avx512.cc.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace thinkwright {
namespace {

struct Avx512Wide {
  __m512 value;

  struct Mask {
    __mmask16 value;
  };

  static inline Avx512Wide zero() { return {_mm512_setzero_ps()}; }
  static inline Avx512Wide broadcast(float x) { return {_mm512_set1_ps(x)}; }
  static inline Avx512Wide load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static inline Avx512Wide loadFirst(const float* p, int count) { return {_mm512_maskz_loadu_ps(laneMask(count), p)}; }
  inline void store(float* p) const { _mm512_storeu_ps(p, value); }
  inline void storeFirst(float* p, int count) const {
    if (count >= 16) return _mm512_storeu_ps(p, value);
    _mm512_mask_storeu_ps(p, laneMask(count), value);
  }

  friend inline Avx512Wide operator+(Avx512Wide a, Avx512Wide b) { return {_mm512_add_ps(a.value, b.value)}; }
  friend inline Avx512Wide operator-(Avx512Wide a, Avx512Wide b) { return {_mm512_sub_ps(a.value, b.value)}; }
  friend inline Avx512Wide operator*(Avx512Wide a, Avx512Wide b) { return {_mm512_mul_ps(a.value, b.value)}; }
  friend inline Avx512Wide operator/(Avx512Wide a, Avx512Wide b) { return {_mm512_div_ps(a.value, b.value)}; }
  static inline Avx512Wide fma(Avx512Wide a, Avx512Wide b, Avx512Wide c) { return {_mm512_fmadd_ps(a.value, b.value, c.value)}; }
  static inline Avx512Wide squareRoot(Avx512Wide a) { return {_mm512_sqrt_ps(a.value)}; }
  static inline Avx512Wide maximum(Avx512Wide a, Avx512Wide b) { return {_mm512_max_ps(a.value, b.value)}; }
  static inline Avx512Wide minimum(Avx512Wide a, Avx512Wide b) { return {_mm512_min_ps(a.value, b.value)}; }

  static inline Mask less(Avx512Wide a, Avx512Wide b) { return {_mm512_cmp_ps_mask(a.value, b.value, _CMP_LT_OQ)}; }
  static inline Mask equal(Avx512Wide a, Avx512Wide b) { return {_mm512_cmp_ps_mask(a.value, b.value, _CMP_EQ_OQ)}; }
  static inline Mask isNan(Avx512Wide a) { return {_mm512_cmp_ps_mask(a.value, a.value, _CMP_UNORD_Q)}; }
  static inline Mask firstLanes(int count) { return {laneMask(count)}; }
  static inline Avx512Wide select(Mask mask, Avx512Wide a, Avx512Wide b) { return {_mm512_mask_blend_ps(mask.value, b.value, a.value)}; }

  static inline Avx512Wide shiftBits(Avx512Wide a, int shift, std::uint32_t add) {
    const __m512i shifted = _mm512_sll_epi32(_mm512_castps_si512(a.value), _mm_cvtsi32_si128(shift));
    return {_mm512_castsi512_ps(_mm512_add_epi32(shifted, _mm512_set1_epi32(static_cast<int>(add))))};
  }
  static inline Avx512Wide maskBits(Avx512Wide a, std::uint32_t keep, std::uint32_t set) {
    const __m512i kept = _mm512_and_si512(_mm512_castps_si512(a.value), _mm512_set1_epi32(static_cast<int>(keep)));
    return {_mm512_castsi512_ps(_mm512_or_si512(kept, _mm512_set1_epi32(static_cast<int>(set))))};
  }
  static inline Avx512Wide exponentField(Avx512Wide a) {
    const __m512i field = _mm512_and_si512(_mm512_srli_epi32(_mm512_castps_si512(a.value), 23), _mm512_set1_epi32(0xff));
    return {_mm512_cvtepi32_ps(field)};
  }

  inline float largest() const { return _mm512_reduce_max_ps(value); }

 private:
  static inline __mmask16 laneMask(int count) {
    return static_cast<__mmask16>(count >= 16 ? 0xffff : count <= 0 ? 0 : (1u << count) - 1);
  }
};

}  // namespace
}  // namespace thinkwright
