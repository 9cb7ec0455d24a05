// Stored integers as sixteen floats with AVX-512 (gemm/stored-formats.h). Only for files named *-avx512.cc.
#pragma once
#include "gemm/stored-formats.h"
#include "simd/vec16-avx512.h"

namespace thinkwright {
namespace {

template <>
struct Unpack<Avx512Wide> {
  using Words = __m512i;
  static inline Words words(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static inline Words shifted(Words x, int bits) { return _mm512_srl_epi32(x, _mm_cvtsi32_si128(bits)); }
  // Nibble D of each word. A permutation looks at the low 4 bits of its indices only: no mask, no conversion.
  template <int D>
  static inline Avx512Wide nibble(Words x) {
    const __m512 table = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return {_mm512_permutexvar_ps(D == 0 ? x : _mm512_srli_epi32(x, nibbleShift(D)), table)};
  }
  // (low >> LowShift & 15) | (high >> HighShift & HighMask) << 4
  template <int LowShift, int HighShift, int HighMask>
  static inline Avx512Wide joined(Words low, Words high) {
    const __m512i nibble = _mm512_and_si512(_mm512_srli_epi32(low, LowShift), _mm512_set1_epi32(15));
    const __m512i rest = _mm512_and_si512(_mm512_srli_epi32(high, HighShift), _mm512_set1_epi32(HighMask));
    return {_mm512_cvtepi32_ps(_mm512_or_si512(nibble, _mm512_slli_epi32(rest, 4)))};
  }
  // Byte D of each word.
  template <int D>
  static inline Avx512Wide signedByte(Words x) {
    return {_mm512_cvtepi32_ps(_mm512_srai_epi32(D == 3 ? x : _mm512_slli_epi32(x, 24 - 8 * D), 24))};
  }
  static inline Avx512Wide signedBytes(const std::int8_t* p) {
    return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
  }
  static inline Avx512Wide unsignedBytes(const std::uint8_t* p) {
    return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
  }
  static inline Avx512Wide halves(const std::uint16_t* p) {
    return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
  }
  // Half D of each word.
  template <int D>
  static inline Avx512Wide bfloat(Words x) {
    return {_mm512_castsi512_ps(D == 0 ? _mm512_slli_epi32(x, 16) : _mm512_and_si512(x, _mm512_set1_epi32(static_cast<int>(0xffff0000u))))};
  }
};

}  // namespace
}  // namespace thinkwright
