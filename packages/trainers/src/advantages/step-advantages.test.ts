// Against the definition, term by term, and by its invariances.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationOf, meanOf } from './statistics.ts';
import { stepAdvantages } from './step-advantages.ts';

const completion = fc
  .array(fc.record({ reward: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 4,
  })
  .chain((steps) =>
    fc.nat(3).map((rest) => {
      let end = -1;
      const stepEnds = steps.map(({ length }) => (end += length));
      return { steps: steps.map(({ reward }) => reward), stepEnds, tokens: end + 1 + rest };
    }),
  );

describe('stepAdvantages', () => {
  it('gives each token the normalised rewards of the steps that end at it or later', () => {
    fc.assert(
      fc.property(fc.array(completion, { minLength: 1, maxLength: 4 }), (group) => {
        const all = group.flatMap(({ steps }) => steps);
        fc.pre(all.length >= 2);
        const [mean, deviation] = [meanOf(all), deviationOf(all)];
        for (const [i, advantages] of stepAdvantages(group).entries()) {
          const { steps, stepEnds } = group[i]!;
          for (const [token, advantage] of advantages.entries()) {
            const later = steps.filter((_, j) => stepEnds[j]! >= token);
            const expected = later.reduce((sum, reward) => sum + (reward - mean) / (deviation + 1e-4), 0);
            expect(advantage).toBeCloseTo(expected, 9);
          }
        }
      }),
    );
  });

  it('gives nothing where all steps agree, where there is one, and where there is none', () => {
    const tokens = 3;
    for (const group of [
      [{ steps: [0.5, 0.5], stepEnds: [0, 2], tokens }],
      [{ steps: [0.5], stepEnds: [2], tokens }],
      [{ steps: [], stepEnds: [], tokens }],
    ])
      expect([...stepAdvantages(group)[0]!]).toEqual([0, 0, 0]);
  });
});
