// Matrix products against the contract itself: one std::fmaf chain over k ascending, bit for bit.
#include "check.h"

namespace thinkwright::test {
namespace {

float chain(int k, const float* a, long aStep, const float* b, long bStep, float start = 0) {
  for (int i = 0; i < k; i++) start = std::fmaf(a[i * aStep], b[i * bStep], start);
  return start;
}

Floats packedForward(const Tables& t, const Floats& weight, int n, int k) {
  Floats panels(panelFloats(n, k) + 16, NAN);
  t.gemm.packForward(weight.data(), n, k, 0, n, panels.data());
  return panels;
}

void everyRowCount() {
  Random random(1);
  const int shapes[][2] = {{1, 1}, {7, 3}, {16, 8}, {27, 128}, {56, 8}, {130, 300}, {96, 513}};
  for (const auto& [n, k] : shapes) {
    const int most = 200;
    const Floats a = random.floats(static_cast<size_t>(most) * k), weight = random.floats(static_cast<size_t>(n) * k);
    Floats expected(static_cast<size_t>(most) * n);
    for (int i = 0; i < most; i++) {
      for (int j = 0; j < n; j++) expected[static_cast<size_t>(i) * n + j] = chain(k, &a[static_cast<size_t>(i) * k], 1, &weight[static_cast<size_t>(j) * k], 1);
    }
    for (const int m : {1, 2, 3, 5, 6, 7, 8, 12, 13, 64, 200}) {
      const Floats c = onEverySetting("gemm", [&](const Tables& t) {
        const Floats panels = packedForward(t, weight, n, k);
        Floats out(static_cast<size_t>(m) * n, NAN);
        t.gemm.gemm(m, n, k, a.data(), 0, k, panels.data(), out.data(), 0, n, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
        return out;
      });
      const std::string name = "gemm [" + std::to_string(m) + "," + std::to_string(k) + "]x[" + std::to_string(k) + "," + std::to_string(n) + "]";
      expectSameBits(c, Floats(expected.begin(), expected.begin() + static_cast<long>(m) * n), name + " = fma chain");
    }
  }
}

// Panels of one direction become those of the other.
void turned() {
  Random random(9);
  for (const auto& [n, k] : {std::pair{48, 32}, std::pair{37, 21}, std::pair{5, 70}}) {
    const int before = 16, total = n + before + 3;
    const Floats weight = random.floats(static_cast<size_t>(n) * k);
    const auto run = [&, n = n, k = k](bool fromPanels) {
      return onEverySetting("turned panels", [&](const Tables& t) {
        Floats forward(panelFloats(n, k)), out(panelFloats(k, total), 7.0f);
        t.gemm.packForward(weight.data(), n, k, 0, n, forward.data());
        if (fromPanels) t.gemm.turnPanels(forward.data(), n, k, before, total, out.data());
        else t.gemm.packBackward(weight.data(), n, k, before, total, out.data());
        return out;
      });
    };
    expectSameBits(run(true), run(false), "panels turned = packed the other way");
  }
}

// Three weights side by side at offsets that share panels; the gradient with respect to x reads them the other way round.
void sideBySide() {
  Random random(2);
  const int sizes[] = {27, 5, 40}, total = 72, k = 35, m = 17;
  std::vector<Floats> weights;
  for (const int n : sizes) weights.push_back(random.floats(static_cast<size_t>(n) * k));
  const Floats x = random.floats(static_cast<size_t>(m) * k), dy = random.floats(static_cast<size_t>(m) * total);
  Floats stacked;
  for (const Floats& weight : weights) stacked.insert(stacked.end(), weight.begin(), weight.end());
  Floats y(static_cast<size_t>(m) * total), dx(static_cast<size_t>(m) * k);
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < total; j++) y[i * total + j] = chain(k, &x[i * k], 1, &stacked[j * k], 1);
    for (int j = 0; j < k; j++) dx[i * k + j] = chain(total, &dy[i * total], 1, &stacked[j], k);
  }
  const auto run = [&](bool forward) {
    return onEverySetting("weights side by side", [&](const Tables& t) {
      Floats panels(forward ? panelFloats(total, k) : panelFloats(k, total), NAN);
      int offset = 0;
      for (size_t i = 0; i < weights.size(); i++) {
        if (forward) t.gemm.packForward(weights[i].data(), sizes[i], k, offset, total, panels.data());
        else t.gemm.packBackward(weights[i].data(), sizes[i], k, offset, total, panels.data());
        offset += sizes[i];
      }
      Floats out(forward ? y.size() : dx.size(), NAN);
      if (forward) t.gemm.gemm(m, total, k, x.data(), 0, k, panels.data(), out.data(), 0, total, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
      else t.gemm.gemm(m, k, total, dy.data(), 0, total, panels.data(), out.data(), 0, k, 0, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
      return out;
    });
  };
  expectSameBits(run(true), y, "weights side by side, forward");
  expectSameBits(run(false), dx, "weights side by side, gradient of the input");
}

void accumulateAndStrides() {
  Random random(3);
  const int m = 20, n = 21, k = 270, aStride = 280, cStride = 30;
  const Floats a = random.floats(m * aStride), weight = random.floats(n * k), start = random.floats(m * cStride);
  Floats expected = start;
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) expected[i * cStride + j] = chain(k, &a[i * aStride], 1, &weight[j * k], 1, start[i * cStride + j]);
  }
  const Floats c = onEverySetting("accumulate", [&](const Tables& t) {
    const Floats panels = packedForward(t, weight, n, k);
    Floats out = start;
    t.gemm.gemm(m, n, k, a.data(), 0, aStride, panels.data(), out.data(), 0, cStride, 1, nullptr, nullptr, nullptr, nullptr, nullptr, 0);
    return out;
  });
  expectSameBits(c, expected, "accumulate continues the chain, nothing else is touched");
}

void weightGradient() {
  Random random(4);
  for (const int rows : {1, 5, 100, 2048, 2500, 4200}) {
    for (const int accumulate : {0, 1}) {
      const int n = 19, k = 33, stride = 40, column = 7;
      const Floats dy = random.floats(static_cast<size_t>(rows) * stride), x = random.floats(static_cast<size_t>(rows) * k), start = random.floats(n * k);
      Floats expected(n * k);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < k; j++) {
          float sum = start[i * k + j];
          for (int row = 0; row < rows; row += kRowSegment) {
            const float part = chain(std::min(kRowSegment, rows - row), &dy[static_cast<size_t>(row) * stride + column + i], stride, &x[static_cast<size_t>(row) * k + j], k);
            sum = row == 0 && !accumulate ? part : sum + part;
          }
          expected[i * k + j] = sum;
        }
      }
      const Floats dWeight = onEverySetting("gradWeight", [&](const Tables& t) {
        Floats out = start;
        t.gemm.gradWeight(rows, n, k, dy.data(), column, stride, x.data(), k, out.data(), accumulate);
        return out;
      });
      expectSameBits(dWeight, expected, "gradWeight of " + std::to_string(rows) + " rows = chains of 2048");
    }
  }
}

