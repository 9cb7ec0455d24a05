// What one core can do, for benchmarks: peak of independent fma chains, and reading speed. By the thread's CPU time, so that other
// jobs on the machine do not count (their use of caches and memory does).
#pragma once
#include <algorithm>
#include <cstddef>
#include <ctime>

#include "runtime/thread-pool.h"

namespace thinkwright {
namespace {

inline double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class V>
double fmaPeak(int iterations) {
  using W = typename V::Wide;
  constexpr int kChains = V::Tiling::tileRows;  // 12 registers of 8 lanes, or 14 of 16
  W chains[kChains];
  for (W& chain : chains) chain = W::broadcast(1e-3f);
  const W factor = W::broadcast(0.999f), term = W::broadcast(1e-3f);
  const double start = threadSeconds();
  for (int i = 0; i < iterations; i++) {
#pragma GCC unroll 14
    for (int j = 0; j < kChains; j++) chains[j] = W::fma(chains[j], factor, term);
  }
  const double seconds = threadSeconds() - start;
  volatile float sink = 0;
  for (const W& chain : chains) sink = sink + chain.largest();
  return iterations * (kChains * 32.0) / seconds * 1e-9;
}

template <class V>
double readBandwidth(const float* x, size_t count) {
  using W = typename V::Wide;
  W sums[4] = {W::zero(), W::zero(), W::zero(), W::zero()};
  const double start = threadSeconds();
  for (size_t i = 0; i + 64 <= count; i += 64) {
    for (int j = 0; j < 4; j++) sums[j] = sums[j] + W::load(x + i + 16 * j);
  }
  const double seconds = threadSeconds() - start;
  volatile float sink = 0;
  for (const W& sum : sums) sink = sink + sum.largest();
  return static_cast<double>(count / 64 * 256) / seconds * 1e-9;
}

template <class V>
void roofline(const float* x, int count, int iterations, float* out) {
  constexpr int kMostThreads = 256;
  const int threads = std::min(threadCount(), kMostThreads), share = count / threads;
  double peaks[kMostThreads], rates[kMostThreads];
  parallel(threads, [&](int thread) { peaks[thread] = fmaPeak<V>(iterations); });
  parallel(threads, [&](int thread) { rates[thread] = readBandwidth<V>(x + static_cast<size_t>(thread) * share, share); });
  out[0] = out[1] = 0;
  for (int thread = 0; thread < threads; thread++) {
    out[0] += static_cast<float>(peaks[thread]);
    out[1] += static_cast<float>(rates[thread]);
  }
}

}  // namespace
}  // namespace thinkwright
