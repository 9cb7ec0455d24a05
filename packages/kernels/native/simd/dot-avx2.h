// Products of bytes with AVX2, eight columns at a time; with Vnni by vpdpbusd (AVX-VNNI), which takes unsigned weights, else by
// vpmaddubsw, whose sums of two products must fit 16 bits: nibbles do for a whole block, 8-bit weights do with their signs moved to
// the activations. Only for files compiled with those flags.
#pragma once
#include <cstdint>

#include "simd/vec8-avx2.h"

namespace thinkwright {
namespace {

template <bool Vnni>
struct Avx2Dot {
  static constexpr int lanes = 8, rows = 4;
  static constexpr int vectors(int rows) { return rows <= 2 ? 2 : 1; }
  using Float = Avx2Vec;
  using Bytes = __m256i;
  using Sum = __m256i;

  static inline Bytes load(const std::uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
  static inline Bytes activations(const std::int32_t* word) { return _mm256_set1_epi32(*word); }
  static inline Bytes lowNibbles(Bytes x) { return _mm256_and_si256(x, _mm256_set1_epi8(15)); }
  static inline Bytes highNibbles(Bytes x) { return _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(15)); }
  static inline Bytes signedBytes(Bytes x) {
    if constexpr (Vnni) return _mm256_xor_si256(x, _mm256_set1_epi8(-128));
    return x;
  }

  static inline Sum nibbleStart(const std::int32_t* correction) { return Vnni && correction != nullptr ? _mm256_set1_epi32(*correction) : _mm256_setzero_si256(); }
  static inline Sum nibbleEnd(Sum sum, const std::int32_t* correction) {
    if constexpr (Vnni) return sum;
    const __m256i total = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));  // 8 x 2 x 15 x 127 fits 16 bits
    return correction == nullptr ? total : _mm256_add_epi32(total, _mm256_set1_epi32(*correction));
  }
  static inline Sum signedStart(const std::int32_t* correction) { return Vnni ? _mm256_set1_epi32(*correction) : _mm256_setzero_si256(); }
  static inline Sum addNibbles(Sum sum, Bytes weights, Bytes x) {
#if defined(__AVXVNNI__)
    if constexpr (Vnni) return _mm256_dpbusd_avx_epi32(sum, weights, x);
#endif
    return _mm256_add_epi16(sum, _mm256_maddubs_epi16(weights, x));
  }
  static inline Sum addSigned(Sum sum, Bytes weights, Bytes x) {
#if defined(__AVXVNNI__)
    if constexpr (Vnni) return _mm256_dpbusd_avx_epi32(sum, weights, x);
#endif
    // 2 x 128 x 127 fits 16 bits
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(x, weights));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  static inline Float toFloat(Sum x) { return {_mm256_cvtepi32_ps(x)}; }
  static inline Float halves(const std::uint8_t* p) { return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))}; }
  static inline Float bytes(const std::uint8_t* p) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))))};
  }
};

}  // namespace
}  // namespace thinkwright
