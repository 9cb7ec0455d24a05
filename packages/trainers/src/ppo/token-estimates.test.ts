// Advantages and returns of a generation, against hand-made numbers and properties. GAE and whitening alone have parity with TRL.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EstimateOptions, tokenEstimates, type ValuedCompletion } from './token-estimates.ts';

const options: EstimateOptions = {
  gamma: 1,
  lam: 1,
  klCoef: 0.1,
  klEstimator: 'k1',
  whitenRewards: false,
  missingEosPenalty: null,
};
const completion = (score: number, values: number[], more: Partial<ValuedCompletion> = {}): ValuedCompletion => ({
  score,
  finish: 'stop',
  logProbs: values.map(() => -1),
  values,
  ...more,
});

describe('tokenEstimates', () => {
  it('pays the score at the last token and the KL at each', () => {
    const referenceLogProbs = [-1.5, -1, -3];
    const { tokens, kl, nonScoreReward } = tokenEstimates([completion(2, [0, 0, 0], { referenceLogProbs })], options);
    const expected = [2 - 0.05 - 0.2, 2 - 0.2, 2 - 0.2]; // what is still to come, with gamma = lam = 1
    for (const [t, value] of expected.entries()) expect(tokens[0]!.returns[t]).toBeCloseTo(value, 6);
    expect(kl[0]).toBeCloseTo(2.5, 12);
    expect(nonScoreReward[0]).toBeCloseTo(-0.25, 12);
  });

  it('takes the penalty off what did not end by itself', () => {
    const both = [completion(1, [0, 0]), completion(1, [0, 0], { finish: 'length' })];
    const { tokens } = tokenEstimates(both, { ...options, missingEosPenalty: 3 });
    expect(Array.from(tokens[0]!.returns)).toEqual([1, 1]);
    expect(Array.from(tokens[1]!.returns)).toEqual([-2, -2]);
  });

  it('makes advantages with mean 0 and variance 1 over all tokens, whatever the scores', () => {
    const rows = fc.array(
      fc.record({
        score: fc.double({ min: -5, max: 5, noNaN: true }),
        values: fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 6 }),
      }),
      { minLength: 2, maxLength: 6 },
    );
    fc.assert(
      fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (given, lam) => {
        const { tokens } = tokenEstimates(
          given.map(({ score, values }) => completion(score, values)),
          { ...options, lam },
        );
        const all = tokens.flatMap(({ advantages }) => Array.from(advantages));
        const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
        const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1);
        expect(Math.abs(mean)).toBeLessThan(1e-4);
        expect(variance).toBeLessThan(1.0001); // less where all are (nearly) equal
      }),
    );
  });

  it('tells by what the values fall short of what was still to come, whatever lambda', () => {
    const { shortfall } = tokenEstimates([completion(1, [0.5, 0.2]), completion(0, [0.4])], {
      ...options,
      gamma: 0.5,
      lam: 0.3,
    });
    expect(shortfall).toBeCloseTo((0.5 + 1 + 0 - (0.5 + 0.2 + 0.4)) / 3, 12);
  });

  it('leaves a single token as it is: it has no variance', () => {
    expect(Array.from(tokenEstimates([completion(2, [0.5])], options).tokens[0]!.advantages)).toEqual([1.5]);
  });
});
