// Products of bytes with AVX-512 VNNI, sixteen columns at a time: vpdpbusd takes unsigned weights, so signed ones are multiplied as
// w + 128 and the sum starts at -128 Σ q. Only for files compiled with those flags.
#pragma once
#include "simd/vec16-avx512.h"

namespace thinkwright {
namespace {

struct Avx512Dot {
  static constexpr int lanes = 16, rows = 6;
  static constexpr int vectors(int rows) { return rows <= 2 ? 4 : 2; }
  using Float = Avx512Wide;
  using Bytes = __m512i;
  using Sum = __m512i;

  static inline Bytes load(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static inline Bytes activations(const std::int32_t* word) { return _mm512_set1_epi32(*word); }
  static inline Bytes lowNibbles(Bytes x) { return _mm512_and_si512(x, _mm512_set1_epi8(15)); }
  static inline Bytes highNibbles(Bytes x) { return _mm512_and_si512(_mm512_srli_epi16(x, 4), _mm512_set1_epi8(15)); }
  static inline Bytes signedBytes(Bytes x) { return _mm512_xor_si512(x, _mm512_set1_epi8(-128)); }

  static inline Sum nibbleStart(const std::int32_t* correction) { return correction != nullptr ? _mm512_set1_epi32(*correction) : _mm512_setzero_si512(); }
  static inline Sum nibbleEnd(Sum sum, const std::int32_t*) { return sum; }
  static inline Sum signedStart(const std::int32_t* correction) { return _mm512_set1_epi32(*correction); }
  static inline Sum addNibbles(Sum sum, Bytes weights, Bytes x) { return _mm512_dpbusd_epi32(sum, weights, x); }
  static inline Sum addSigned(Sum sum, Bytes weights, Bytes x) { return _mm512_dpbusd_epi32(sum, weights, x); }
  static inline Float toFloat(Sum x) { return {_mm512_cvtepi32_ps(x)}; }
  static inline Float halves(const std::uint8_t* p) { return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))}; }
  static inline Float bytes(const std::uint8_t* p) {
    return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
  }
};

}  // namespace
}  // namespace thinkwright
