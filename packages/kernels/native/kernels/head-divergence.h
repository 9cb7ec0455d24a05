// Divergence of two language-model heads over the whole vocabulary, a teacher's t and a student's s, both at a temperature T, and its gradient by
// the student; no device holds [rows, V]. The generalised Jensen-Shannon divergence of GKD (arXiv 2306.13649, eq. 1):
//   beta 0: KL(t || s);  beta 1: KL(s || t);  else beta KL(t || M) + (1 - beta) KL(s || M), M = beta t + (1 - beta) s.
// Forward: the log-sum-exps of both heads, and in the same pass log-probs of targets and entropy at temperature 1; then the divergence. Backward: the
// logits of both again, d logits = (s - t) / T;  s (g - Σ s g) / T with g = log s - log t;  the same with g = (1 - beta)(log s - log M).
// Every summand is positive, p (q / p - 1 - log(q / p)), as Σ p = Σ q = 1: nothing cancels where the two agree, and a log-sum-exp that is off
// by its rounding does not show. The mean Σ s g is taken of the same numbers g less an offset near it, since where the two differ much all g
// are alike.
#pragma once
#include "kernels/head.h"
#include "kernels/token-log-probs.h"

namespace thinkwright {
namespace {

constexpr int kDivergenceNumbers = 6;  // a row: log-sum-exp in two floats of student and teacher; an offset, and the mean of g less it

// Logits less the log-sum-exp in two floats.
struct Normaliser {
  float coarse, rest;
  template <class W>
  W logProbs(W logits) const {
    return (logits - W::broadcast(coarse)) - W::broadcast(rest);
  }
};

// e^x - 1 - x for |x| < 0.5
template <class W>
inline W expSeriesRest(W x) {
  W p = W::broadcast(1 / 40320.0f);
  for (const float factorial : {5040.0f, 720.0f, 120.0f, 24.0f, 6.0f, 2.0f}) p = W::fma(p, x, W::broadcast(1 / factorial));
  return p * (x * x);
}

template <class W>
inline W absolute(W x) {
  return W::maskBits(x, 0x7fffffffu, 0);
}

// p (q / p - 1 - x), x = log(q / p)
template <class W>
inline W relativeEntropyTerm(W p, W q, W x) {
  return W::select(W::less(absolute(x), W::broadcast(0.5f)), p * expSeriesRest(x), (q - p) - p * x);
}

// log(M / p) and log(M / q) of M = (1 - share) p + share q where p >= q; gap = log(p / q) >= 0.
template <class W>
inline W logOfMixture(W gap, W share) {
  const W one = W::broadcast(1.0f), x = W::zero() - gap;
  const W excess = share * W::select(W::less(gap, W::broadcast(0.5f)), x + expSeriesRest(x), exponentialOfNegative(x) - one);
  const W sum = one + excess;  // its log, with what the sum lost
  return logarithm(sum) + (excess - (sum - one)) / sum;
}

// What sixteen tokens add to a row, and what their gradient reads.
template <class W>
struct DivergenceTerms {
  W s, t;      // probabilities
  W slope;     // g
  W summand;
};

enum class DivergenceKind { ofTeacher, ofStudent, mixture };

inline DivergenceKind divergenceKind(float beta) {
  return beta == 0.0f ? DivergenceKind::ofTeacher : beta == 1.0f ? DivergenceKind::ofStudent : DivergenceKind::mixture;
}

template <DivergenceKind Kind, class W>
inline DivergenceTerms<W> divergenceTerms(W student, W teacher, float beta) {
  const W s = exponential(student), t = exponential(teacher), zero = W::zero();
  const W difference = student - teacher;
  if constexpr (Kind == DivergenceKind::ofTeacher) return {s, t, zero, relativeEntropyTerm(t, s, difference)};
  if constexpr (Kind == DivergenceKind::ofStudent) return {s, t, difference, relativeEntropyTerm(s, t, zero - difference)};
  const W ofTeacher = W::broadcast(beta), ofStudent = W::broadcast(1.0f - beta);
  const auto isLess = W::less(difference, zero);
  const W gap = absolute(difference);
  const W nearer = logOfMixture(gap, W::select(isLess, ofStudent, ofTeacher)), farther = nearer + gap;
  const W toStudent = W::select(isLess, farther, nearer), toTeacher = W::select(isLess, nearer, farther);  // log(M / s), log(M / t)
  const W own = relativeEntropyTerm(s, s + ofTeacher * (t - s), toStudent), other = relativeEntropyTerm(t, t + ofStudent * (s - t), toTeacher);
  return {s, t, zero - ofStudent * toStudent, ofStudent * own + ofTeacher * other};
}

// Runs body.template operator()<Kind>() for the kind of beta.
template <class Body>
inline void withDivergenceKind(float beta, Body&& body) {
  switch (divergenceKind(beta)) {
    case DivergenceKind::ofTeacher:
      return body.template operator()<DivergenceKind::ofTeacher>();
    case DivergenceKind::ofStudent:
      return body.template operator()<DivergenceKind::ofStudent>();
    case DivergenceKind::mixture:
      return body.template operator()<DivergenceKind::mixture>();
  }
}

template <class V>
struct DivergenceRow {
  RowSoftmax<V> plain, student, teacher;        // plain: of the student at temperature 1
  double divergence = 0, mass = 0, slope = 0;   // Σ of the summands, of s, and of s (g - offset)
  float offset = 0;
  bool hasOffset = false;

