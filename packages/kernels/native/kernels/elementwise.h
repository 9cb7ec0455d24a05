// The part of the tfjs element-wise, reduction, copy and random kernels that needs no vector type: plain C++ whose results IEEE 754
// fixes, compiled once for every instruction set. Signatures as in kernels.h.
#pragma once
#include <cstdint>

namespace thinkwright {

// elementwise.cc
void binary(int op, int type, const void* a, const void* b, void* out, int d0, int d1, int d2, int d3, int a0, int a1, int a2, int a3, int b0,
            int b1, int b2, int b3);
void scalarUnary(int op, int type, const void* x, void* out, int count, float low, float high);
void selectElements(int type, const std::uint8_t* condition, const void* a, const void* b, void* out, int count, int inner);
void castElements(int from, int to, const void* x, void* out, int count);

// reduce.cc
void reduce(int op, int type, const void* x, void* out, int outer, int length, int inner);
void cumsum(int type, const void* x, void* out, int outer, int length, int inner, int exclusive, int reverse);
void globalNorm(const std::int32_t* tensors, int tensorCount, std::int64_t elements, float* norm);
void clipScale(const float* norm, float maxNorm, float* scale);

// copy.cc
void stridedCopy(int type, const void* x, void* out, int xOffset, int outOffset, int d0, int d1, int d2, int d3, int d4, int x0, int x1, int x2,
                 int x3, int x4, int o0, int o1, int o2, int o3, int o4);
void gather(int type, const void* x, const std::int32_t* indices, void* out, int outer, int axisSize, int inner, int count);
void scatterAdd(const float* values, const std::int32_t* indices, float* out, int outer, int outSize, int inner, int count);
void oneHot(int outType, const std::int32_t* indices, void* out, int count, int depth, float on, float off);
void fill(int type, void* out, int count, int value);
void range(int type, void* out, int count, float start, float step);
void copyBytes(const void* from, void* to, std::int64_t bytes);
void addInt(std::int32_t* x, int count, int by);

// random.cc
void randomUniform(float* out, int count, int key0, int key1, int counter1, int counter2, int counter3, float low, float high);
void randomNormal(float* out, int count, int key0, int key1, int counter1, int counter2, int counter3, float mean, float deviation);
void dropout(const float* x, float* out, int count, int key0, int key1, int counter1, int counter2, int counter3, float rate);

}  // namespace thinkwright
