// Weights in fewer bits, in the order the products read them: panels of 16 columns, inside a panel blocks along k, inside a block
// the scales of the 16 columns and then their numbers, some depths of a column to a word, so that one vector instruction unpacks one
// depth, and products of bytes (int8.h) find four depths of a column side by side: 4 bytes, or 8 nibbles of which depths 0 … 3 are
// the low halves of the bytes and 4 … 7 the high ones.
// A number is expanded to the float32 that ggml's reference (ggml-quants.c, dequantize_row_*) gives, but for the sign of zeros:
//   float16             [K][16] of 16 bits
//   bfloat16            [ceil(K / 2)][16] words of two depths, the even one in the low half (bf16.h), an absent last one 0
//   q8_0                a block of 32: 16 half scales, [8][16] words of 4 int8                         w = s q
//   q4_0, q4_1          a block of 32: 16 half scales (and 16 half minima), [4][16] words of 8 nibbles  w = s q - 8 s;  s q + m
//   q4_k, q5_k          256: 16 half d, 16 half dmin, [8][2][16] bytes of scale and minimum, [32][16] words (q5_k: [8][16] words of
//                       fifth bits)                                                                    w = (d sc) q - dmin mn
//   q6_k                256: 16 half d, [16][16] int8 scales, [32][16] words, [16][16] words of 2 bits  w = (d sc) q - 32 d sc
// Every product of a scale and a quantised number fits 24 bits, so s q + m in one fma rounds once, as the reference does.
#pragma once
#include <cstddef>
#include <cstdint>

#include "gemm/gemm.h"

