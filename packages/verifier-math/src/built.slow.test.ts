// The package as it is published: built afresh, its verdicts on the whole public core and on the package's own cases are
// those of the sources, in Node and (where one is found) in headless Chromium.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { chromium, domOf, temporaryFolder, verdictsIn, verdictsPage } from '../scripts/chromium.ts';
import { bundle } from '../scripts/playground.ts';
import { optionsOf, readCases, runCase } from './corpus/cases.ts';
import { publicCases } from './corpus/fixture.ts';

const packageFolder = path.resolve(import.meta.dirname, '..');
const entry = path.join(packageFolder, 'dist/index.js');
const cases = [
  ...publicCases().filter(({ tier }) => tier === 'core'),
  ...readCases(readFileSync(new URL('./corpus/fixtures/package-cases.jsonl', import.meta.url), 'utf8')),
];
const inputs = cases.map((test) => [test.gold, test.prediction, optionsOf(test)]);
const expected = cases.map(runCase).map(({ verdict, rule }) => `${verdict}/${rule.replace(/[^a-z-]/g, '')}`);

describe('the built package', () => {
  beforeAll(() => {
    for (const name of ['rewards', 'verifier-math'])
      execFileSync('npx', ['tsup'], { cwd: path.join(packageFolder, '..', name), stdio: 'ignore' });
  }, 240_000);

  it('gives the verdicts of its sources in Node', () => {
    const program = path.join(temporaryFolder, 'built.mjs');
    writeFileSync(
      program,
      `import { readFileSync } from 'node:fs';
const { verify } = await import(${JSON.stringify(entry)});
const inputs = JSON.parse(readFileSync(0, 'utf8'));
console.log(inputs.map(([g, p, o]) => { const v = verify(g, p, o); return v.verdict + '/' + v.rule.replace(/[^a-z-]/g, ''); }).join(' '));`,
    );
    const output = execFileSync(process.execPath, [program], { input: JSON.stringify(inputs), encoding: 'utf8' });
    expect(output.trim().split(' ')).toEqual(expected);
  });

  it.skipIf(chromium === undefined)('gives them in headless Chromium', async () => {
    const { code } = await bundle(entry);
    expect(verdictsIn(await domOf('built', verdictsPage(code, inputs)))).toEqual(expected);
  });
});
