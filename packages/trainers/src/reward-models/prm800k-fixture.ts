// The labels of PRM800K that the tests train on.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Prm800kRow } from './prm800k-solutions.ts';

/** 106 problems. */
export function prm800kFixture(): Prm800kRow[] {
  const packed = readFileSync(new URL('./fixtures/prm800k-steps.jsonl.gz', import.meta.url));
  const lines = gunzipSync(packed).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Prm800kRow);
}