  static Normaliser normaliser(const RowSoftmax<V>& softmax) {
    const double exact = softmax.maximum + exactLog(softmax.sum);
    const float coarse = static_cast<float>(exact);
    return {coarse, static_cast<float>(exact - coarse)};
  }

  // Blocks of at most 512 logits in order: eight lanes and one tree inside each, their sums in double. The mean g of the first is the offset.
  template <DivergenceKind Kind>
  void add(const float* studentLogits, const float* teacherLogits, int count, const float* numbers, float beta) {
    if (!hasOffset) {
      addBlock<Kind>(studentLogits, teacherLogits, count, numbers, beta);
      offset = mass > 0 ? static_cast<float>(slope / mass) : 0;
      hasOffset = true;
      divergence = mass = slope = 0;
    }
    addBlock<Kind>(studentLogits, teacherLogits, count, numbers, beta);
  }

 private:
  template <DivergenceKind Kind>
  void addBlock(const float* studentLogits, const float* teacherLogits, int count, const float* numbers, float beta) {
    using W = typename V::Wide;
    const Normaliser ofStudent{numbers[0], numbers[1]}, ofTeacher{numbers[2], numbers[3]};
    V summands = V::zero(), masses = V::zero(), slopes = V::zero();
    const auto addLanes = [](V sum, W x) { return (sum + V::low(x)) + V::high(x); };
    for (int j = 0; j < count; j += 16) {
      auto terms = divergenceTerms<Kind>(ofStudent.logProbs(W::loadFirst(studentLogits + j, count - j)), ofTeacher.logProbs(W::loadFirst(teacherLogits + j, count - j)), beta);
      W weighted = terms.s * (terms.slope - W::broadcast(offset));
      if (count - j < 16) {
        const auto lanes = W::firstLanes(count - j);
        for (W* x : {&terms.summand, &terms.s, &weighted}) *x = W::select(lanes, *x, W::zero());
      }
      summands = addLanes(summands, terms.summand);
      masses = addLanes(masses, terms.s);
      slopes = addLanes(slopes, weighted);
    }
    divergence += summands.sum();
    mass += masses.sum();
    slope += slopes.sum();
  }
};

template <class V>
void headDivergence(const float* hidden, const std::uint8_t* weight, const float* teacherHidden, const std::uint8_t* teacherWeight,
                    const int32_t* targets, float* divergence, float* logProbs, float* entropy, float* numbers, int rows, int c, int teacherC,
                    int v, float temperature, float beta, int type, int teacherType) {
  const LogitShape shape{temperature, 1, 0};
  DivergenceRow<V>* states = sharedScratch<DivergenceRow<V>>(kRowStates, std::max(rows, 1));
  for (int i = 0; i < rows; i++) states[i] = DivergenceRow<V>();
  const HeadInput heads[] = {{{weight, type, c, v}, hidden}, {{teacherWeight, teacherType, teacherC, v}, teacherHidden}};
  forLogits<V>(heads, rows, [&](float* const* logits, int row, int column, int columns) {
    DivergenceRow<V>& state = states[row];
    state.plain.addRow(logits[0], columns);
    pickLogits(logits[0], column, columns, v, targets + row, 1, logProbs + row);
    finishLogits<V>(logits[0], nullptr, columns, shape);
    if (temperature != 1.0f) state.student.addRow(logits[0], columns);
    finishLogits<V>(logits[1], nullptr, columns, shape);
    state.teacher.addRow(logits[1], columns);
  });
  for (int i = 0; i < rows; i++) {
    const RowSoftmax<V>& plain = states[i].plain;
    logProbs[i] = plain.logProb(logProbs[i]);
    entropy[i] = plain.entropy();
    const Normaliser own = DivergenceRow<V>::normaliser(temperature == 1.0f ? plain : states[i].student), other = DivergenceRow<V>::normaliser(states[i].teacher);
    const float found[] = {own.coarse, own.rest, other.coarse, other.rest};
    std::copy(found, found + 4, numbers + static_cast<long>(i) * kDivergenceNumbers);
  }
  withDivergenceKind(beta, [&]<DivergenceKind Kind>() {
    forLogits<V>(heads, rows, [&](float* const* logits, int row, int, int columns) {
      const float* own = numbers + static_cast<long>(row) * kDivergenceNumbers;
      for (int h = 0; h < 2; h++) finishLogits<V>(logits[h], nullptr, columns, shape);
      for (int j = 0; j < columns; j += kVocabularyBlock)
        states[row].template add<Kind>(logits[0] + j, logits[1] + j, std::min(kVocabularyBlock, columns - j), own, beta);
    });
  });
  for (int i = 0; i < rows; i++) {
    divergence[i] = static_cast<float>(states[i].divergence);
    float* const own = numbers + static_cast<long>(i) * kDivergenceNumbers;
    own[4] = states[i].offset, own[5] = static_cast<float>(states[i].slope / states[i].mass);
  }
}

template <class V>
void headDivergenceGrad(const float* hidden, const std::uint8_t* weight, const float* teacherHidden, const std::uint8_t* teacherWeight,
                        const float* numbers, const float* dDivergence, float* dHidden, float* dWeight, int rows, int c, int teacherC, int v,
                        float temperature, float beta, int accumulate, int type, int teacherType) {
  using W = typename V::Wide;
  const HeadInput head{{weight, type, c, v}, hidden};
  const HeadWeight teacherHead{teacherWeight, teacherType, teacherC, v};
  const LogitShape shape{temperature, 1, 0};
  withDivergenceKind(beta, [&]<DivergenceKind Kind>() {
    headGradients<V, 2>(head, dHidden, dWeight, nullptr, rows, accumulate, [&](int column, int columns) {
      return [&, columns, teacherBlock = HeadBlock<V>(teacherHead, column, columns, false, 1)](const HeadBlock<V>& block, int first, int count, float* logits) {
        float* const teacherLogits = logits + static_cast<long>(count) * kLogitStride;
        block.logits(count, hidden + static_cast<long>(first) * c, logits, kLogitStride);
        teacherBlock.logits(count, teacherHidden + static_cast<long>(first) * teacherC, teacherLogits, kLogitStride);
        forRows(count, columns * 8L, [&](std::int64_t i) {
          float* const row = logits + i * kLogitStride;
          float* const teacherRow = teacherLogits + i * kLogitStride;
          const float* own = numbers + (first + i) * kDivergenceNumbers;
          const Normaliser ofStudent{own[0], own[1]}, ofTeacher{own[2], own[3]};
          const W factor = W::broadcast(dDivergence[first + i] / temperature), offset = W::broadcast(own[4]), mean = W::broadcast(own[5]);
          finishLogits<V>(row, nullptr, columns, shape);
          finishLogits<V>(teacherRow, nullptr, columns, shape);
          for (int j = 0; j < columns; j += 16) {
            const auto terms = divergenceTerms<Kind>(ofStudent.logProbs(W::loadFirst(row + j, columns - j)), ofTeacher.logProbs(W::loadFirst(teacherRow + j, columns - j)), beta);
            const W gradient = Kind == DivergenceKind::ofTeacher ? terms.s - terms.t : terms.s * ((terms.slope - offset) - mean);
            (gradient * factor).storeFirst(row + j, columns - j);
          }
        });
      };
    });
  });
}

}  // namespace
}  // namespace thinkwright
