// Products of bf16.h with VDPBF16PS: activations are packed for tiles of R rows as [ceil(k / 2)][R] words of two depths.
#include "gemm/bf16.h"
#include "gemm/dot-driver.h"
#include "gemm/half-floats.h"
#include "simd/vec16-avx512.h"

namespace thinkwright {
namespace {

struct Bf16Kernel {
  static constexpr int lanes = kPanelWidth, rows = 14;
  static constexpr int vectors(int rows) { return rows <= 6 ? 4 : 2; }
  static long rowWords(int k) { return (k + 1L) / 2; }
  static void packRow(const float* x, int k, std::int32_t* to, int stride) {
    alignas(64) std::int32_t words[16];
    int i = 0;
    for (; i + 32 <= k; i += 32) {
      _mm512_store_si512(words, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(x + i))));
      for (int word = 0; word < 16; word++) to[(i / 2 + word) * stride] = words[word];
    }
    for (; i < k; i += 2) {
      const std::uint32_t odd = i + 1 < k ? toBfloat16(x[i + 1]) : 0;
      to[i / 2 * stride] = static_cast<std::int32_t>(toBfloat16(x[i]) | odd << 16);
    }
  }

  template <int R, int P>
  TW_ONE_COPY static void tile(int, int k, const std::int32_t* a, const std::uint8_t* panels, long panelBytes, int, bool fetch, int columns, float* c, long cStride) {
    __m512 sums[P][R];
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) {
#pragma GCC unroll 14
      for (int r = 0; r < R; r++) sums[p][r] = _mm512_setzero_ps();
    }
    const int words = (k + 1) / 2;
#pragma GCC unroll 2
    for (int i = 0; i < words; i++, panels += 64, a += R) {
      if (fetch) {
#pragma GCC unroll 4
        for (int p = 0; p < P; p++) __builtin_prefetch(panels + p * panelBytes + 2048);
      }
      __m512bh weights[P];
#pragma GCC unroll 4
      for (int p = 0; p < P; p++) weights[p] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(panels + p * panelBytes));
#pragma GCC unroll 14
      for (int r = 0; r < R; r++) {
        const __m512bh x = reinterpret_cast<__m512bh>(_mm512_set1_epi32(a[r]));
#pragma GCC unroll 4
        for (int p = 0; p < P; p++) sums[p][r] = _mm512_dpbf16_ps(sums[p][r], x, weights[p]);
      }
    }
#pragma GCC unroll 4
    for (int p = 0; p < P; p++) {
#pragma GCC unroll 14
      for (int r = 0; r < R; r++) {
        float* to = c + r * cStride + p * lanes;
        const int rest = columns - p * lanes;
        if (rest > 0) Avx512Wide{sums[p][r]}.storeFirst(to, rest);
      }
    }
  }
};

}  // namespace

Int8Gemm bf16GemmDot() { return dotProduct<Bf16Kernel>; }

}  // namespace thinkwright
