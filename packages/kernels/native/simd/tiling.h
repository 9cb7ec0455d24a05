// Tile shapes of the matrix products, by vector type: accumulators and operands of a tile fit the registers.
#pragma once

namespace thinkwright {
namespace {

// 16 registers of 8 lanes: 6 rows x 1 panel, or for few rows 1 x 4 and 2 x 2 (3 x 2 spills with g++ and is three times slower
// than 3 x 1).
struct NarrowTiling {
  static constexpr int tileRows = 6;     // most rows of a tile
  static constexpr int depthSlice = 288;  // depths of one pass: the slice of a panel stays in L1
  static constexpr int blockRows = 96;    // packed rows of a task: depthSlice of them stay in L2
  static constexpr int unroll = 4;        // of the loop over k
  static constexpr int panels(int rows) { return rows == 1 ? 4 : rows == 2 ? 2 : 1; }  // side by side in a tile of so many rows
  // The same for stored weights, which are expanded in registers for up to storedFewRows rows.
  static constexpr int storedRows = 4, storedFewRows = 8;
  static constexpr int storedPanels(int rows) { return rows == 1 ? 2 : 1; }
};

// 32 registers of 16 lanes: 14 rows x 2 panels.
struct WideTiling {
  static constexpr int tileRows = 14;
  static constexpr int depthSlice = 576;
  static constexpr int blockRows = 224;
  static constexpr int unroll = 4;
  static constexpr int panels(int rows) { return rows <= 6 ? 4 : rows <= 9 ? 3 : 2; }
  static constexpr int storedRows = 8, storedFewRows = 128;
  static constexpr int storedPanels(int rows) { return rows <= 4 ? 4 : 2; }
};

// 32 registers of 4 lanes: 6 rows x 1 panel.
struct NeonTiling : NarrowTiling {
  static constexpr int panels(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }
};

// Plain C++: small code rather than speed.
struct PlainTiling : NarrowTiling {
  static constexpr int unroll = 1;
  static constexpr int storedFewRows = 0;
};

}  // namespace
}  // namespace thinkwright
