// ProcessBench's measure by its definition, and that neither constant answer can win.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstErrorOf, processBench } from './process-bench.ts';

describe('processBench', () => {
  it('asks for the exact step of wrong solutions, and for silence on right ones', () => {
    const cases = [
      { predicted: 2, actual: 2 },
      { predicted: 1, actual: 2 },
      { predicted: -1, actual: 0 },
      { predicted: 0, actual: 0 },
      { predicted: -1, actual: -1 },
      { predicted: 3, actual: -1 },
      { predicted: -1, actual: -1 },
      { predicted: -1, actual: -1 },
    ];
    const { erroneous, correct, f1 } = processBench(cases);
    expect(erroneous).toMatchObject({ value: 0.5 });
    expect(correct).toMatchObject({ value: 0.75 });
    expect(f1).toBeCloseTo(0.6, 12);
    expect(erroneous!.low).toBeLessThan(0.5);
  });

  it('gives 0 to a model that always says the same', () => {
    const places = fc.array(fc.integer({ min: -1, max: 5 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(places, (actual) => {
        fc.pre(actual.includes(-1) && actual.some((place) => place >= 0));
        expect(processBench(actual.map((place) => ({ predicted: -1, actual: place }))).f1).toBe(0);
        expect(processBench(actual.map((place) => ({ predicted: place, actual: place }))).f1).toBe(1);
      }),
    );
  });

  it('has no figure where there is no such solution', () => {
    expect(processBench([{ predicted: 0, actual: 0 }])).toMatchObject({ correct: undefined, f1: Number.NaN });
  });

  it('names the first step below the threshold', () => {
    expect(firstErrorOf([0.9, 0.4, 0.2])).toBe(1);
    expect(firstErrorOf([0.9, 0.4, 0.2], 0.3)).toBe(2);
    expect(firstErrorOf([0.9])).toBe(-1);
  });
});
