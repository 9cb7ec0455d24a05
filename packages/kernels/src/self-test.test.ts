// The compute kernels' own test (native/test, C++), linked with the objects of the addon that is in use: matrix products against
// fma chains bit for bit, everything else against double loops and central differences; all of it portable = AVX2 = AVX-512, 1 = 2 threads.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileSelfTest } from '../scripts/compile-self-test.ts';
import { findCompiler } from './build.ts';

const run = promisify(execFile);
const compiler = await findCompiler().catch(() => undefined);
const scratch = mkdtempSync(join(tmpdir(), 'thinkwright-self-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(compiler === undefined)('compute kernels (skipped without a C++ compiler)', () => {
  let program: string;
  beforeAll(async () => {
    program = await compileSelfTest(compiler!.command, scratch);
  }, 600_000);

  it('agree with their oracles on every instruction set and thread count', { timeout: 600_000 }, async () => {
    const { stdout } = await run(program).catch((error: { stdout: string }) => error);
    const families = [
      'gemm',
      'epilogue',
      'layers',
      'attention',
      'head',
      'distillation',
      'sampling',
      'optimizer',
      'elementwise',
      'stored',
      'int8',
      'bf16',
    ];
    expect(stdout.replaceAll(/ \(\d+ checks\)/g, '').trim()).toBe(families.map((name) => `ok ${name}`).join('\n'));
  });

  // CPU times beside each other, never against a clock; a failure is looked at twice more, since neighbours share caches.
  it('are as fast beside each other as their paths should be', { timeout: 600_000, retry: 2 }, async () => {
    const { stdout } = await run(program, ['ratios']);
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(10);
    for (const line of lines) expect(line).toMatch(/^ok /);
  });
});
