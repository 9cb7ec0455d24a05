// One verifier for all three languages: what jobs come to, and what is refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countAnswers } from './doctor/answers-apart.ts';
import type { CodeJob, CodeTests, Language } from './jobs/job.ts';
import { type CodeVerifier, createCodeVerifier } from './verifier.ts';

let verifier: CodeVerifier;
beforeAll(async () => {
  verifier = await createCodeVerifier({ workers: 1 });
});
afterAll(() => verifier?.close());

const sum: CodeTests = {
  kind: 'calls',
  entryPoint: 'solve',
  cases: [
    { args: [[1, 2]], expected: 3 },
    { args: [[5]], expected: 5 },
    { args: [[]], expected: 0 },
  ],
};
const verify = (language: Language, code: string | null, tests: CodeTests = sum, more: Partial<CodeJob> = {}) =>
  verifier.verify({ language, code, tests, ...more });

describe('calls', () => {
  it.each([
    ['python', 'def solve(xs):\n    return sum(xs)'],
    ['python', 'async def solve(xs):\n    import asyncio\n    await asyncio.sleep(1)\n    return sum(xs)'],
    ['javascript', 'const solve = (xs) => xs.reduce((a, b) => a + b, 0)'],
    ['javascript', 'export async function solve(xs) { await 0; let s = 0; for (const x of xs) s += x; return s }'],
    ['javascript', 'module.exports = { solve: (xs) => xs.reduce((a, b) => a + b, 0) }'],
    [
      'javascript',
      'const solve = (xs) => new Promise((done) => setTimeout(() => done(xs.reduce((a, b) => a + b, 0)), 9e6))',
    ],
    ['typescript', 'function solve(xs: number[]): number { return xs.reduce((a, b) => a + b, 0) }'],
    ['typescript', 'enum Start { Zero }\nclass Sum { constructor(public of = Start.Zero) {} }\nconst solve = (xs: number[]) => xs.reduce((a, b) => a + b, new Sum().of as number)'], // biome-ignore format: one program
  ] as [Language, string][])('%s passes: %s', async (language, code) => {
    expect(await verify(language, code)).toMatchObject({
      status: 'passed',
      passed: 3,
      total: 3,
      failure: null,
      integrity: 'separated',
      attempts: 1,
    });
  });

  it('reports the first failure and the fraction', async () => {
    const verdict = await verify('python', 'def solve(xs):\n    return xs[0] if xs else 0');
    expect(verdict).toMatchObject({ status: 'failed', passed: 2, total: 3 });
    expect(verdict.failure).toMatchObject({ index: 0, input: '[[1,2]]', got: '1', expected: '3' });
  });

  it('calls methods of a Solution, made anew for each call', async () => {
    const code =
      'class Solution:\n    seen = 0\n    def solve(self, xs):\n        self.seen += 1\n        return sum(xs) * self.seen';
    expect((await verify('python', code, { ...sum, entryPoint: 'Solution.solve' })).status).toBe('passed');
    const script = 'class Solution { solve(xs) { return xs.reduce((a, b) => a + b, 0) } }';
    expect((await verify('javascript', script, { ...sum, entryPoint: 'Solution.solve' })).status).toBe('passed');
  });

  it.each([
    ['python', 'def solve(xs:', 'syntax'],
    ['javascript', 'const solve = (', 'syntax'],
    ['typescript', 'const solve: number string = 1', 'syntax'],
    ['python', 'raise ValueError("no")', 'failed'],
    ['python', 'def other(): pass', 'failed'],
    ['javascript', 'throw new Error("no")', 'failed'],
    ['python', 'import os\nos._exit(0)', 'crash'],
    ['python', 'import _pyodide_core\n_pyodide_core.create_proxy(object())', 'denied'],
    ['python', 'def solve(xs):\n    while True: pass', 'timeout'],
    ['javascript', 'function solve(xs) { for (;;); }', 'timeout'],
    ['python', 'x = []\nwhile True: x.append(bytearray(10**7))', 'memory'],
    ['javascript', 'const a = []; for (;;) a.push(new Array(1e5).fill(1))', 'memory'],
  ] as [Language, string, string][])('%s: %s is %s', async (language, code, status) => {
    // Filling the memory takes its time on a busy machine.
    const limits = status === 'memory' ? { cpuMs: 20_000 } : { cpuMs: 700, testCpuMs: 500 };
    expect((await verify(language, code, sum, { limits })).status).toBe(status);
    expect((await verify('python', 'def solve(xs): return sum(xs)')).status).toBe('passed');
  });

  it('stops a job of many short calls', async () => {
    const code = 'const solve = () => new Promise((r) => { const again = () => setTimeout(again, 1); again(); })';
    expect((await verify('javascript', code, sum, { limits: { cpuMs: 300 } })).failure?.message).toBe('time limit');
  });

  it('runs a prelude before a solution that begins with a future import', async () => {
    const code = 'from __future__ import annotations\ndef solve(xs: List[Unknown]):\n    return reduce(add, xs, 0)';
    const prelude = 'from functools import *\nfrom operator import *\nfrom typing import *';
    expect((await verify('python', code, sum, { prelude })).status).toBe('passed');
  });

  it('is the same every time, chance and clock included', async () => {
    const code =
      'import random, time, os\ndef solve(xs):\n    print(random.random(), time.time(), os.urandom(4))\n    return sum(xs)';
    const [a, b] = await Promise.all([1, 2].map((n) => verify('python', code, sum, { prelude: '#'.repeat(n) })));
    expect(a!.output).toBe(b!.output);
    expect(a!.output).not.toBe('');
    const other = await verify('python', code, sum, { seed: 7 });
    expect(other.output).not.toBe('');
  });
});

