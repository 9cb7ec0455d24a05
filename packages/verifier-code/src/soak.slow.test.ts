// The long proofs: public data sets whole, ten thousand verdicts in flat memory, many workers on few processors, the same job a
// hundred times, random programs of nasty constructs.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { codeTaskOf } from './datasets/code-task-of.ts';
import { humanEvalReference } from './datasets/human-eval.ts';
import type { CodeJob } from './jobs/job.ts';
import { processStart } from './pool/process-start.ts';
import { residentBytes } from './pool/resident-memory.ts';
import { fuzzVerifier } from './test-programs/fuzz-verifier.ts';
import { hostileRows, isSlow, outcomesOf } from './test-programs/hostile-rows.ts';
import { createCodeVerifier } from './verifier.ts';

const shared = process.env.THINKWRIGHT_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const dataFile = (name: string) => path.join(shared, 'data', name);
const missing = !existsSync(dataFile('humaneval.jsonl'));
const rowsOf = (name: string) =>
  readFileSync(dataFile(name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const references = (set: 'humaneval' | 'humaneval-x', file: string): CodeJob[] =>
  rowsOf(file).map((row) => ({ ...codeTaskOf(set, row), code: humanEvalReference(row) }));

const FUZZ_PROGRAMS = Number(process.env.THINKWRIGHT_FUZZ ?? 2_000);
const SOAK_VERDICTS = Number(process.env.THINKWRIGHT_SOAK ?? 10_000);

describe.skipIf(missing)('public data (skipped without the shared data folder)', () => {
  it('passes 164 of 164 HumanEval references, with four times as many workers as processors', async () => {
    await using verifier = await createCodeVerifier({ workers: 4 * os.availableParallelism(), languages: ['python'] });
    const verdicts = await verifier.verifyMany(references('humaneval', 'humaneval.jsonl'));
    expect(verdicts.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(verdicts.reduce((sum, { total }) => sum + total, 0)).toBe(1582);
  });

  it('agrees with plain Node on every reference of HumanEval-X, the two that are wrong in the data set included', async () => {
    await using verifier = await createCodeVerifier({ languages: ['javascript'] });
    const verdicts = await verifier.verifyMany(references('humaneval-x', 'humaneval-x-js.jsonl'));
    const ours = verdicts.map(({ status }) => status === 'passed');
    expect(ours).toEqual(rowsOf('humaneval-x-js.jsonl').map((row) => passesInNode(humanEvalReference(row) + row.test)));
    expect(ours.flatMap((passed, i) => (passed ? [] : [i]))).toEqual([112, 155]);
  });

  it('keeps its memory flat, gives the same verdicts again, leaves no process', async () => {
    const python = references('humaneval', 'humaneval.jsonl');
    const javascript = references('humaneval-x', 'humaneval-x-js.jsonl');
    const crash: CodeJob = { ...python[0]!, code: 'import os\nos._exit(1)' };
    const verifier = await createCodeVerifier({ cacheSize: 0 });
    const jobs = Array.from({ length: 500 }, (_, i) =>
      i % 50 === 49 ? crash : (i % 2 === 0 ? python : javascript)[(i >> 1) % 164]!,
    );
    const round = async () =>
      (await verifier.verifyMany(jobs)).map(({ status, passed }) => `${status} ${passed}`).join();
    const memory = async () => Math.max(...(await Promise.all(verifier.processIds().map(residentBytes))));
    // Compiled code and allocators settle first.
    const first = await round();
    for (let n = 0; n < 3; n++) await round();
    const before = await memory();
    const openBefore = descriptors(verifier.processIds());
    const pids = verifier.processIds();
    for (let n = 4; n < SOAK_VERDICTS / jobs.length; n++) expect(await round()).toBe(first);
    expect(verifier.processIds()).toEqual(pids);
    expect(await memory()).toBeLessThan(1.1 * before);
    expect(descriptors(verifier.processIds())).toEqual(openBefore);
    await verifier.close();
    expect(pids.map(processStart).filter((start) => start !== null)).toEqual([]);
  });

  it('gives the same verdict and output a hundred times', async () => {
    await using verifier = await createCodeVerifier({ cacheSize: 0 });
    const code =
      'import random, time\ndef solve(x):\n    print(random.random(), time.time(), {x, "b", "c"}, hash("a"))\n    return x';
    const job: CodeJob = { language: 'python', code, tests: { kind: 'calls', entryPoint: 'solve', cases: [{ args: ['a'], expected: 'a' }] } }; // biome-ignore format: one job
    const verdicts = await verifier.verifyMany(Array.from({ length: 100 }, () => job));
    expect(new Set(verdicts.map(({ status, output }) => `${status} ${output}`)).size).toBe(1);
  });
});

it('scores 0 for hostile programs that eat time and memory, and 1 for the honest job after each', async () => {
  await using verifier = await createCodeVerifier();
  const rows = hostileRows('hostile-own.jsonl').filter(isSlow);
  expect(await outcomesOf(verifier, rows)).toEqual(rows.map(({ id }) => ({ id, passed: 0, after: 'passed' })));
});

it('lets no random program of nasty constructs pass, escape, or leave a process', async () => {
  const verifier = await createCodeVerifier({ cacheSize: 0 });
  const report = await fuzzVerifier(verifier, { from: 0, count: FUZZ_PROGRAMS });
  expect(report.faults).toEqual([]);
  expect(report.programs).toBe(FUZZ_PROGRAMS);
});

/** Open descriptors of this process and of each worker, where the system shows them. */
function descriptors(pids: number[]): number[] {
  return existsSync('/proc/self/fd') ? [process.pid, ...pids].map((pid) => readdirSync(`/proc/${pid}/fd`).length) : [];
}

/** A program of its own, in which a failed console.assert counts. */
function passesInNode(program: string): boolean {
  const counted = 'console.assert = (value) => { if (!value) process.exitCode = 1; };\n';
  return (
    spawnSync(process.execPath, ['-e', counted + program], { cwd: import.meta.dirname, stdio: 'ignore' }).status === 0
  );
}
