// AdamW against the textbook in double, the global norm, the clip factor; over a list of tensors of which one is shorter than a
// vector, one is empty, and one a matrix [421, 95] kept as panels.
#include <bit>

#include "check.h"
#include "gemm/stored-formats.h"
#include "runtime/arena.h"

namespace thinkwright::test {
namespace {

// Memory with device addresses.
class Blocks {
 public:
  Blocks() : memory_(static_cast<char*>(std::aligned_alloc(kAddressUnit, kBytes))) { arenaBase = memory_; }
  ~Blocks() { std::free(memory_); }

  int32_t make(const float* values, int count) {
    const int32_t address = next_;
    next_ += count * 4 / static_cast<int>(kAddressUnit) + 2;
    std::memcpy(at<float>(address), values, static_cast<size_t>(count) * 4);
    return address;
  }

 private:
  static constexpr size_t kBytes = 4 << 20;
  char* memory_;
  int32_t next_ = 1;
};

// Where the tensors of a list of `count` numbers begin and end.
constexpr int kStarts[] = {0, 5, 5, 40000, 70001};
constexpr int kTensors = 4;
constexpr int kPanels = 2, kColumns = 95, kRows = 421;  // which of them
constexpr int kWords = 9;

}  // namespace

void testOptimizer() {
  Random random(60);
  const int n = kStarts[kTensors];
  const double lr = 1e-2, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.1, scale = 0.5;
  const Floats start = random.floats(n);
  std::vector<Floats> gradients;
  for (int step = 0; step < 5; step++) gradients.push_back(random.floats(n));
  Doubles p = toDoubles(start), m(n), v(n);
  for (int step = 1; step <= 5; step++) {
    for (int i = 0; i < n; i++) {
      const double g = gradients[step - 1][i] * scale;
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      p[i] -= lr * weightDecay * p[i];
      p[i] -= lr * (m[i] / (1 - std::pow(beta1, step))) / (std::sqrt(v[i] / (1 - std::pow(beta2, step))) + epsilon);
    }
  }
  const Floats result = onEverySetting("adamW", [&](const Tables& t) {
    Blocks blocks;
    const Floats zeros(n);
    const float factor = static_cast<float>(scale);
    std::vector<int32_t> table;
    for (int i = 0; i < kTensors; i++) {
      const int from = kStarts[i], count = kStarts[i + 1] - from;
      Floats panels(panelFloats(kRows, kColumns));
      if (i == kPanels) t.gemm.packForward(start.data() + from, kRows, kColumns, 0, kRows, panels.data());
      table.push_back(i == kPanels ? blocks.make(panels.data(), static_cast<int>(panels.size())) : blocks.make(start.data() + from, count));
      for (const Floats& values : {gradients[0], zeros, zeros}) table.push_back(blocks.make(values.data() + from, count));
      table.insert(table.end(), {count, i == kPanels ? kColumns : 0, 0, 0, 0});
    }
    for (int step = 1; step <= 5; step++) {
      const double numbers[] = {1 - lr * weightDecay, lr / (1 - std::pow(beta1, step)), std::sqrt(1 - std::pow(beta2, step))};
      for (int i = 0; i < kTensors; i++) {
        std::copy(gradients[step - 1].data() + kStarts[i], gradients[step - 1].data() + kStarts[i + 1], at<float>(table[kWords * i + 1]));
        for (int j = 0; j < 3; j++) table[kWords * i + 6 + j] = std::bit_cast<int32_t>(static_cast<float>(numbers[j]));
      }
      t.kernels.adamW(table.data(), kTensors, n, static_cast<float>(1 - beta1), static_cast<float>(beta2), static_cast<float>(1 - beta2),
                      static_cast<float>(epsilon), &factor);
    }
    Floats parameter;
    for (int i = 0; i < kTensors; i++) {
      const float* values = at<float>(table[kWords * i]);
      const int count = kStarts[i + 1] - kStarts[i];
      Floats rows(count);
      if (i == kPanels) t.gemm.storedExpand(reinterpret_cast<const std::uint8_t*>(values), rows.data(), kStoredFloat32, kRows, kColumns);
      else std::copy(values, values + count, rows.begin());
      parameter.insert(parameter.end(), rows.begin(), rows.end());
    }
    return parameter;
  });
  expectClose(result, p, 5e-7, "adamW");
  double squares = 0;
  for (const float x : start) squares += static_cast<double>(x) * x;
  for (const float x : gradients[0]) squares += static_cast<double>(x) * x;
  const Floats norm = onEverySetting("globalNorm", [&](const Tables& t) {
    Blocks blocks;
    const std::vector<int32_t> table = {blocks.make(start.data(), n), n, 0, 0, blocks.make(gradients[0].data(), n), n};
    Floats out(2);
    t.kernels.globalNorm(table.data(), 3, 2 * n, out.data());
    t.kernels.clipScale(out.data(), 3.0f, out.data() + 1);
    return out;
  });
  expectClose(norm, {std::sqrt(squares), 3 / (std::sqrt(squares) + 1e-6)}, 1e-7, "global norm and clip factor");
  const Kernels& k = allTables()[0].kernels;
  float small = 0.5f, factor = 0;
  k.clipScale(&small, 1.0f, &factor);
  expect(factor == 1, "no clipping below the limit");
}

}  // namespace thinkwright::test