describe('asserts', () => {
  const tests: CodeTests = {
    kind: 'asserts',
    setup: 'def helper(x):\n    return x + 1\n',
    code: 'assert double(2) == helper(3)\nassert double(3) == 7\nxs = [2, 1]\nassert order(xs) is None\nassert xs == [1, 2]\n',
  };

  it('counts each assertion, carries changes of arguments back', async () => {
    const code = 'def double(x):\n    return 2 * x\ndef order(xs):\n    xs.sort()\n';
    const verdict = await verify('python', code, tests);
    expect(verdict).toMatchObject({ status: 'failed', passed: 3, total: 4, failure: { index: 1, line: 2 } });
  });

  it('does not let a solution replace what the tests use', async () => {
    const code = 'def helper(x):\n    return 0\ndef double(x):\n    return 0\ndef order(xs):\n    xs.sort()\n';
    expect((await verify('python', code, tests)).passed).toBe(2);
    const script = 'console.assert = () => {}; globalThis.helper = () => 0; const double = () => 0';
    const code2 = 'console.assert(double(2) === helper(3))';
    const setup = 'const helper = (x) => x + 1';
    expect((await verify('javascript', script, { kind: 'asserts', setup, code: code2 })).status).toBe('failed');
  });

  it('lets a solution name none but the functions it was asked for', async () => {
    const script = `const solve = () => "wrong"; globalThis.Number = () => 6;
      const native = Array.prototype[Symbol.iterator];
      let asked = false;
      Array.prototype[Symbol.iterator] = function () {
        return this.includes?.("solve") && !asked && (asked = true) ? ["solve", "Number", "console", "JSON"].values() : native.call(this);
      };`;
    const code = 'console.assert(Number(solve(3)) === 6)';
    expect((await verify('javascript', script, { kind: 'asserts', code })).status).toBe('failed');
  });

  const stack = 's = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2\nassert s.pop() == 1\nassert s.items == []\n';
  const jsStack =
    'const s = new Stack(); s.push(1); s.push(2); console.assert(s.pop() === 2); console.assert(s.pop() === 1);';
  const closure = 'const next = counter(); next(); if (next() !== 2) throw new Error("wrong")';
  it.each([
    ['python', 'class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, x):\n        self.items.append(x)\n    def pop(self):\n        return self.items.pop()', '.pop()', '.pop(0)', stack],
    ['javascript', 'class Stack { items = []; push(x) { this.items.push(x) } pop() { return this.items.pop() } }', '.pop()', '.shift()', jsStack],
    ['javascript', 'const counter = () => { let n = 0; return () => ++n }', '++n', 'n', closure],
  ] as [Language, string, string, string, string][])('gives tests live objects when they ask for it, and says so: %s %#', async (language, code, from, to, text) => {
    const tests: CodeTests = { kind: 'asserts', code: text, shared: true };
    expect(await verify(language, code, tests)).toMatchObject({ status: 'passed', integrity: 'shared' });
    expect((await verify(language, code.replace(from, to), tests)).status).toBe('failed');
    expect(await verify(language, code, { ...tests, shared: false })).toMatchObject({ status: 'failed', integrity: 'separated' });
  }); // biome-ignore format: programs

  it('blames the tests for what they import and nobody has', async () => {
    const tests: CodeTests = { kind: 'asserts', code: 'import pandas as pd\nassert pd.Series(f(1)).sum() == 1\n' };
    await expect(verify('python', 'def f(x): return [x]', tests)).rejects.toMatchObject({
      code: 'TW_VERIFIER_CODE_BROKEN_TESTS',
    });
  });

  it('keeps the expected values out of the memory of the solution', async () => {
    const [solution, checker] = await countAnswers();
    expect(solution).toBe(0);
    expect(checker).toBeGreaterThan(0);
  });

  it.each([
    ['python', 'import os\ndef f(x):\n    if x > 1: os._exit(0)\n    return x', 'for x in range(9):\n    assert f(x) == x'],
    ['python', 'def f(x):\n    if x > 1: raise ValueError\n    return x', 'for x in range(9):\n    y = f(x)\n    assert y == x'],
    ['javascript', 'const f = (x) => { if (x > 1) throw new Error("no"); return x }', 'for (let x = 0; x < 9; x++) console.assert(f(x) === x)'],
  ] as [Language, string, string][])('pays nothing for assertions before an end that the solution brought about: %s %#', async (language, code, text) => {
    const verdict = await verify(language, code, { kind: 'asserts', code: text });
    expect(verdict.status).not.toBe('passed');
    expect(verdict.passed).toBe(0);
    expect(verdict.total).toBeGreaterThan(2);
  }); // biome-ignore format: programs

  it('fails a solution under which no assertion is reached', async () => {
    const code = 'for item in items():\n    assert item\n';
    expect(await verify('python', 'def items(): return []', { kind: 'asserts', code })).toMatchObject({
      status: 'failed',
      passed: 0,
    });
  });
});

