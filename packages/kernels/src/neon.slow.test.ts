// The compute kernels' own test for 64-bit Arm, cross-compiled and run under an emulator: NEON against the portable kernels bit for
// bit, and both against the oracles. Rounding, NaN and the lanes of sums are emulated exactly; speed is not looked at.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { crossCompileSelfTest } from '../scripts/cross-compile-self-test.ts';

const run = promisify(execFile);
const runs = (command: string) =>
  run(command, ['--version']).then(
    () => true,
    () => false,
  );
const COMPILER = 'aarch64-linux-gnu-g++';
const EMULATOR = 'qemu-aarch64';
const present = (await runs(COMPILER)) && (await runs(EMULATOR));
const scratch = mkdtempSync(join(tmpdir(), 'thinkwright-neon-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(!present)(`compute kernels on 64-bit Arm (skipped without ${COMPILER} and ${EMULATOR})`, () => {
  it('agree with their oracles, NEON with portable bit for bit', async () => {
    const program = await crossCompileSelfTest(COMPILER, scratch);
    const { stdout } = await run(EMULATOR, [program]).catch((error: { stdout: string }) => error);
    const lines = stdout
      .replaceAll(/ \(\d+ checks\)/g, '')
      .trim()
      .split('\n');
    expect(lines.length).toBeGreaterThan(6);
    for (const line of lines) expect(line).toMatch(/^ok /);
  });
});
