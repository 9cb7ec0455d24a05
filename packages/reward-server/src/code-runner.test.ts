// SandboxFusion's /run_code on the real sandboxes of verifier-code.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRewardApp, type RewardApp } from './app.ts';
import { type CodeRunner, createCodeRunner } from './code-runner.ts';

let runner: CodeRunner;
let app: RewardApp;
beforeAll(async () => {
  runner = await createCodeRunner({ workers: 1 });
  app = createRewardApp({ verifiers: { none: (batch) => batch.map(() => ({ skip: 'unused' })) }, runCode: runner.run });
});
afterAll(() => runner.close());

const run = async (language: string, code: string, more: Record<string, unknown> = {}) => {
  const body = JSON.stringify({ compile_timeout: 10, run_timeout: 5, memory_limit_MB: 1024, files: {}, fetch_files: [], language, code, ...more }); // biome-ignore format: one line
  const response = await app.fetch(new Request('http://server/run_code', { method: 'POST', body }));
  return { http: response.status, ...(await response.json()) };
};
const finished = (stdout: string, return_code = 0) => ({
  http: 200,
  status: return_code === 0 ? 'Success' : 'Failed',
  compile_result: null,
  run_result: { status: 'Finished', return_code, stdout },
});

describe('createCodeRunner', () => {
  it.each([
    ['python', 'print(sum(int(x) for x in input().split()))'],
    [
      'nodejs',
      "console.log(require('fs').readFileSync(0, 'utf8').trim().split(' ').reduce((s, x) => s + Number(x), 0))",
    ],
    [
      'typescript',
      "const read = (): string => require('fs').readFileSync(0, 'utf8');\nconsole.log(read().trim().split(' ').reduce((s: number, x) => s + Number(x), 0))",
    ],
  ])('runs %s on standard input', async (language, code) => {
    expect(await run(language, code, { stdin: '19 23\n' })).toMatchObject(finished('42\n'));
  });

  it('a program that fails is a result, with what it printed and why it ended', async () => {
    const raised = await run('python', 'print("before")\nraise ValueError("no")');
    expect(raised).toMatchObject(finished('before\n', 1));
    expect(raised.run_result.stderr).toMatch(/ValueError: no/);
    const syntax = await run('python', 'def');
    expect(syntax).toMatchObject(finished('', 1));
    expect(syntax.run_result.stderr).toMatch(/SyntaxError|invalid syntax/);
    expect(await run('python', 'import sys\nprint("x")\nsys.exit(3)')).toMatchObject({ status: 'Failed' });
    expect(await run('python', 'import sys\nprint("x")\nsys.exit(0)')).toMatchObject(finished('x\n'));
    expect(await run('nodejs', 'console.log(1); throw new Error("no")')).toMatchObject(finished('1\n', 1));
  });

  it('an endless program is out of time, an endless print has failed', async () => {
    expect(await run('python', 'print("a")\nwhile True: pass', { run_timeout: 1 })).toMatchObject({
      http: 200,
      status: 'Failed',
      run_result: { status: 'TimeLimitExceeded', return_code: null, execution_time: 1 },
    });
    expect(await run('nodejs', 'for (;;) console.log("a".repeat(1000))', { run_timeout: 1 })).toMatchObject({
      status: 'Failed',
    });
  });

  it('other languages and files are refused by name', async () => {
    expect(await run('cpp', 'int main() {}')).toMatchObject({
      http: 422,
      error: { message: expect.stringMatching(/"cpp" cannot be run here\. Known: python, nodejs/) },
    });
    expect(await run('constructor', '')).toMatchObject({ http: 422 });
    expect(await run('python', '', { files: { 'a.txt': 'aGk=' } })).toMatchObject({ http: 422 });
  });
});
