// Cases of our own: variations of what the public corpus asks, attacks, and every explained disagreement with the
// correctness flags of MATH-500, PRM800K, GSM8K model solutions and reasoning traces.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readCases, runCase } from './cases.ts';

const cases = readCases(readFileSync(new URL('./fixtures/package-cases.jsonl', import.meta.url), 'utf8'));

it('judges every case of the package', () => {
  expect(cases.length).toBeGreaterThan(2500);
  const missed = cases.filter((test) => runCase(test).correct !== test.expected);
  expect(missed.map(({ gold, prediction }) => `${gold} ## ${prediction}`)).toEqual([]);
});

it('finds every gold equal to itself', () => {
  const golds = cases.filter(({ options, gold }) => options?.targets === undefined && gold !== '');
  const missed = golds.filter(
    (test) => !runCase({ ...test, prediction: test.form === 'answer' ? test.gold : `\\boxed{${test.gold}}` }).correct,
  );
  expect(missed.map(({ gold }) => gold)).toEqual([]);
});
