// Runs random hostile jobs through a verifier, an honest job after every few, and reports whatever passed, threw, escaped, or
// stayed alive.
import { existsSync } from 'node:fs';
import type { CodeJob } from '../jobs/job.ts';
import { processStart } from '../pool/process-start.ts';
import type { CodeVerifier } from '../verifier.ts';
import { NASTY_FILE, nastyJob } from './nasty-program.ts';

export interface FuzzReport {
  programs: number;
  honest: number;
  statuses: Record<string, number>;
  /** One line for each thing that must not happen. */
  faults: string[];
}

export interface FuzzOptions {
  from: number;
  count: number;
  onProgress?(report: FuzzReport): void;
}

const HONEST_EVERY = 20;
const PROGRESS_EVERY = 500;

/** The verifier must have no cache. It is closed at the end, so that the processes left can be counted. */
export async function fuzzVerifier(
  verifier: CodeVerifier,
  { from, count, onProgress }: FuzzOptions,
): Promise<FuzzReport> {
  const report: FuzzReport = { programs: 0, honest: 0, statuses: {}, faults: [] };
  const processes = new Map<number, string>();
  const jobs: { seed: number; job: CodeJob; honest: boolean }[] = [];
  for (let seed = from; seed < from + count; seed++) {
    jobs.push({ seed, job: nastyJob(seed), honest: false });
    if (seed % HONEST_EVERY === 0) jobs.push({ seed, job: honestJob(seed), honest: true });
  }
  const lanes = Array.from({ length: Math.max(2, 2 * verifier.processIds().length) }, async () => {
    for (let next = jobs.shift(); next !== undefined; next = jobs.shift()) {
      const { seed, job, honest } = next;
      try {
        const verdict = await verifier.verify(job);
        const { status, failure } = verdict;
        if (honest) report.honest++;
        else {
          report.programs++;
          report.statuses[status] = (report.statuses[status] ?? 0) + 1;
        }
        if ((status === 'passed') !== honest) {
          report.faults.push(`seed ${seed}, ${honest ? 'honest' : 'hostile'}: ${status} ${failure?.message ?? ''}`);
        }
      } catch (error) {
        report.faults.push(`seed ${seed}: thrown: ${(error as Error).message}`);
      }
      for (const pid of verifier.processIds()) {
        const start = processStart(pid);
        if (start !== null) processes.set(pid, start);
      }
      if (existsSync(NASTY_FILE)) report.faults.push(`seed ${seed} or a neighbour wrote ${NASTY_FILE}`);
      if (!honest && report.programs % PROGRESS_EVERY === 0) onProgress?.(report);
    }
  });
  await Promise.all(lanes);
  await verifier.close();
  for (const [pid, start] of processes) {
    if (processStart(pid) === start) report.faults.push(`process ${pid} is alive`);
  }
  return report;
}

function honestJob(seed: number): CodeJob {
  const args = [[seed, 1, 2]];
  const [language, code] = [
    ['python', 'import json, collections, re\ndef solve(xs):\n    assert isinstance(len(xs), int)\n    return json.loads(json.dumps(sorted(xs)))'] as const,
    ['javascript', 'const solve = (xs) => JSON.parse(JSON.stringify(new Array(...xs).map(Number).sort((a, b) => a - b)))'] as const,
  ][(seed / HONEST_EVERY) % 2]!; // biome-ignore format: two programs
  const expected = args[0]!.toSorted((a, b) => a - b);
  return { language, code, tests: { kind: 'calls', entryPoint: 'solve', cases: [{ args, expected }] } };
}
