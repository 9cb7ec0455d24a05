// Speed of kernels against each other, never against a clock: each line is a ratio of CPU times of this thread, the median of several
// interleaved tries, with the bound that it must stay under. Bounds leave room for a machine that does other work; they catch a fast
// path that is not taken any more, not a loss of some per cent (that is what the benchmarks are for).
#include <algorithm>
#include <ctime>

#include "check.h"
#include "gemm/gemm.h"

namespace thinkwright::test {
namespace {

constexpr int kTries = 9;

double cpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

using Work = std::function<void()>;

double secondsOf(const Work& work, int repeats) {
  const double start = cpuSeconds();
  for (int i = 0; i < repeats; i++) work();
  return (cpuSeconds() - start) / repeats;
}

// CPU time of `ours` over that of `other`, which runs in turn with it.
void ratio(const char* name, const Work& ours, const Work& other, double bound, double scale = 1) {
  ours();
  other();
  const int oursRepeats = std::max(1, static_cast<int>(0.004 / secondsOf(ours, 1)));
  const int otherRepeats = std::max(1, static_cast<int>(0.004 / secondsOf(other, 1)));
  std::vector<double> ratios;
  for (int i = 0; i < kTries; i++) {
    const double mine = secondsOf(ours, oursRepeats);
    ratios.push_back(scale * mine / secondsOf(other, otherRepeats));
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("%s %s: %.3f, at most %.3g\n", ratios[kTries / 2] <= bound ? "ok" : "FAILED", name, ratios[kTries / 2], bound);
}

struct Product {
  int n, k;
  Floats x, weight, panels, y;
  Product(const Tables& t, int rows, int columns, int depth, std::uint64_t seed) : n(columns), k(depth) {
    Random random(seed);
    x = random.floats(static_cast<size_t>(rows) * k);
    weight = random.floats(static_cast<size_t>(n) * k);
    panels = random.floats(panelFloats(n, k));
    y = Floats(static_cast<size_t>(rows) * n);
    t.gemm.packForward(weight.data(), n, k, 0, n, panels.data());
  }
  void packed(const Tables& t, int rows) { t.gemm.gemm(rows, n, k, x.data(), 0, k, panels.data(), y.data(), 0, n, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0); }
  // The product of tf.matMul, which packs the weight in each call.
  void general(const Tables& t, int rows) { t.gemm.matMul(1, rows, n, k, x.data(), 0, k, 1, weight.data(), 0, 1, k, y.data()); }
};

void products(const Tables& best, const Tables& portable) {
  Product small(best, 12, 64, 128, 1), p(best, 192, 512, 576, 2);
  if (std::strcmp(best.isa, portable.isa) != 0)
    ratio("packed product / portable", [&] { small.packed(best, 12); }, [&] { small.packed(portable, 12); }, 0.33);
  ratio("1 row packed before / packed in the call", [&] { p.packed(best, 1); }, [&] { p.general(best, 1); }, 0.5);
  ratio("192 rows packed before / packed in the call", [&] { p.packed(best, 192); }, [&] { p.general(best, 192); }, 1.15);
  ratio("a row of 8 / a row of 192", [&] { p.packed(best, 8); }, [&] { p.packed(best, 192); }, 1.6, 192.0 / 8);
  ratio("a row of 64 / a row of 192", [&] { p.packed(best, 64); }, [&] { p.packed(best, 192); }, 1.4, 192.0 / 64);
  ratio("1 row / 8 rows", [&] { p.packed(best, 1); }, [&] { p.packed(best, 8); }, 0.9);
  Floats gradient(static_cast<size_t>(p.n) * p.k);
  ratio("weight gradient / product", [&] { best.gemm.gradWeight(192, p.n, p.k, p.y.data(), 0, p.n, p.x.data(), p.k, gradient.data(), 0); },
        [&] { p.packed(best, 192); }, 1.6);
}

void head(const Tables& best) {
  const int rows = 64;
  Product p(best, rows, 4096, 192, 3);
  std::vector<std::int32_t> targets(rows, 7), zeros(rows), ids(rows);
  Floats logProbs(rows), entropy(rows), logSumExp(rows), settings;
  for (int i = 0; i < rows; i++) settings.insert(settings.end(), {0, 0, 1, 0, 1, 0, 0});
  const Work fused = [&] {
    best.kernels.tokenLogProbs(p.x.data(), bytesOf(p.panels), targets.data(), nullptr, logProbs.data(), entropy.data(), logSumExp.data(), rows, p.k, p.n, 1, 1, 1, 0, 0);
  };
  ratio("fused head / all logits, then one pass over them", fused, [&] {
    p.packed(best, rows);
    best.kernels.sampleTokens(p.y.data(), settings.data(), zeros.data(), zeros.data(), zeros.data(), nullptr, nullptr, ids.data(), logProbs.data(), rows, p.n, 0);
  }, 1.3);
}

void attention(const Tables& best) {
  const int heads = 6, keyHeads = 2, dimension = 64, length = 512, width = (heads + 2 * keyHeads) * dimension;
  Random random(4);
  const Floats qkv = random.floats(static_cast<size_t>(length) * width), dOut = random.floats(static_cast<size_t>(length) * heads * dimension);
  const std::int32_t offsets[] = {0, length};
  Floats out(dOut.size()), logSumExp(static_cast<size_t>(length) * heads), dQkv(qkv.size());
  const Work forward = [&] { best.kernels.attention(qkv.data(), offsets, out.data(), logSumExp.data(), 1, heads, keyHeads, dimension, 0.125f, 0); };
  ratio("attention backward / forward", [&] {
    best.kernels.attentionGrad(qkv.data(), offsets, out.data(), logSumExp.data(), dOut.data(), dQkv.data(), 1, heads, keyHeads, dimension, 0.125f, 0);
  }, forward, 4);
  Floats keys(static_cast<size_t>(length) * keyHeads * dimension), values(keys.size());
  std::vector<std::int32_t> slots(length), positions(length);
  for (int i = 0; i < length; i++) positions[i] = i;
  const auto cached = [&](int from, int rows, int cacheType = 0) {
    best.kernels.cachedAttention(qkv.data() + static_cast<long>(from) * width, slots.data(), positions.data() + from, reinterpret_cast<std::uint8_t*>(keys.data()),
                                 reinterpret_cast<std::uint8_t*>(values.data()), out.data(), rows, length, heads, keyHeads, dimension, 0.125f, 1, cacheType, 0);
  };
  ratio("prefill into a cache / training attention", [&] { cached(0, length); }, forward, 1.5);
  ratio("a decoding row at 512 keys / at 128", [&] { cached(length - 1, 1); }, [&] { cached(127, 1); }, 6);
  ratio("a decoding row, cache of bfloat16 / of floats", [&] { cached(length - 1, 1, 1); }, [&] { cached(length - 1, 1); }, 3);
}

}  // namespace

void kernelRatios() {
  setThreadCount(1);
  const std::vector<Tables> tables = allTables();  // the slowest first
  const Tables &portable = tables.front(), &best = tables.back();
  products(best, portable);
  head(best);
  attention(best);
}

}  // namespace thinkwright::test