namespace thinkwright {

// Also in src/kernels/stored-data.ts.
enum StoredType : int { kStoredFloat32 = 0, kBfloat16 = 1, kFloat16 = 2, kQ8_0 = 3, kQ4_0 = 4, kQ4_1 = 5, kQ4_K = 6, kQ5_K = 7, kQ6_K = 8 };

// bfloat16 with depths 2 i and 2 i + 1 in each other's place: only inside a product (bf16-expanded.h).
constexpr int kBfloat16Swapped = 15;

// A type plus one of these names the arithmetic of its products; without, it is exact.
constexpr int kStoredTypes = 16;
constexpr int kInt8Products = kStoredTypes;       // int8.h
constexpr int kBf16Products = 2 * kStoredTypes;  // bf16.h

// `depth` numbers of a column: `raw` bytes in a file, `panel` bytes for 16 columns here.
struct StoredLayout {
  int depth, raw, panel;
};

constexpr StoredLayout storedLayout(int type) {
  switch (type % kStoredTypes) {
    case kBfloat16:
    case kBfloat16Swapped:
    case kFloat16: return {1, 2, 32};
    case kQ8_0: return {32, 34, 544};
    case kQ4_0: return {32, 18, 288};
    case kQ4_1: return {32, 20, 320};
    case kQ4_K: return {256, 144, 2368};
    case kQ5_K: return {256, 176, 2880};
    case kQ6_K: return {256, 210, 3360};
    default: return {1, 4, 64};
  }
}

constexpr long storedPanelBytes(int type, int k) {
  if (type % kStoredTypes == kBfloat16 || type % kStoredTypes == kBfloat16Swapped) return (k + 1L) / 2 * 64;
  return static_cast<long>(k / storedLayout(type).depth) * storedLayout(type).panel;
}

namespace {

// Where the nibble of depth D of eight lies in its word.
constexpr int nibbleShift(int depth) { return depth % 4 * 8 + depth / 4 * 4; }

// Stored integers as sixteen floats: one specialisation for each wide vector, in simd/unpack-*.h.
template <class W>
struct Unpack;

// A format reads a block (of about `bytes`) with open(), 8 depths of it with group(), and gives depth D of those with value<D>().
template <class W>
struct HalfWords {
  static constexpr int groups = 1, bytes = 256;
  struct Block {
    const std::uint16_t* values;
  };
  struct Group {};
  static inline Block open(const std::uint8_t* panel, long block) { return {reinterpret_cast<const std::uint16_t*>(panel) + block * 8 * kPanelWidth}; }
  static inline Group group(const Block&, int) { return {}; }
};

template <class W, int Swap>
struct Bfloat16PairFormat {
  static constexpr int groups = 1, bytes = 256;
  struct Block {
    const std::uint8_t* words;
  };
  struct Group {};
  static inline Block open(const std::uint8_t* panel, long block) { return {panel + block * bytes}; }
  static inline Group group(const Block&, int) { return {}; }
  template <int D>
  static inline W value(const Block& b, Group) {
    return Unpack<W>::template bfloat<D % 2 ^ Swap>(Unpack<W>::words(b.words + D / 2 * 64));
  }
};
template <class W>
using Bfloat16Format = Bfloat16PairFormat<W, 0>;
template <class W>
using Bfloat16SwappedFormat = Bfloat16PairFormat<W, 1>;

template <class W>
struct Float16Format : HalfWords<W> {
  template <int D>
  static inline W value(const typename HalfWords<W>::Block& b, typename HalfWords<W>::Group) {
    return Unpack<W>::halves(b.values + D * kPanelWidth);
  }
};

template <class W>
inline W halvesAt(const std::uint8_t* p) {
  return Unpack<W>::halves(reinterpret_cast<const std::uint16_t*>(p));
}

template <class W>
struct Q8_0Format {
  static constexpr int groups = 4, bytes = 544;
  struct Block {
    W scale;
    const std::uint8_t* numbers;
  };
  struct Group {
    typename Unpack<W>::Words words[2];
  };
  static inline Block open(const std::uint8_t* panel, long block) {
    const std::uint8_t* at = panel + block * 544;
    return {halvesAt<W>(at), at + 32};
  }
  static inline Group group(const Block& b, int g) { return {{Unpack<W>::words(b.numbers + g * 128), Unpack<W>::words(b.numbers + g * 128 + 64)}}; }
  template <int D>
  static inline W value(const Block& b, const Group& g) {
    return Unpack<W>::template signedByte<D % 4>(g.words[D / 4]) * b.scale;
  }
};

// Scale, minimum and words of nibbles: what the 4-bit formats have in common.
template <class W>
struct Nibbles {
  static constexpr int groups = 4, bytes = 288;
  struct Block {
    W scale, minimum;
    const std::uint8_t* words;
  };
  using Group = typename Unpack<W>::Words;
  static inline Group group(const Block& b, int g) { return Unpack<W>::words(b.words + g * 64); }
  template <int D>
  static inline W value(const Block& b, Group words) {
    return W::fma(Unpack<W>::template nibble<D>(words), b.scale, b.minimum);
  }
};

template <class W>
struct Q4_0Format : Nibbles<W> {
  static inline typename Nibbles<W>::Block open(const std::uint8_t* panel, long block) {
    const std::uint8_t* at = panel + block * 288;
    const W scale = halvesAt<W>(at);
    return {scale, scale * W::broadcast(-8.0f), at + 32};
  }
};

template <class W>
struct Q4_1Format : Nibbles<W> {
  static inline typename Nibbles<W>::Block open(const std::uint8_t* panel, long block) {
    const std::uint8_t* at = panel + block * 320;
    return {halvesAt<W>(at), halvesAt<W>(at + 32), at + 64};
  }
};

// Scale and minimum of sub-block `sub` of a q4_k or q5_k block.
template <class W>
inline W subScale(const std::uint8_t* at, long sub) {
  return halvesAt<W>(at) * Unpack<W>::unsignedBytes(at + 64 + sub * 32);
}
template <class W>
inline W subMinimum(const std::uint8_t* at, long sub) {
  return W::zero() - halvesAt<W>(at + 32) * Unpack<W>::unsignedBytes(at + 64 + sub * 32 + 16);
}

template <class W>
struct Q4_KFormat : Nibbles<W> {
  static inline typename Nibbles<W>::Block open(const std::uint8_t* panel, long block) {
    const std::uint8_t* at = panel + block / 8 * 2368;
    return {subScale<W>(at, block % 8), subMinimum<W>(at, block % 8), at + 320 + block % 8 * 256};
  }
};

template <class W>
struct Q5_KFormat {
  static constexpr int groups = 4, bytes = 352;
  using Words = typename Unpack<W>::Words;
  struct Block {
    W scale, minimum;
    const std::uint8_t *words, *fifths;
  };
  struct Group {
    Words low, fifth;
  };
  static inline Block open(const std::uint8_t* panel, long block) {
    const std::uint8_t* at = panel + block / 8 * 2880;
    return {subScale<W>(at, block % 8), subMinimum<W>(at, block % 8), at + 320 + block % 8 * 256, at + 2368 + block % 8 * 64};
  }
  static inline Group group(const Block& b, int g) {
    return {Unpack<W>::words(b.words + g * 64), Unpack<W>::shifted(Unpack<W>::words(b.fifths), 8 * g)};
  }
  template <int D>
  static inline W value(const Block& b, Group g) {
    return W::fma(Unpack<W>::template joined<nibbleShift(D), D, 1>(g.low, g.fifth), b.scale, b.minimum);
  }
};

template <class W>
struct Q6_KFormat {
  static constexpr int groups = 2, bytes = 208;
  using Words = typename Unpack<W>::Words;
  struct Block {
    W scale, minimum;
    const std::uint8_t *words, *highs;
  };
  struct Group {
    Words low, high;
  };
  static inline Block open(const std::uint8_t* panel, long block) {
    const std::uint8_t* at = panel + block / 16 * 3360;
    const long sub = block % 16;
    const W scale = halvesAt<W>(at) * Unpack<W>::signedBytes(reinterpret_cast<const std::int8_t*>(at + 32 + sub * 16));
    return {scale, scale * W::broadcast(-32.0f), at + 288 + sub * 128, at + 2336 + sub * 64};
  }
  static inline Group group(const Block& b, int g) {
    return {Unpack<W>::words(b.words + g * 64), Unpack<W>::shifted(Unpack<W>::words(b.highs), 16 * g)};
  }
  template <int D>
  static inline W value(const Block& b, Group g) {
    return W::fma(Unpack<W>::template joined<nibbleShift(D), 2 * D, 3>(g.low, g.high), b.scale, b.minimum);
  }
};

// function.template operator()<Format>() for the format of a stored type other than float32
template <class W, class Function>
inline void withFormat(int type, Function&& function) {
  switch (type) {
    case kBfloat16: return function.template operator()<Bfloat16Format<W>>();
    case kBfloat16Swapped: return function.template operator()<Bfloat16SwappedFormat<W>>();
    case kFloat16: return function.template operator()<Float16Format<W>>();
    case kQ8_0: return function.template operator()<Q8_0Format<W>>();
    case kQ4_0: return function.template operator()<Q4_0Format<W>>();
    case kQ4_1: return function.template operator()<Q4_1Format<W>>();
    case kQ4_K: return function.template operator()<Q4_KFormat<W>>();
    case kQ5_K: return function.template operator()<Q5_KFormat<W>>();
    default: return function.template operator()<Q6_KFormat<W>>();
  }
}

// function.template operator()<D>() for D = 0 … 7
template <class Function>
inline void eachOfEight(Function&& function) {
  function.template operator()<0>();
  function.template operator()<1>();
  function.template operator()<2>();
  function.template operator()<3>();
  function.template operator()<4>();
  function.template operator()<5>();
  function.template operator()<6>();
  function.template operator()<7>();
}

// The first `count` of those
template <class Function>
inline void eachOfFirst(int count, Function&& function) {
  eachOfEight([&]<int D>() {
    if (D < count) function.template operator()<D>();
  });
}

}  // namespace
}  // namespace thinkwright
