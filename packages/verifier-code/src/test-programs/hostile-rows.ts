// Runs hostile programs of the fixtures, each under every shape of tests that its task has, and an honest one after each.
import { readFileSync } from 'node:fs';
import { hostileTask } from '../datasets/hostile.ts';
import type { CodeJob, CodeTests } from '../jobs/job.ts';
import type { CodeVerifier } from '../verifier.ts';

export interface HostileRow {
  id: string;
  language: CodeJob['language'];
  task: string;
  category: string;
  code: string;
}

export interface HostileOutcome {
  id: string;
  /** Verdicts that passed: must be 0. */
  passed: number;
  /** Status of the honest job. */
  after: string;
}

const LIMITS = { cpuMs: 400, testCpuMs: 400 };
const fixture = (name: string) => readFileSync(new URL(`../datasets/fixtures/${name}`, import.meta.url), 'utf8');

export function hostileRows(name: string): HostileRow[] {
  return fixture(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HostileRow);
}

/** Whoever eats time or memory does so under any tests, and takes seconds. */
export function isSlow({ category }: HostileRow): boolean {
  return category === 'time' || category === 'memory';
}

export function outcomesOf(verifier: CodeVerifier, rows: HostileRow[]): Promise<HostileOutcome[]> {
  const tasks = JSON.parse(fixture('hostile-tasks.json'));
  return Promise.all(
    rows.map(async (row) => {
      const language = row.language === 'python' ? 'python' : 'javascript';
      const asWritten = hostileTask({ ...row, language }, tasks).tests;
      const shapes = isSlow(row) ? [asWritten] : [asWritten, ...otherShapes(tasks[row.task], language)];
      const verdicts = await Promise.all(
        shapes.map((tests) => verifier.verify({ language: row.language, code: row.code, tests, limits: LIMITS })),
      );
      const honest = { ...hostileTask({ ...row, language }, tasks), code: tasks[row.task].honest[language] };
      const comment = language === 'python' ? '#' : '//';
      const after = await verifier.verify({ ...honest, prelude: `${comment} ${row.id}` });
      return { id: row.id, passed: verdicts.filter(({ status }) => status === 'passed').length, after: after.status };
    }),
  );
}

/** The same cases as calls, and for JavaScript as tests that throw. */
function otherShapes({ kind, tests }: { kind: string; tests: [unknown[], unknown][] }, language: string): CodeTests[] {
  if (kind === 'stdio') return [];
  const cases = tests.map(([args, expected]) => ({ args, expected }));
  const thrown = tests.map(
    ([args, expected]) => `if (solve(${args.map((x) => JSON.stringify(x))}) !== ${expected}) throw new Error('wrong');`,
  );
  const calls: CodeTests = { kind: 'calls', entryPoint: 'solve', cases };
  return language === 'python' ? [calls] : [calls, { kind: 'asserts', code: thrown.join('\n') }];
}
