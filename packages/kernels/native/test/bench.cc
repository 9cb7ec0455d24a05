// Figures of the kernels at the shapes of a 135M Llama, each beside the fma peak measured in the same moment (the clock moves).
// `self-test bench FAMILY THREADS [ISA [NAME]]` prints one JSON line a figure (of those whose name holds NAME): with one thread by CPU time, so that other jobs of the
// machine count little; with more by wall time.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "check.h"
#include "gemm/bf16.h"
#include "gemm/int8.h"
#include "gemm/stored-formats.h"
#include "kernels/measure.h"

namespace thinkwright::test {
namespace {

class Bench {
 public:
  Bench(const Tables& tables, int threads, std::string only) : t(tables), threads_(threads), only_(std::move(only)) { setThreadCount(threads); }

  double now() const {
    if (threads_ == 1) return threadSeconds();
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

  // GFLOP/s of all threads.
  double peak() const {
    const int rounds = 400000;
    if (threads_ == 1) return t.kernels.fmaPeak(rounds);
    std::vector<double> speeds(threads_);
    parallel(threads_, [&](int i) { speeds[i] = t.kernels.fmaPeak(rounds); });
    double sum = 0;
    for (const double speed : speeds) sum += speed;
    return sum;
  }

  // `work` is the arithmetic of one call; bytes, where given, what it must read.
  void figure(const std::string& name, double work, const std::function<void()>& run, double bytes = 0) const {
    if (name.find(only_) == std::string::npos) return;
    run();
    const double first = now();
    run();
    const int repeats = std::max(1, static_cast<int>(0.02 / std::max(1e-7, now() - first)));
    Doubles seconds, shares;
    double spent = 0;
    for (int i = 0; i < 60 && (i < 5 || spent < 0.5); i++) {
      const double start = now();
      for (int r = 0; r < repeats; r++) run();
      seconds.push_back((now() - start) / repeats);
      spent += seconds.back() * repeats;
      shares.push_back(work / seconds.back() * 1e-9 / peak());
    }
    std::sort(seconds.begin(), seconds.end());
    std::sort(shares.begin(), shares.end());
    const double median = seconds[seconds.size() / 2], best = seconds[0];
    std::printf("{\"name\":\"%s\",\"isa\":\"%s\",\"threads\":%d,\"milliseconds\":%.4f,\"gflops\":%.1f,\"bestGflops\":%.1f,\"ofPeak\":%.3f", name.c_str(), t.isa,
                threads_, median * 1e3, work / median * 1e-9, work / best * 1e-9, shares[shares.size() / 2]);
    if (bytes > 0) std::printf(",\"gigabytesPerSecond\":%.1f", bytes / median * 1e-9);
    std::printf("}\n");
    std::fflush(stdout);
  }

  const Tables t;

 private:
  int threads_;
  std::string only_;
};

std::string shapeName(const char* product, int m, int k, int n) {
  return std::string(product) + " [" + std::to_string(m) + "," + std::to_string(k) + "]x[" + std::to_string(k) + "," + std::to_string(n) + "]";
}

void products(const Bench& bench) {
  const GemmKernels& gemm = bench.t.gemm;
  Random random(1);
  const int shapes[][3] = {{2048, 576, 1536}, {2048, 1536, 576}, {2048, 576, 576}, {2048, 576, 49152}, {64, 576, 1536}, {8, 576, 1536}, {4, 576, 1536}, {2, 576, 1536}, {1, 576, 1536}};
  for (const auto& [m, k, n] : shapes) {
    const Floats x = random.floats(static_cast<size_t>(m) * k), weight = random.floats(static_cast<size_t>(n) * k);
    Floats forward(panelFloats(n, k) + 16), y(static_cast<size_t>(m) * n);
    gemm.packForward(weight.data(), n, k, 0, n, forward.data());
    const double work = 2.0 * m * n * k;
    bench.figure(shapeName("y", m, k, n), work, [&] { gemm.gemm(m, n, k, x.data(), 0, k, forward.data(), y.data(), 0, n, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0); });
    if (m < 2048 || n > 2048) continue;
    const Floats dy = random.floats(static_cast<size_t>(m) * n);
    Floats backward(panelFloats(k, n) + 16), dx(x.size()), dWeight(weight.size());
    gemm.packBackward(weight.data(), n, k, 0, n, backward.data());
    bench.figure(shapeName("dx", m, k, n), work, [&] { gemm.gemm(m, k, n, dy.data(), 0, n, backward.data(), dx.data(), 0, k, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0); });
    bench.figure(shapeName("dW", m, k, n), work, [&] { gemm.gradWeight(m, n, k, dy.data(), 0, n, x.data(), k, dWeight.data(), 0); });
  }
  // Cold weights: more matrices than the caches hold, as a whole model is.
  const int k = 576, n = 1536, copies = 64;
  const size_t floats = panelFloats(n, k);
  const Floats panels = random.floats(floats * copies), x = random.floats(8 * k);
  Floats y(8 * n);
  for (const int m : {1, 8}) {
    bench.figure(shapeName("cold y", m, k, n), 2.0 * m * n * k * copies, [&] {
      for (int i = 0; i < copies; i++) gemm.gemm(m, n, k, x.data(), 0, k, panels.data() + floats * i, y.data(), 0, n, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
    }, 4.0 * floats * copies);
  }
  bench.figure("reading memory", 0, [&] {
    const size_t share = panels.size() / 64 / 16 * 16;
    parallel(64, [&](int i) { bench.t.kernels.readBandwidth(panels.data() + share * i, share); });
  }, 4.0 * panels.size());
}

// Stored weights cold, as a whole model reads them: exact products and, where there are some, those of int8 numerics.
void stored(const Bench& bench) {
  Random random(1);
  const Int8Gemm int8 = int8GemmOf(bestDot(bestIsa()));
  const int k = 576, n = 1536, copies = 64;
  for (const auto& [name, type] : {std::pair{"f16", kFloat16}, {"bf16", kBfloat16}, {"q8_0", kQ8_0}, {"q4_0", kQ4_0}, {"q4_1", kQ4_1}}) {
    const size_t bytes = panelCount(n) * storedPanelBytes(type, k);
    std::vector<std::uint8_t> panels(bytes * copies + 64);
    for (size_t i = 0; i < panels.size(); i++) panels[i] = static_cast<std::uint8_t>(random.next() & 0x3f);
    for (const int m : {1, 8, 32, 64, 512}) {
      const Floats x = random.floats(static_cast<size_t>(m) * k);
      Floats y(static_cast<size_t>(m) * n);
      const int count = m > 64 ? 4 : copies;
      const auto each = [&, type = type](auto&& product, int kind) {
        for (int i = 0; i < count; i++) product(panels.data() + bytes * i, kind);
      };
      const double work = 2.0 * m * n * k * count, read = static_cast<double>(bytes) * count;
      bench.figure(shapeName((std::string("exact ") + name).c_str(), m, k, n), work, [&, type = type] {
        each([&](const std::uint8_t* from, int kind) { bench.t.gemm.storedGemm(m, k, x.data(), k, y.data(), n, 0, 0, 0, from, n, kind, nullptr, 0, 0, nullptr, 0, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0); }, type);
      }, read);
      if (type == kBfloat16 && hasBf16Dot()) {
        bench.figure(shapeName("bf16 bf16", m, k, n), work, [&] {
          each([&](const std::uint8_t* from, int kind) { bf16GemmDot()(m, k, x.data(), k, y.data(), n, 0, from, n, kind, nullptr, 0, 0, nullptr, 0, 0, {}); }, kBfloat16);
        }, read);
      }
      if (type <= kFloat16) continue;
      bench.figure(shapeName((std::string("int8 ") + name).c_str(), m, k, n), work, [&, type = type] {
        each([&](const std::uint8_t* from, int kind) { int8(m, k, x.data(), k, y.data(), n, 0, from, n, kind, nullptr, 0, 0, nullptr, 0, 0, {}); }, type + kInt8Products);
      }, read);
    }
  }
}

// 9 heads of 64 on 3 key/value heads; the arithmetic of the causal half.
void attention(const Bench& bench) {
  const Kernels& kernels = bench.t.kernels;
  Random random(1);
  const int heads = 9, keyValueHeads = 3, dimension = 64, width = (heads + 2 * keyValueHeads) * dimension;
  for (const auto& [sequences, length] : {std::pair{1, 1024}, {2, 512}, {16, 64}}) {
    const int rows = sequences * length;
    const Floats qkv = random.floats(static_cast<size_t>(rows) * width), dOut = random.floats(static_cast<size_t>(rows) * heads * dimension);
    std::vector<std::int32_t> offsets;
    for (int i = 0; i <= sequences; i++) offsets.push_back(i * length);
    Floats out(dOut.size()), lse(static_cast<size_t>(rows) * heads), dQkv(qkv.size());
    const double work = 2.0 * sequences * heads * length * static_cast<double>(length) * dimension;
    const std::string shape = std::to_string(sequences) + " x " + std::to_string(length) + " tokens";
    const auto forward = [&] { kernels.attention(qkv.data(), offsets.data(), out.data(), lse.data(), sequences, heads, keyValueHeads, dimension, 0.125f, 0); };
    const auto backward = [&] {
      kernels.attentionGrad(qkv.data(), offsets.data(), out.data(), lse.data(), dOut.data(), dQkv.data(), sequences, heads, keyValueHeads, dimension, 0.125f, 0);
    };
    bench.figure("attention forward, " + shape, work, forward);
    bench.figure("attention backward, " + shape, 2.5 * work, backward);
    bench.figure("attention forward and backward, " + shape, 3.5 * work, [&] {
      forward();
      backward();
    });
  }
}

void head(const Bench& bench) {
  const Kernels& kernels = bench.t.kernels;
  Random random(1);
  const int rows = 1024, c = 576, v = 49152;
  const Floats hidden = random.floats(static_cast<size_t>(rows) * c), weight = random.floats(static_cast<size_t>(v) * c, -0.05f, 0.05f), gradient(rows, 1.0f / rows);
  Floats logProbs(rows), entropy(rows), lse(rows), dHidden(hidden.size()), dWeight(weight.size());
  std::vector<std::int32_t> targets(rows), topIds(rows * 64);
  Floats topLogProbs(topIds.size());
  for (std::int32_t& target : targets) target = random.below(v);
  const int kRows = -1;  // the weight as it is trained
  const double work = 2.0 * rows * c * v;
  float innerScale = 1, cap = 0;
  const auto score = [&] { kernels.tokenLogProbs(hidden.data(), bytesOf(weight), targets.data(), nullptr, logProbs.data(), entropy.data(), lse.data(), rows, c, v, 1, 1, innerScale, cap, kRows); };
  const auto train = [&](float* dW) {
    kernels.tokenLogProbsGrad(hidden.data(), bytesOf(weight), targets.data(), nullptr, lse.data(), gradient.data(), dHidden.data(), dW, nullptr,
                              rows, c, v, 1, 1, innerScale, cap, 0, kRows);
  };
  bench.figure("head forward, 1024 rows", work, score);
  // The logits are computed twice: once for the loss, once for its gradient; 3 products are the arithmetic of PyTorch.
  bench.figure("head forward and backward, 1024 rows", 3 * work, [&] {
    score();
    train(dWeight.data());
  });
  bench.figure("head forward and backward, frozen weight, 1024 rows", 2 * work, [&] {
    score();
    train(nullptr);
  });
  // Five products with the student's head and three with the teacher's; 4 are the arithmetic of PyTorch.
  const Floats teacherHidden = random.floats(static_cast<size_t>(rows) * c), teacherWeight = random.floats(static_cast<size_t>(v) * c, -0.05f, 0.05f);
  Floats teacherPanels(panelFloats(v, c)), divergence(rows), numbers(6 * rows);
  bench.t.gemm.packForward(teacherWeight.data(), v, c, 0, v, teacherPanels.data());
  const auto diverge = [&](float* dW) {
    kernels.headDivergence(hidden.data(), bytesOf(weight), teacherHidden.data(), bytesOf(teacherPanels), targets.data(), divergence.data(), logProbs.data(), entropy.data(), numbers.data(),
                           rows, c, c, v, 0.9f, 0.5f, kRows, 0);
    kernels.headDivergenceGrad(hidden.data(), bytesOf(weight), teacherHidden.data(), bytesOf(teacherPanels), numbers.data(), gradient.data(), dHidden.data(), dW, rows, c, c, v, 0.9f, 0.5f,
                               0, kRows, 0);
  };
  bench.figure("divergence of two heads, forward and backward, 1024 rows", 4 * work, [&] { diverge(dWeight.data()); });
  bench.figure("likeliest 64 tokens, 1024 rows", work, [&] {
    kernels.topTokenLogProbs(hidden.data(), bytesOf(weight), nullptr, topIds.data(), topLogProbs.data(), rows, c, v, 64, 1, 1, 0, kRows);
  });
  innerScale = 1 / 30.0f, cap = 30;
  bench.figure("head with a soft cap, forward, 1024 rows", work, score);
  bench.figure("head with a soft cap, forward and backward, 1024 rows", 3 * work, [&] {
    score();
    train(dWeight.data());
  });
}

}  // namespace

void bench(const std::string& family, int threads, const std::string& isa, const std::string& only) {
  for (const Tables& tables : allTables()) {
    if (isa.empty() ? tables.isa != std::string(nameOf(bestIsa())) : tables.isa != isa) continue;
    const Bench bench(tables, threads, only);
    if (family == "products") products(bench);
    else if (family == "attention") attention(bench);
    else if (family == "head") head(bench);
    else if (family == "stored") stored(bench);
    else std::printf("families: products, stored, attention, head\n");
  }
}

}  // namespace thinkwright::test