describe('a solution that has taken over its own harness', () => {
  const forged = (answer: string) =>
    `import os, sys\nharness = sys.modules['thinkwright_solution']\ncalls = 0\ndef forge():\n    global calls\n    calls += 1\n    os.write(3, b'{"ok":1}' if calls == 1 else ${answer})\nharness.serve = forge\ndef f(x): return x\n`;
  const answers = ['b\'{"dead":true}\'', 'b\'{"error":5}\'', 'b\'{"error":["StopIteration",""]}\'', 'b\'{"ok":{"i":"zz"}}\'', 'b\'{"syntax":5}\'', 'b\'{"ok":{"q":5}}\'', 'b\'{"ok":\' + b"[" * 100000 + b"]" * 100000 + b"}"', 'b"["', 'b\'\'']; // biome-ignore format: a list
  it.each(answers)('neither passes nor breaks anything with %s', async (answer) => {
    const code = 'for value in map(f, [1, 2]):\n    assert value in (1, 2)\n';
    expect((await verify('python', forged(answer), { kind: 'asserts', code })).status).not.toBe('passed');
    const cases = [1, 2].map((x) => ({ args: [x], expected: x }));
    const calls = await verify('python', forged(answer), { kind: 'calls', entryPoint: 'f', cases });
    expect(calls).toMatchObject({ status: 'failed', passed: 1 });
  });
});

describe('asynchronous tests', () => {
  const code =
    'const check = async () => {\n  console.assert((await f(1)).x === 1);\n  console.assert((await f(2)).x === 2);\n};\ncheck();';
  it.each([
    ['passed', 'const f = async (x) => ({ x })'],
    ['failed', 'const f = async (x) => { if (x === 2) throw new Error("no"); return { x } }'],
    ['failed', 'const f = (x) => { if (x === 2) throw new Error("no"); return { x } }'],
    ['failed', 'const f = (x) => (x === 2 ? undefined : { x })'],
    ['failed', 'const f = (x) => (x === 2 ? new Promise(() => {}) : Promise.resolve({ x }))'],
  ])('%s: %s', async (status, solution) => {
    expect((await verify('javascript', solution, { kind: 'asserts', code })).status).toBe(status);
  });
});

