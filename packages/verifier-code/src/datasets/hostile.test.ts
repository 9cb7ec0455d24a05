// Every hostile program scores 0 however its task is tested, the host is unharmed, and the next honest job in the same place
// passes.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CodeJob, CodeTests } from '../jobs/job.ts';
import { type CodeVerifier, createCodeVerifier } from '../verifier.ts';
import { hostileTask } from './hostile.ts';

interface HostileRow {
  id: string;
  language: CodeJob['language'];
  task: string;
  code: string;
}

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
const tasks = JSON.parse(fixture('hostile-tasks.json'));
const rowsOf = (name: string) =>
  fixture(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HostileRow);
const LIMITS = { cpuMs: 400, testCpuMs: 400 };

let verifier: CodeVerifier;
beforeAll(async () => {
  verifier = await createCodeVerifier({ workers: 2 });
});
afterAll(() => verifier?.close());

it('scores 0 for the public programs', () => scoresNothing(rowsOf('hostile-code.jsonl')));

it('scores 0 for programs of our own', () => scoresNothing(rowsOf('hostile-own.jsonl')));

it('leaves nothing behind', async () => {
  expect(existsSync('/tmp/pwned-by-js')).toBe(false);
  const pids = verifier.processIds();
  await verifier.close();
  expect(pids.filter(isAlive)).toEqual([]);
});

async function scoresNothing(rows: HostileRow[]): Promise<void> {
  const results = await Promise.all(
    rows.map(async (row) => {
      const language = row.language === 'python' ? 'python' : 'javascript';
      const asWritten = hostileTask({ ...row, language }, tasks).tests;
      const verdicts = await Promise.all(
        [asWritten, ...otherTests(row, language)].map((tests) =>
          verifier.verify({ language: row.language, code: row.code, tests, limits: LIMITS }),
        ),
      );
      const honest = { ...hostileTask({ ...row, language }, tasks), code: tasks[row.task].honest[language] };
      const comment = language === 'python' ? '#' : '//';
      const after = await verifier.verify({ ...honest, prelude: `${comment} ${row.id}` });
      return { id: row.id, passed: verdicts.filter(({ status }) => status === 'passed').length, after: after.status };
    }),
  );
  expect(results).toEqual(rows.map(({ id }) => ({ id, passed: 0, after: 'passed' })));
}

/** The same cases as calls, and for JavaScript as tests that throw. */
function otherTests({ task }: HostileRow, language: string): CodeTests[] {
  const { kind, tests } = tasks[task] as { kind: string; tests: [unknown[], unknown][] };
  if (kind === 'stdio') return [];
  const cases = tests.map(([args, expected]) => ({ args, expected }));
  const thrown = tests.map(
    ([args, expected]) => `if (solve(${args.map((x) => JSON.stringify(x))}) !== ${expected}) throw new Error('wrong');`,
  );
  const calls: CodeTests = { kind: 'calls', entryPoint: 'solve', cases };
  return language === 'python' ? [calls] : [calls, { kind: 'asserts', code: thrown.join('\n') }];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
