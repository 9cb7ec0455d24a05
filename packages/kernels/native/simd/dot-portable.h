// Products of bytes in plain C++, the reference meaning of gemm/int8-tile.h's operations: eight columns, four depths at a time.
#pragma once
#include "gemm/half-floats.h"
#include "simd/vec8-portable.h"

namespace thinkwright {
namespace {

struct PortableDot {
  static constexpr int lanes = 8, rows = 2;
  static constexpr int vectors(int) { return 1; }
  using Float = PortableVec;
  // Byte i belongs to column i / 4.
  struct Bytes {
    std::uint8_t at[32];
  };
  struct Sum {
    std::int32_t lane[8];
  };
  template <class Value>
  static inline Bytes eachByte(Value&& value) {
    Bytes result;
    for (int i = 0; i < 32; i++) result.at[i] = static_cast<std::uint8_t>(value(i));
    return result;
  }

  static inline Bytes load(const std::uint8_t* p) {
    return eachByte([&](int i) { return p[i]; });
  }
  // The same four activations for every column.
  static inline Bytes activations(const std::int32_t* word) { return load4(reinterpret_cast<const std::uint8_t*>(word)); }
  static inline Bytes lowNibbles(Bytes x) {
    return eachByte([&](int i) { return x.at[i] & 15; });
  }
  static inline Bytes highNibbles(Bytes x) {
    return eachByte([&](int i) { return x.at[i] >> 4; });
  }
  static inline Bytes signedBytes(Bytes x) { return x; }

  // Sums may start with the correction or end with it; `correction` is null where a format has none.
  static inline Sum nibbleStart(const std::int32_t*) { return Sum{}; }
  static inline Sum nibbleEnd(Sum x, const std::int32_t* correction) {
    for (std::int32_t& lane : x.lane) lane += correction == nullptr ? 0 : *correction;
    return x;
  }
  // -128 Σ q is for sets that multiply w + 128.
  static inline Sum signedStart(const std::int32_t*) { return Sum{}; }
  static inline Sum addNibbles(Sum sum, Bytes weights, Bytes x) { return addSigned(sum, weights, x); }
  static inline Sum addSigned(Sum sum, Bytes weights, Bytes x) {
    for (int i = 0; i < 32; i++) sum.lane[i / 4] += static_cast<std::int8_t>(weights.at[i]) * static_cast<std::int8_t>(x.at[i]);
    return sum;
  }
  static inline Float toFloat(Sum x) {
    return Float::make([&](int i) { return static_cast<float>(x.lane[i]); });
  }
  static inline Float halves(const std::uint8_t* p) {
    return Float::make([&](int i) { return fromHalf(static_cast<std::uint16_t>(p[2 * i] | p[2 * i + 1] << 8)); });
  }
  static inline Float bytes(const std::uint8_t* p) {
    return Float::make([&](int i) { return static_cast<float>(p[i]); });
  }

 private:
  static inline Bytes load4(const std::uint8_t* p) {
    return eachByte([&](int i) { return p[i % 4]; });
  }
};

}  // namespace
}  // namespace thinkwright
