// Every attack on code against our rewards and against exec as tutorials print it; the table of the docs is today's.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CodeVerifier, createCodeVerifier } from '../verifier.ts';
import { type CodeAttackRow, codeAttackRows, codeAttackTable, pays } from './code-attack-table.ts';

const page = new URL('../../../../docs/rewards.md', import.meta.url);
let verifier: CodeVerifier;
let rows: CodeAttackRow[];
beforeAll(async () => {
  verifier = await createCodeVerifier({ workers: 1 });
  rows = await codeAttackRows(verifier);
});
afterAll(() => verifier?.close());

it('no attack pays against ours; exec pays or is harmed by most', () => {
  const [right, wrong, ...attacks] = rows as [CodeAttackRow, CodeAttackRow, ...CodeAttackRow[]];
  expect([right.earned, wrong.earned]).toEqual([[1, 1, 1], [0, 0, 0]]); // biome-ignore format: one line
  for (const { attack, earned } of attacks) expect([attack, ...earned.slice(0, 2)]).toEqual([attack, 0, 0]);
  const broken = attacks.filter(({ earned }) => pays(earned[2]!, 0)).map(({ attack }) => attack);
  expect(broken).toEqual(
    expect.arrayContaining([
      'a definition that swallows the test',
      'a result that equals everything',
      'an endless loop',
    ]),
  );
});

it.skipIf(!existsSync(page))('docs/rewards.md shows the table of today (else run scripts/attack-table.ts)', () => {
  expect(readFileSync(page, 'utf8')).toContain(codeAttackTable(rows));
});
