// What may miss the stated tolerance, and by how much.
import { expect, it } from 'vitest';
import { compareFloat32, nudges } from './float32-comparison.ts';

/** The tolerance of an answer of 1 that a nudge moves by `movement`. */
async function toleranceAt(movement: number, actual: number): Promise<number> {
  const answers = [{ what: 'answer', actual: [actual], expected: [1], scale: 1 }];
  const [comparison] = await compareFloat32(answers, 2e-6, async () => [[actual + movement]]);
  return comparison!.tolerance;
}

it('keeps the stated tolerance where it is met, or where the case does not amplify', async () => {
  expect(await toleranceAt(1, 1 + 1e-6)).toBe(2e-6);
  expect(await toleranceAt(1e-7, 1 + 1e-5)).toBe(2e-6);
  expect(await toleranceAt(0, 2)).toBe(2e-6);
});

it('allows twice what a unit in the last place moves, and at most ten times the stated tolerance', async () => {
  expect(await toleranceAt(3e-6, 1 + 5e-6)).toBeCloseTo(6e-6, 12);
  expect(await toleranceAt(1, 2)).toBeCloseTo(2e-5, 12);
  expect(await toleranceAt(Number.NaN, 2)).toBeCloseTo(2e-5, 12);
});

it('nudges every number by one unit in the last place, up and down', () => {
  const factors = Array.from(nudges(1000, 0), (factor) => (factor - 1) * 2 ** 23);
  expect(new Set(factors)).toEqual(new Set([-1, 1]));
  expect(Math.abs(factors.reduce((sum, sign) => sum + sign, 0))).toBeLessThan(100);
  expect(nudges(1000, 1)).not.toEqual(nudges(1000, 0));
});
