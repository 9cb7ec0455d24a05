// Stored integers as two times eight floats with AVX2 and F16C (gemm/stored-formats.h). Only for files named *-avx2.cc.
#pragma once
#include "gemm/stored-formats.h"
#include "simd/vec8-avx2.h"

namespace thinkwright {
namespace {

template <>
struct Unpack<PairVec<Avx2Vec>> {
  using Wide = PairVec<Avx2Vec>;
  struct Words {
    __m256i low, high;
  };
  static inline Words words(const std::uint8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))};
  }
  static inline Words shifted(Words x, int bits) {
    const __m128i count = _mm_cvtsi32_si128(bits);
    return {_mm256_srl_epi32(x.low, count), _mm256_srl_epi32(x.high, count)};
  }
  template <int D>
  static inline Wide nibble(Words x) {
    return {one<D>(x.low), one<D>(x.high)};
  }
  template <int LowShift, int HighShift, int HighMask>
  static inline Wide joined(Words low, Words high) {
    return {one<LowShift, HighShift, HighMask>(low.low, high.low), one<LowShift, HighShift, HighMask>(low.high, high.high)};
  }
  template <int D>
  static inline Wide signedByte(Words x) {
    const auto one = [](__m256i words) { return _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(words, 24 - 8 * D), 24)); };
    return {{one(x.low)}, {one(x.high)}};
  }
  static inline Wide signedBytes(const std::int8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return floats(_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8)));
  }
  static inline Wide unsignedBytes(const std::uint8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return floats(_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)));
  }
  static inline Wide halves(const std::uint16_t* p) {
    const auto* from = reinterpret_cast<const __m128i*>(p);
    return {{_mm256_cvtph_ps(_mm_loadu_si128(from))}, {_mm256_cvtph_ps(_mm_loadu_si128(from + 1))}};
  }
  template <int D>
  static inline Wide bfloat(Words x) {
    const auto one = [](__m256i words) {
      return _mm256_castsi256_ps(D == 0 ? _mm256_slli_epi32(words, 16) : _mm256_and_si256(words, _mm256_set1_epi32(static_cast<int>(0xffff0000u))));
    };
    return {{one(x.low)}, {one(x.high)}};
  }

 private:
  static inline Wide floats(__m256i low, __m256i high) { return {{_mm256_cvtepi32_ps(low)}, {_mm256_cvtepi32_ps(high)}}; }
  template <int D>
  static inline Avx2Vec one(__m256i x) {
    return {_mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(x, nibbleShift(D)), _mm256_set1_epi32(15)))};
  }
  template <int LowShift, int HighShift, int HighMask>
  static inline Avx2Vec one(__m256i low, __m256i high) {
    const __m256i nibble = _mm256_and_si256(_mm256_srli_epi32(low, LowShift), _mm256_set1_epi32(15));
    const __m256i rest = _mm256_and_si256(_mm256_srli_epi32(high, HighShift), _mm256_set1_epi32(HighMask));
    return {_mm256_cvtepi32_ps(_mm256_or_si256(nibble, _mm256_slli_epi32(rest, 4)))};
  }
};

}  // namespace
}  // namespace thinkwright