void biasAndMatMul() {
  Random random(5);
  const int rows = 70, stride = 33, column = 3, n = 27;
  const Floats y = random.floats(rows * stride);
  Doubles summed(n);
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < n; j++) summed[j] += y[i * stride + column + j];
  }
  expectClose(onEverySetting("gradBias", [&](const Tables& t) {
                Floats out(n, NAN);
                t.gemm.gradBias(y.data(), rows, stride, column, out.data(), n, 0);
                return out;
              }), summed, 1e-6, "gradBias");
  const int batch = 3, m = 9, k = 14;
  const Floats a = random.floats(batch * m * k), b = random.floats(batch * k * n);
  for (const bool transposeA : {false, true}) {
    for (const bool transposeB : {false, true}) {
      const int aRow = transposeA ? 1 : k, aColumn = transposeA ? m : 1, bRow = transposeB ? 1 : n, bColumn = transposeB ? k : 1;
      Floats expected(batch * m * n);
      for (int s = 0; s < batch; s++) {
        for (int i = 0; i < m; i++) {
          for (int j = 0; j < n; j++) expected[(s * m + i) * n + j] = chain(k, &a[s * m * k + i * aRow], aColumn, &b[s * k * n + j * bColumn], bRow);
        }
      }
      expectSameBits(onEverySetting("matMul", [&](const Tables& t) {
                       Floats out(expected.size(), NAN);
                       t.gemm.matMul(batch, m, n, k, a.data(), m * k, aRow, aColumn, b.data(), k * n, bRow, bColumn, out.data());
                       return out;
                     }), expected, "matMul");
    }
  }
}

}  // namespace

void testGemm() {
  everyRowCount();
  sideBySide();
  turned();
  accumulateAndStrides();
  weightGradient();
  biasAndMatMul();
}

}  // namespace thinkwright::test
