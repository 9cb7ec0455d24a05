// Self-test of the compute kernels: prints one line a family, exits with 1 when anything failed. With `ratios`: how fast kernels are beside
// each other; with `bench FAMILY THREADS [ISA [NAME]]`: figures instead.
#include "check.h"

namespace thinkwright::test {
void kernelRatios();
void bench(const std::string& family, int threads, const std::string& isa, const std::string& only);
}

int main(int count, char** values) {
  using namespace thinkwright::test;
  if (count > 1 && std::string(values[1]) == "bench") {
    bench(count > 2 ? values[2] : "products", count > 3 ? std::atoi(values[3]) : 1, count > 4 ? values[4] : "", count > 5 ? values[5] : "");
    return 0;
  }
  if (count > 1 && std::string(values[1]) == "ratios") {
    kernelRatios();
    return 0;
  }
  const struct {
    const char* name;
    void (*run)();
  } families[] = {{"gemm", testGemm},         {"epilogue", testEpilogue},   {"layers", testLayers},       {"attention", testAttention},    {"head", testHead}, {"distillation", testDistillation},
                  {"sampling", testSampling}, {"optimizer", testOptimizer}, {"elementwise", testElementwise},
                  {"stored", testStored}, {"int8", testInt8}, {"bf16", testBf16}};
  for (const auto& family : families) {
    const int before = failures, done = checks;
    family.run();
    std::printf("%s %s (%d checks)\n", failures == before ? "ok" : "FAILED", family.name, checks - done);
    std::fflush(stdout);
  }
  std::fflush(stdout);
  std::_Exit(failures == 0 ? 0 : 1);
}
