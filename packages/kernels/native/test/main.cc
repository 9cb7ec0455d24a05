// Self-test of the compute kernels: prints one line a family, exits with 1 when anything failed. Argument `bench`: figures instead.
#include "check.h"

namespace thinkwright::test {
void bench();
}

int main(int count, char** values) {
  using namespace thinkwright::test;
  if (count > 1 && std::string(values[1]) == "bench") {
    bench();
    return 0;
  }
  const struct {
    const char* name;
    void (*run)();
  } families[] = {{"gemm", testGemm},         {"layers", testLayers},       {"attention", testAttention},    {"head", testHead},
                  {"sampling", testSampling}, {"optimizer", testOptimizer}, {"elementwise", testElementwise},
                  {"stored", testStored}};
  for (const auto& family : families) {
    const int before = failures, done = checks;
    family.run();
    std::printf("%s %s (%d checks)\n", failures == before ? "ok" : "FAILED", family.name, checks - done);
    std::fflush(stdout);
  }
  std::fflush(stdout);
  std::_Exit(failures == 0 ? 0 : 1);
}
