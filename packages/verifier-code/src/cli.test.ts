// The command line as a program: what it prints as JSON, and its exit codes.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(path.join(tmpdir(), 'thinkwright-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (name: string) => fileURLToPath(new URL(`./datasets/fixtures/${name}`, import.meta.url));
const file = (name: string, content: string | object[]) => {
  const place = path.join(folder, name);
  writeFileSync(place, typeof content === 'string' ? content : content.map((row) => JSON.stringify(row)).join('\n'));
  return place;
};
const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));
    const flags = ['--no-warnings', '--conditions=@thinkwright/source'];
    execFile(process.execPath, [...flags, cli, ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });

describe('dataset', () => {
  it('mbpp: counts the references that pass and names the others', async () => {
    const row = (task_id: number, code: string) => ({ task_id, prompt: '', code, test_imports: [], test_list: ['assert twice(3) == 6'] }); // biome-ignore format: a row
    const rows = [row(1, 'def twice(x):\n    return 2 * x'), row(2, 'def twice(x):\n    return x')];
    const { code, stdout } = await run('dataset', 'mbpp', file('mbpp.jsonl', rows), '--json', '--workers', '1');
    expect(JSON.parse(stdout)).toMatchObject({
      total: 2,
      expected: 1,
      verdictsPerSecond: expect.any(Number),
      unexpected: [{ id: '2', status: 'failed', message: 'the assertion is false' }],
      statuses: { passed: 1, failed: 1 },
    });
    expect(code).toBe(1);
  });

  it('mbxp: expects what Node said', async () => {
    const row = (
      id: number,
      canonical_solution: string | null,
      node_verdict: string | null,
      language = 'javascript',
    ) => ({
      task_id: `MBJSP/${id}`,
      language,
      entry_point: 'twice',
      prompt: '/** Doubles. */\nfunction twice(x) {',
      test: 'const compare = (a, b) => a === b; const actual = twice(3); if (!compare(actual, 6)) throw new Error("wrong");',
      canonical_solution,
      node_verdict,
    });
    const rows = [
      row(1, '    return 2 * x;\n}', 'pass'),
      row(2, '    return x;\n}', 'fail'),
      row(3, '    return 2 *', 'syntax'),
      row(4, null, null),
      row(5, '    const y: number = 2 * x; return y;\n}', 'pass', 'typescript'),
    ];
    const { code, stdout } = await run('dataset', 'mbxp', file('mbxp.jsonl', rows), '--json', '--workers', '1');
    expect(JSON.parse(stdout)).toMatchObject({ total: 5, expected: 5, unexpected: [] });
    expect(code).toBe(0);
  });

  it('hostile: takes the tasks from beside the file, expects no pass', async () => {
    const { code, stdout } = await run('dataset', 'hostile', fixture('hostile-code.jsonl'), '--json', '--limit', '3', '--workers', '1'); // biome-ignore format: one call
    expect(JSON.parse(stdout)).toMatchObject({ total: 3, expected: 3, unexpected: [], statuses: { timeout: 3 } });
    expect(code).toBe(0);
  });

  it('names the data sets that it knows, the line that is broken, the field that is missing', async () => {
    const unknown = await run('dataset', 'mbbp', file('x.jsonl', '{}'));
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('there are humaneval, humaneval-x, mbpp'),
    ]);
    const broken = await run('dataset', 'mbpp', file('broken.jsonl', '{"a":1}\n{'));
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('line 2')]);
    const missing = await run('dataset', 'mbpp', file('missing.jsonl', '{"task_id":7,"test_list":["assert f()"]}'));
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('row 7: code must be text')]);
  });
});

it('run: tests as text or as JSON, the language by the name', async () => {
  const solution = file('solution.py', 'def twice(x):\n    return 2 * x\n');
  const passed = await run('run', solution, '--tests', file('tests.py', 'assert twice(3) == 6\n'), '--json');
  expect([passed.code, JSON.parse(passed.stdout).status]).toEqual([0, 'passed']);
  const calls = { kind: 'calls', entryPoint: 'twice', cases: [{ args: [3], expected: 7 }] };
  const failed = await run('run', solution, '--tests', file('tests.json', JSON.stringify(calls)));
  expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining('another value was expected')]);
});

it('jobs: code or completions, verdicts in order, an exit code by threshold', async () => {
  const tests = { kind: 'calls', entryPoint: 'twice', cases: [{ args: [3], expected: 6 }] };
  const jobs = file('jobs.jsonl', [
    { language: 'javascript', code: 'const twice = (x) => 2 * x', tests },
    { language: 'javascript', completion: 'Here:\n```js\nconst twice = (x) => x\n```', tests },
    { language: 'javascript', completion: 'I cannot.', tests },
  ]);
  const output = path.join(folder, 'verdicts.jsonl');
  const { code } = await run('jobs', jobs, '--output', output, '--threshold', '0.5', '--workers', '1');
  const statuses = readFileSync(output, 'utf8').trim().split('\n').map((line) => JSON.parse(line).status); // biome-ignore format: one chain
  expect([code, statuses]).toEqual([1, ['passed', 'failed', 'no-code']]);
});
