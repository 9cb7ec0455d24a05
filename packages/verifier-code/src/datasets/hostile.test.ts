// Every hostile program scores 0 however its task is tested, the host is unharmed, and the next honest job in the same place
// passes.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { processStart } from '../pool/process-start.ts';
import { type HostileRow, hostileRows, isSlow, outcomesOf } from '../test-programs/hostile-rows.ts';
import { type CodeVerifier, createCodeVerifier } from '../verifier.ts';

let verifier: CodeVerifier;
beforeAll(async () => {
  verifier = await createCodeVerifier({ workers: 2 });
});
afterAll(() => verifier?.close());

const scoreNothing = async (rows: HostileRow[]) =>
  expect(await outcomesOf(verifier, rows)).toEqual(rows.map(({ id }) => ({ id, passed: 0, after: 'passed' })));

it('scores 0 for the public programs', () => scoreNothing(hostileRows('hostile-code.jsonl')));

it('scores 0 for those of our own that are quick', () =>
  scoreNothing(hostileRows('hostile-own.jsonl').filter((row) => !isSlow(row))));

it('leaves nothing behind', async () => {
  expect(existsSync('/tmp/pwned-by-js')).toBe(false);
  const pids = verifier.processIds();
  await verifier.close();
  expect(pids.map(processStart).filter((start) => start !== null)).toEqual([]);
});
