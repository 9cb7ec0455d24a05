// Stored integers as floats in plain C++ (gemm/stored-formats.h).
#pragma once
#include <cstring>

#include "gemm/half-floats.h"
#include "gemm/stored-formats.h"
#include "simd/vec16-pair.h"

namespace thinkwright {
namespace {

// For every instruction set that has no version of its own.
template <class V>
struct Unpack<PairVec<V>> {
  using Wide = PairVec<V>;
  struct Words {
    std::uint32_t lane[16];
  };
  static inline Words words(const std::uint8_t* p) {
    Words x;
    std::memcpy(x.lane, p, sizeof x.lane);
    return x;
  }
  static inline Words shifted(Words x, int bits) {
    for (std::uint32_t& lane : x.lane) lane >>= bits;
    return x;
  }
  template <int D>
  static inline Wide nibble(Words x) {
    return each([&](int i) { return static_cast<float>(x.lane[i] >> nibbleShift(D) & 15); });
  }
  template <int LowShift, int HighShift, int HighMask>
  static inline Wide joined(Words low, Words high) {
    return each([&](int i) { return static_cast<float>((low.lane[i] >> LowShift & 15) | (high.lane[i] >> HighShift & HighMask) << 4); });
  }
  template <int D>
  static inline Wide signedByte(Words x) {
    return each([&](int i) { return static_cast<float>(static_cast<std::int8_t>(x.lane[i] >> (8 * D) & 255)); });
  }
  static inline Wide signedBytes(const std::int8_t* p) {
    return each([&](int i) { return static_cast<float>(p[i]); });
  }
  static inline Wide unsignedBytes(const std::uint8_t* p) {
    return each([&](int i) { return static_cast<float>(p[i]); });
  }
  static inline Wide halves(const std::uint16_t* p) {
    return each([&](int i) { return fromHalf(p[i]); });
  }
  template <int D>
  static inline Wide bfloat(Words x) {
    return each([&](int i) { return fromBfloat16(static_cast<std::uint16_t>(x.lane[i] >> (16 * D) & 0xffff)); });
  }

 private:
  template <class Value>
  static inline Wide each(Value&& value) {
    alignas(64) float lanes[16];
    for (int i = 0; i < 16; i++) lanes[i] = value(i);
    return Wide::load(lanes);
  }
};

}  // namespace
}  // namespace thinkwright
