// The package in a real browser: the playground page judges its example, and the bundle gives the verdicts of Node on the
// whole core tier. Skipped where no Chromium is found (set CHROMIUM to its path).
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { chromium, domOf, temporaryFolder, verdictsIn, verdictsPage } from '../scripts/chromium.ts';
import { bundle, playgroundPage } from '../scripts/playground.ts';
import { optionsOf, runCase } from './corpus/cases.ts';
import { publicCases } from './corpus/fixture.ts';

afterAll(() => rmSync(temporaryFolder, { recursive: true, force: true }));

describe('the bundle', () => {
  it('is small', async () => {
    expect((await bundle()).bytes).toBeLessThan(250_000);
  });
});

describe.skipIf(chromium === undefined)('in headless Chromium (skipped without one; set CHROMIUM)', () => {
  it('judges in the playground', async () => {
    const html = await domOf('playground', await playgroundPage());
    expect(html).toContain('data-verdict="equal"');
    expect(html).toContain('high-precision');
  });

  it('gives the verdicts of Node', async () => {
    const cases = publicCases().filter(({ tier }) => tier === 'core');
    const inputs = cases.map((test) => [test.gold, test.prediction, optionsOf(test)]);
    const { code } = await bundle();
    const found = verdictsIn(await domOf('cases', verdictsPage(code, inputs)));
    expect(found).toEqual(cases.map(runCase).map(({ verdict, rule }) => `${verdict}/${rule.replace(/[^a-z-]/g, '')}`));
  });
});