describe('stdio', () => {
  const tests: CodeTests = { kind: 'stdio', cases: [{ input: '1 2\n3\n', output: '6\n' }, { input: '4', output: '4' }] }; // biome-ignore format: pairs

  it.each([
    ['python', 'import sys\nprint(sum(map(int, sys.stdin.read().split())))'],
    [
      'python',
      'total = 0\ntry:\n    while True:\n        total += sum(map(int, input().split()))\nexcept EOFError:\n    print(total)\n    exit()',
    ],
    [
      'javascript',
      'const t = require("fs").readFileSync(0, "utf8").split(/\\s+/); console.log(t.reduce((a, b) => a + +b, 0))',
    ],
    [
      'javascript',
      'let s = ""; process.stdin.on("data", (d) => { s += d }).on("end", () => console.log(eval(s.trim().split(/\\s+/).join("+"))))',
    ],
    [
      'typescript',
      'let sum: number = 0; require("readline").createInterface({ input: process.stdin }).on("line", (l: string) => { for (const x of l.split(" ")) sum += Number(x) }).on("close", () => console.log(sum))',
    ],
  ] as [Language, string][])('%s reads and prints: %s', async (language, code) => {
    expect(await verify(language, code, tests)).toMatchObject({ status: 'passed', passed: 2 });
  });

  it('fails a correct beginning of the output', async () => {
    const long: CodeTests = { kind: 'stdio', cases: [{ input: '', output: '1\n2\n' }] };
    expect((await verify('python', 'print(1)', long)).status).toBe('failed');
    expect((await verify('python', 'pass', long)).status).toBe('failed');
  });

  it.each(['python', 'javascript'] as const)('asks a trusted checker in %s', async (language) => {
    const code = {
      python: 'def check(input, output, expected):\n    return sorted(output.split()) == sorted(expected.split())',
      javascript:
        'const check = (input, output, expected) => output.trim().split(" ").sort().join() === expected.split(" ").sort().join()',
    }[language];
    const checked: CodeTests = { kind: 'stdio', cases: [{ input: '', output: '1 2' }], checker: { language, code } };
    expect((await verify('python', 'print("2 1")', checked)).status).toBe('passed');
    expect((await verify('python', 'print("2 2")', checked)).status).toBe('failed');
  });
});

describe('bad jobs', () => {
  it.each([
    ['TW_VERIFIER_CODE_NO_TESTS', undefined],
    ['TW_VERIFIER_CODE_NO_TESTS', { kind: 'calls', entryPoint: 'solve', cases: [] }],
    ['TW_VERIFIER_CODE_NO_TESTS', { kind: 'asserts', code: ' ' }],
    ['TW_VERIFIER_CODE_EMPTY_TESTS', { kind: 'asserts', code: 'print(solve(1))' }],
    ['TW_VERIFIER_CODE_BROKEN_TESTS', { kind: 'asserts', code: 'assert (' }],
    ['TW_VERIFIER_CODE_VALUE', { kind: 'calls', entryPoint: 'solve', cases: [{ args: [new Date()], expected: 1 }] }],
    ['TW_VERIFIER_CODE_JOB', { kind: 'calls', entryPoint: 'os.system("x")', cases: [{ args: [], expected: 1 }] }],
    ['TW_VERIFIER_CODE_JOB', { kind: 'other' }],
  ])('%s: %j', async (code, tests) => {
    const job = { language: 'python' as const, code: 'def solve(x): return x', tests: tests as CodeTests };
    await expect(verifier.verify(job)).rejects.toMatchObject({ code });
  });

  it('refuses unknown languages and limits, not long sources', async () => {
    await expect(verify('ruby' as Language, 'x')).rejects.toMatchObject({ code: 'TW_VERIFIER_CODE_LANGUAGE' });
    await expect(verify('python', 'x', sum, { limits: { cpuMs: -1 } })).rejects.toMatchObject({
      code: 'TW_VERIFIER_CODE_JOB',
    });
    expect((await verify('python', '#'.repeat(2 << 20))).status).toBe('failed');
    expect((await verify('python', null)).status).toBe('no-code');
  });
});
