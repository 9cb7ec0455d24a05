// Estimators without a fixture of another library, against their definitions: enumeration of subsets, moments, invariances.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADVANTAGE_ESTIMATORS, estimateAdvantages } from './estimators.ts';
import { leaveOneOutAdvantages } from './leave-one-out.ts';
import { maxRlAdvantages } from './max-rl.ts';
import { passAtKAdvantages } from './pass-at-k.ts';
import { reinforcePlusPlus, reinforcePlusPlusBaseline } from './reinforce-plus-plus.ts';
import { remaxAdvantages } from './remax.ts';

const G = 6;
const value = fc.double({ min: -3, max: 3, noNaN: true });
const rewards = fc.array(value, { minLength: 2 * G, maxLength: 2 * G }).map((values) => Float64Array.from(values));
const binary = fc.array(fc.nat(1), { minLength: G, maxLength: G }).map((values) => Float64Array.from(values));
const sum = (values: Iterable<number>) => [...values].reduce((total, x) => total + x, 0);

function* subsets(items: number[], k: number): Generator<number[]> {
  if (k === 0) yield [];
  for (const [i, item] of items.entries()) for (const rest of subsets(items.slice(i + 1), k - 1)) yield [item, ...rest];
}

describe('pass@k', () => {
  it('is the mean over all subsets of size k of the best reward, standardised', () => {
    fc.assert(
      fc.property(binary, fc.integer({ min: 1, max: G }), (group, k) => {
        const all = [...subsets([...group.keys()], k)].map((members) => ({
          members,
          best: Math.max(...members.map((i) => group[i]!)),
        }));
        const mean = sum(all.map(({ best }) => best)) / all.length;
        const deviation = Math.sqrt(mean * (1 - mean));
        for (const [i, advantage] of passAtKAdvantages(group, G, k).entries()) {
          const own = all.filter(({ members }) => members.includes(i));
          const expected = sum(own.map(({ best }) => best - mean)) / own.length / deviation;
          expect(advantage).toBeCloseTo(deviation === 0 ? 0 : expected, 10);
        }
      }),
    );
  });
});

describe('REINFORCE++', () => {
  it('does not change when rewards are shifted and scaled', () => {
    fc.assert(
      fc.property(rewards, (values) => {
        fc.pre(Math.max(...values) - Math.min(...values) > 0.5);
        const moved = values.map((x) => 100 * x + 7);
        for (const estimate of [reinforcePlusPlus, (r: Float64Array) => reinforcePlusPlusBaseline(r, G)]) {
          const [before, after] = [estimate(values), estimate(moved)];
          expect(sum(before)).toBeCloseTo(0, 8);
          if (sum(before.map(Math.abs)) < 1) continue; // groups that nearly agree: the guard 1e-4 shows
          for (const [i, x] of before.entries()) expect(after[i]).toBeCloseTo(x, 2);
        }
      }),
    );
  });

  it('with a baseline ignores what a prompt is worth', () => {
    const easy = Float64Array.from([0, 1, 0, 1, 5, 6, 5, 6]);
    const [a, b, ...rest] = reinforcePlusPlusBaseline(easy, 4);
    expect(rest).toEqual([a, b, a, b, a, b]);
  });
});

describe('leave one out', () => {
  it('is G / (G - 1) times the centred reward', () => {
    fc.assert(
      fc.property(rewards, (values) => {
        for (const [i, advantage] of leaveOneOutAdvantages(values, G).advantages.entries()) {
          const start = i - (i % G);
          const mean = sum(values.subarray(start, start + G)) / G;
          expect(advantage).toBeCloseTo(((values[i]! - mean) * G) / (G - 1), 10);
        }
      }),
    );
  });
});

describe('MaxRL', () => {
  it('gives the correct ones together the share of the wrong, in units of 1 / p', () => {
    fc.assert(
      fc.property(binary, (group) => {
        const p = sum(group) / G;
        const advantages = maxRlAdvantages(group, G);
        expect(sum(advantages)).toBeCloseTo(0, 10);
        for (const [i, x] of advantages.entries()) {
          expect(x).toBeCloseTo(p === 0 ? 0 : group[i] === 1 ? (1 - p) / p : -1, 10);
        }
      }),
    );
  });

  it('refuses negative rewards', () => {
    expect(() => maxRlAdvantages(Float64Array.of(1, -1), 2)).toThrow(/at least 0/);
  });
});

describe('ReMax', () => {
  it('compares with the greedy completion of the prompt', () => {
    const advantages = remaxAdvantages(Float64Array.of(1, 0, Number.NaN, 3), [0.5, 1], 2);
    expect([...advantages]).toEqual([0.5, -0.5, 0, 2]);
  });
});

describe.each(ADVANTAGE_ESTIMATORS)('%s', (advantageEstimator) => {
  const options = { advantageEstimator, scaleRewards: 'group' as const, passAtK: 1, greedyRewards: [0.5, 1] };

  it('gives unscorable samples nothing and groups that agree no signal', () => {
    const { advantages, zeroSignal } = estimateAdvantages(Float64Array.of(0, 1, Number.NaN, 1, 1, 1), 3, options);
    expect(advantages[2]).toBe(0);
    expect(zeroSignal[0]).toBe(false);
    expect([...advantages].every(Number.isFinite)).toBe(true);
    if (advantageEstimator !== 'reinforce_plus_plus') expect([...advantages.slice(3)]).toEqual([0, 0, 0]);
  });
});
