// The tfjs set: exp and log against the C library in double, broadcasting, reductions and copies against plain loops.
#include <algorithm>

#include "check.h"

namespace thinkwright::test {
namespace {

void functions() {
  Random random(70);
  const struct {
    int op;
    double (*oracle)(double);
    float low, high;
    double tolerance;  // relative
  } table[] = {{kExp, std::exp, -86, 88, 2e-7},
               {kLog, std::log, 1e-30f, 1e6f, 2e-7},
               {kLog1p, std::log1p, -0.99f, 10, 7e-8},
               {kExpm1, std::expm1, -3, 3, 7e-8},
               {kTanh, std::tanh, -5, 5, 7e-8},
               {kSqrt, std::sqrt, 0, 100, 7e-8},
               {kErf, std::erf, -3, 3, 7e-8},
               {kSigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -30, 30, 4e-7},
               {kSoftplus, [](double x) { return std::log1p(std::exp(x)); }, -30, 50, 7e-8},
               {kRsqrt, [](double x) { return 1 / std::sqrt(x); }, 1e-3f, 100, 2e-7},
               {kReciprocal, [](double x) { return 1 / x; }, 1e-3f, 100, 7e-8},
               {kNeg, [](double x) { return -x; }, -5, 5, 0},
               {kAbs, [](double x) { return std::fabs(x); }, -5, 5, 0},
               {kSquare, [](double x) { return x * x; }, -5, 5, 7e-8},
               {kFloor, [](double x) { return std::floor(x); }, -5, 5, 0},
               {kRelu, [](double x) { return x > 0 ? x : 0; }, -5, 5, 0}};
  for (const auto& entry : table) {
    const Floats x = random.floats(20003, entry.low, entry.high);
    const Floats y = onEverySetting("unary", [&](const Tables& t) {
      Floats out(x.size(), NAN);
      t.kernels.unary(entry.op, kFloat32, x.data(), out.data(), static_cast<int>(x.size()), 0, 0);
      return out;
    });
    double worst = 0;
    for (size_t i = 0; i < x.size(); i++) worst = std::fmax(worst, std::fabs(y[i] - entry.oracle(x[i])) / std::fmax(std::fabs(entry.oracle(x[i])), 1e-30));
    char text[80];
    std::snprintf(text, sizeof text, "unary %d: relative error %.3g", entry.op, worst);
    expect(worst <= entry.tolerance, text);
  }
  const Floats special = {0, 1, INFINITY, -INFINITY, NAN, -1, 89, -104, 1e-40f, 88.5f};
  for (const Tables& t : allTables()) {
    Floats e(10), l(10);
    t.kernels.unary(kExp, kFloat32, special.data(), e.data(), 10, 0, 0);
    t.kernels.unary(kLog, kFloat32, special.data(), l.data(), 10, 0, 0);
    expect(e[0] == 1 && std::isinf(e[2]) && e[3] == 0 && std::isnan(e[4]) && std::isinf(e[6]) && e[7] == 0 && std::fabs(e[9] / std::exp(88.5) - 1) < 2e-7, "exp of special values");
    expect(l[0] == -INFINITY && l[1] == 0 && std::isinf(l[2]) && std::isnan(l[3]) && std::isnan(l[4]) && std::isnan(l[5]) && std::fabs(l[8] - std::log(1e-40f)) < 1e-4,
           "log of special values");
  }
}

// In units of the last place, where polynomial and quotient meet (0.375) and in every binade up to the first 1; odd; special values.
void tangents() {
  Floats x;
  for (std::uint32_t bits = 0x00800000u; bits < 0x41200000u; bits += 20011) {  // to 10
    float value;
    std::memcpy(&value, &bits, 4);
    x.insert(x.end(), {value, -value});
  }
  Random random(74);
  for (int i = 0; i < 300000; i++) {
    x.push_back(random.uniform(0.3f, 0.6f));
    x.push_back(-x.back());
  }
  const Floats y = onEverySetting("tanh", [&](const Tables& t) {
    Floats out(x.size(), NAN);
    t.kernels.unary(kTanh, kFloat32, x.data(), out.data(), static_cast<int>(x.size()), 0, 0);
    return out;
  });
  double worst = 0;
  bool odd = true;
  for (size_t i = 0; i < x.size(); i++) {
    int exponent;
    std::frexp(std::fmin(std::fabs(std::tanh(static_cast<double>(x[i]))), 1 - 1e-9), &exponent);
    worst = std::fmax(worst, std::fabs(y[i] - std::tanh(static_cast<double>(x[i]))) / std::ldexp(1.0, exponent - 24));
    odd = odd && (i % 2 == 0 || y[i] == -y[i - 1]);
  }
  char text[80];
  std::snprintf(text, sizeof text, "tanh is off by %.3f ulp", worst);
  expect(worst <= 0.62, text);
  expect(odd, "tanh is odd");
  const Floats special = {0, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f, -3e38f, 9.1f};
  for (const Tables& t : allTables()) {
    Floats out(8);
    t.kernels.unary(kTanh, kFloat32, special.data(), out.data(), 8, 0, 0);
    expect(out[0] == 0 && out[1] == 0 && out[2] == 1 && out[3] == -1 && std::isnan(out[4]) && out[5] == 1e-40f && out[6] == -1 && out[7] == 1,
           "tanh of special values");
  }
}

void broadcasting() {
  Random random(71);
  const int d[4] = {3, 4, 5, 7};
  const Floats a = random.floats(3 * 4 * 5 * 7), b = random.floats(4 * 7, 0.5f, 2);
  const Kernels& k = allTables()[0].kernels;
  const int bs[4] = {0, 7, 0, 1}, as[4] = {140, 35, 7, 1};
  Floats out(a.size());
  const struct {
    int op;
    double (*oracle)(double, double);
  } table[] = {{kAdd, [](double x, double y) { return x + y; }}, {kSub, [](double x, double y) { return x - y; }},
               {kMul, [](double x, double y) { return x * y; }}, {kDiv, [](double x, double y) { return x / y; }},
               {kMaximum, [](double x, double y) { return x > y ? x : y; }}, {kMinimum, [](double x, double y) { return x < y ? x : y; }},
               {kSquaredDifference, [](double x, double y) { return (x - y) * (x - y); }}, {kFloorDiv, [](double x, double y) { return std::floor(x / y); }},
               {kMod, [](double x, double y) { return x - y * std::floor(x / y); }}};
  for (const auto& entry : table) {
    k.binary(entry.op, kFloat32, a.data(), b.data(), out.data(), d[0], d[1], d[2], d[3], as[0], as[1], as[2], as[3], bs[0], bs[1], bs[2], bs[3]);
    Doubles expected;
    for (size_t i = 0; i < a.size(); i++) expected.push_back(entry.oracle(a[i], b[i / 35 % 4 * 7 + i % 7]));
    expectClose(out, expected, 2e-7, "binary " + std::to_string(entry.op));
  }
  const std::int32_t x[] = {7, -7, 7, -7, 5, -2147483647 - 1}, y[] = {2, 2, -2, -2, 0, -1};
  std::int32_t z[6];
  const auto ints = [&](int op) { k.binary(op, kInt32, x, y, z, 1, 1, 1, 6, 0, 0, 0, 1, 0, 0, 0, 1); };
  ints(kFloorDiv);
  expect(z[0] == 3 && z[1] == -4 && z[2] == -4 && z[3] == 3 && z[4] == 0, "integer division rounds down; by zero gives 0");
  ints(kMod);
  expect(z[0] == 1 && z[1] == 1 && z[2] == -1 && z[3] == -1, "integer remainder has the sign of the divisor");
  std::uint8_t truth[6];
  k.binary(kGreater, kInt32, x, y, truth, 1, 1, 1, 6, 0, 0, 0, 1, 0, 0, 0, 1);
  expect(truth[0] == 1 && truth[1] == 0 && truth[4] == 1, "greater");
  const Floats base = {2, -2, 9, 0, 2, -2}, exponent = {0.5f, 3, -1.5f, 0, 1, 0.5f};
  Floats power(6);
  k.binary(kPow, kFloat32, base.data(), exponent.data(), power.data(), 1, 1, 1, 6, 0, 0, 0, 1, 0, 0, 0, 1);
  expect(std::fabs(power[0] - std::sqrt(2.0f)) < 1e-7 && power[1] == -8 && std::fabs(power[2] - 1.0 / 27) < 1e-8 && power[3] == 1 && power[4] == 2 && std::isnan(power[5]), "pow");
}

void reductions() {
  Random random(72);
  for (const int inner : {1, 3, 70}) {
    const int outer = 5, length = 37;
    const Floats x = random.floats(outer * length * inner);
    Doubles sum(outer * inner), largest(outer * inner, -1e9), running(x.size());
    for (int o = 0; o < outer; o++) {
      for (int i = 0; i < inner; i++) {
        double total = 0;
        for (int j = length - 1; j >= 0; j--) {
          const int at = (o * length + j) * inner + i;
          running[at] = total;
          total += x[at];
          largest[o * inner + i] = std::fmax(largest[o * inner + i], x[at]);
        }
        sum[o * inner + i] = total;
      }
    }
    const auto run = [&](int op) {
      return onEverySetting("reduce", [&](const Tables& t) {
        Floats out(outer * inner, NAN);
        t.kernels.reduce(op, kFloat32, x.data(), out.data(), outer, length, inner);
        return out;
      });
    };
    expectClose(run(kSum), sum, 1e-7, "sum");
    expectClose(run(kMax), largest, 0, "max");
    for (double& value : sum) value /= length;
    expectClose(run(kMean), sum, 1e-7, "mean");
    Floats out(x.size());
    allTables()[0].kernels.cumsum(kFloat32, x.data(), out.data(), outer, length, inner, 1, 1);
    expectClose(out, running, 1e-7, "exclusive reverse cumsum");
  }
  const std::uint8_t flags[] = {1, 0, 1, 1};
  std::uint8_t truth[2];
  const Kernels& k = allTables()[0].kernels;
  k.reduce(kAny, kBool, flags, truth, 2, 2, 1);
  expect(truth[0] == 1 && truth[1] == 1, "any");
  k.reduce(kAll, kBool, flags, truth, 2, 2, 1);
  expect(truth[0] == 0 && truth[1] == 1, "all");
  const Floats withNan = {1, NAN, 3};
  float result;
  k.reduce(kMax, kFloat32, withNan.data(), &result, 1, 3, 1);
  expect(std::isnan(result), "max of NaN is NaN");
}

void copies() {
  Random random(73);
  const Floats x = random.floats(2 * 3 * 5);
  Floats out(30);
  const Kernels& k = allTables()[0].kernels;
  k.stridedCopy(kFloat32, x.data(), out.data(), 0, 0, 1, 1, 5, 2, 3, 0, 0, 1, 15, 5, 0, 0, 6, 3, 1);
  bool same = true;
  for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) for (int l = 0; l < 5; l++) same = same && out[l * 6 + i * 3 + j] == x[(i * 3 + j) * 5 + l];
  expect(same, "transpose");
  k.stridedCopy(kFloat32, x.data(), out.data(), 29, 0, 1, 1, 1, 1, 30, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1);
  expect(std::equal(x.begin(), x.end(), out.rbegin()), "reverse");
  const std::int32_t ids[] = {2, 0, 9};
  Floats gathered(2 * 3 * 5);
  k.gather(kFloat32, x.data(), ids, gathered.data(), 2, 3, 5, 3);
  expect(gathered[15] == x[25] && gathered[20] == x[15] && gathered[25] == x[25], "gather along an axis, forced into range");
  const std::uint8_t condition[] = {1, 0};
  k.select(kFloat32, condition, x.data(), x.data() + 10, out.data(), 10, 5);
  expect(out[0] == x[0] && out[5] == x[15], "select by rows");
  const Floats numbers = {1.9f, -1.9f, NAN, 3e9f, 0};
  std::int32_t whole[5];
  k.cast(kFloat32, kInt32, numbers.data(), whole, 5);
  expect(whole[0] == 1 && whole[1] == -1 && whole[2] == 0 && whole[3] == 2147483647, "float to int goes toward zero");
  double mean = 0, square = 0, uniform = 0;
  Floats many(100001);
  onEverySetting("randomNormal", [&](const Tables& t) {
    t.kernels.randomNormal(many.data(), 100001, 1, 2, 3, 4, 5, 0, 2);
    return many;
  });
  for (const float value : many) mean += value / 100001, square += static_cast<double>(value) * value / 100001;
  expect(std::fabs(mean) < 0.03 && std::fabs(square - 4) < 0.1, "normal of mean 0 and deviation 2");
  k.randomUniform(many.data(), 100001, 1, 2, 3, 4, 5, -1, 3);
  for (const float value : many) uniform += value / 100001;
  expect(std::fabs(uniform - 1) < 0.02, "uniform in [-1, 3)");
  const Floats ones(100001, 1.0f);
  k.dropout(ones.data(), many.data(), 100001, 1, 2, 3, 4, 5, 0.25f);
  double kept = 0;
  for (const float value : many) kept += value / 100001;
  expect(std::fabs(kept - 1) < 0.01, "dropout keeps the mean");
}

}  // namespace

void testElementwise() {
  functions();
  tangents();
  broadcasting();
  reductions();
  copies();
}

}  // namespace thinkwright::test
