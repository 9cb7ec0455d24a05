// Rows in the layouts in which the public sets are published, each with a right and a wrong program.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeVerifier, createCodeVerifier } from '../verifier.ts';
import { type CodeDataSet, codeTaskOf } from './code-task-of.ts';
import { DATA_SETS } from './data-sets.ts';
import type { DataRow } from './row-fields.ts';

let verifier: CodeVerifier;
beforeAll(async () => {
  verifier = await createCodeVerifier({ workers: 1 });
});
afterAll(() => verifier?.close());

const verdictOf = (set: CodeDataSet, row: DataRow, code: string) => verifier.verify({ ...codeTaskOf(set, row), code });
const verify = async (set: CodeDataSet, row: DataRow, code: string) => (await verdictOf(set, row, code)).status;

describe('MBPP', () => {
  const full = {
    text: 'Write a function to find the shared elements from the given two lists.',
    code: 'def similar_elements(test_tup1, test_tup2):\r\n  res = tuple(set(test_tup1) & set(test_tup2))\r\n  return (res) ',
    task_id: 2,
    test_setup_code: '',
    test_list: [
      'assert similar_elements((3, 4, 5, 6),(5, 7, 4, 10)) == (4, 5)',
      'assert similar_elements((1, 2, 3, 4),(5, 4, 3, 7)) == (3, 4)',
    ],
    challenge_test_list: [],
  };
  const sanitized = (task_id: number, code: string, test_list: string[], test_imports: string[] = []) => ({
    source_file: 'Benchmark Questions Verification V2.ipynb',
    task_id,
    prompt: 'Write a python function.',
    code,
    test_imports,
    test_list,
  });

  it.each([
    ['the full set', full],
    [
      'a function called like a builtin',
      sanitized(126, 'def sum(a,b):\n    s = 0\n    for i in range(1, min(a, b) + 1):\n        if a % i == b % i == 0: s += i\n    return s', ['assert sum(10,15) == 6', 'assert sum(100,150) == 93']),
    ],
    [
      'tests that use a module which only the solution imports',
      sanitized(596, 'import sys \ndef tuple_size(tuple_list):\n  return (sys.getsizeof(tuple_list)) ', ['assert tuple_size(("A", 1, "B", 2, "C", 3) ) == sys.getsizeof(("A", 1, "B", 2, "C", 3))']),
    ],
    [
      'match objects as truth',
      sanitized(737, "import re \nregex = '^[aeiouAEIOU][A-Za-z0-9_]*'\ndef check_str(string): \n\treturn re.search(regex, string)", ['assert check_str("annie")', 'assert not check_str("dawood")']),
    ],
    [
      'imports of the tests, floats by isclose',
      sanitized(98, 'def multiply_num(numbers):  \n    total = 1\n    for x in numbers:\n        total *= x  \n    return total/len(numbers) ', ['assert math.isclose(multiply_num((8, 2, 3, -1, 7)), -67.2, rel_tol=0.001)'], ['import math']),
    ],
    [
      'lists changed in place, sets, dictionaries, a second function',
      sanitized(4, 'import heapq as hq\ndef heap_queue_largest(nums,n):\n  return hq.nlargest(n, nums)\ndef freq(s):\n  return {c: s.count(c) for c in s}', ['assert heap_queue_largest( [25, 35, 22, 85, 14, 65, 75, 22, 58],3)==[85, 75, 65]', 'assert freq("aab") == {"b": 1, "a": 2}']),
    ],
  ] as [string, DataRow][])('passes the reference, fails another: %s', async (_, row) => {
    const code = DATA_SETS.mbpp.program(row)!;
    expect(await verify('mbpp', row, code)).toBe('passed');
    const name = /def (\w+)/.exec(code)![1];
    expect(await verify('mbpp', row, `import sys\ndef ${name}(*args): return "wrong"\n`)).not.toBe('passed');
  }); // biome-ignore format: rows as they are published

  it('runs tests that build instances of a class of the solution beside it, and says so', async () => {
    const code = 'class Pair(object): \n\tdef __init__(self, a, b): \n\t\tself.a = a \n\t\tself.b = b \ndef longest(arr): \n\treturn max(p.b - p.a for p in arr)'; // biome-ignore format: as published
    const row = sanitized(601, code, ['assert longest([Pair(5, 24), Pair(15, 25)]) == 19']);
    expect(await verdictOf('mbpp', row, code)).toMatchObject({ status: 'passed', integrity: 'shared' });
    expect(await verify('mbpp', row, code.replace('max', 'min'))).toBe('failed');
  });

  const plus = {
    task_id: 2,
    code: full.code,
    prompt: full.text,
    test_imports: [],
    test_list: full.test_list,
    test: 'import numpy as np\nfrom math import inf\n\ndef is_floats(x) -> bool:\n    if isinstance(x, float):\n        return True\n    if isinstance(x, (list, tuple)):\n        return all(isinstance(i, float) for i in x)\n    if isinstance(x, np.ndarray):\n        return x.dtype == np.float64 or x.dtype == np.float32\n    return False\n\n\ndef assertion(out, exp, atol):\n    if atol == 0 and is_floats(exp):\n        atol = 1e-6\n    if out != exp and atol != 0:\n        assert np.allclose(out, exp, rtol=1e-07, atol=atol)\n    else:\n        assert out == exp, f"out: {out}, exp: {exp}"\n\n\ninputs = [[[0.5, 2.5]], [[1, 3]]]\nresults = [[0.25, 1.25], [0.5, 1.5]]\nfor i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(halves(*inp), exp, 0)\n',
  };
  it('MBPP+ compares floats as numpy does', async () => {
    const row = { ...plus, code: 'def halves(xs):\n    return [x / 2 for x in xs]\n' };
    expect(await verdictOf('mbpp', row, row.code)).toMatchObject({ status: 'passed', total: 2 });
    expect(await verify('mbpp', row, 'def halves(xs):\n    return [x / 2 + 1e-9 for x in xs]\n')).toBe('passed');
    expect(await verify('mbpp', row, 'def halves(xs):\n    return [x / 2 + 1e-3 for x in xs]\n')).toBe('failed');
    expect(await verify('mbpp', row, 'def halves(xs):\n    return []\n')).toBe('failed');
  });
});

it('HumanEval+ compares floats as numpy does', async () => {
  const row = {
    task_id: 'HumanEval/4',
    prompt:
      'from typing import List\n\n\ndef mean_absolute_deviation(numbers: List[float]) -> float:\n    """ Mean absolute deviation. """\n',
    entry_point: 'mean_absolute_deviation',
    canonical_solution:
      '    mean = sum(numbers) / len(numbers)\n    return sum(abs(x - mean) for x in numbers) / len(numbers)\n',
    test: 'import numpy as np\n\ndef assertion(out, exp, atol):\n    exact_match = out == exp\n    if atol == 0 and isinstance(exp, float):\n        atol = 1e-6\n    if not exact_match and atol != 0:\n        np.testing.assert_allclose(out, exp, rtol=1e-07, atol=atol)\n    else:\n        assert exact_match\n\n\ndef check(candidate):\n    inputs = [[[1.0, 2.0]], [[1.0, 2.0, 3.0, 4.0]]]\n    results = [0.5, 1.0]\n    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0)\n',
  };
  const code = DATA_SETS.humaneval.program(row)!;
  expect(await verify('humaneval', row, code)).toBe('passed');
  expect(
    await verify('humaneval', row, code.replace('/ len(numbers)\n    return', '/ len(numbers) + 1\n    return')),
  ).toBe('failed');
});

describe('MBXP', () => {
  const compare =
    'const compare = (object1, object2) => {\n  if (typeof(object1) === "object" && typeof(object2) === "object") {\n    return lodash.isEqual(object1, object2)\n  }\n  return object1 === object2\n}\n';
  const script = {
    task_id: 'MBJSP/2',
    language: 'javascript',
    entry_point: 'similarElements',
    prompt:
      '/**\n * Write a function to find the similar elements from the given two tuple lists.\n * > similarElements([3, 4, 5, 6], [5, 7, 4, 10])\n * [4, 5]\n */\nfunction similarElements(testTup1, testTup2) {\n',
    test: `\n\nconst lodash = require('lodash')\n${compare}\nactual_1 = similarElements([3, 4, 5, 6],[5, 7, 4, 10])\nexpected_1 = [4, 5]\nassert(compare(actual_1, expected_1), \`exception --- test case 0 failed to pass\`)\n\nactual_2 = similarElements([1, 2, 3, 4],[5, 4, 3, 7])\nexpected_2 = [3, 4]\nassert(compare(actual_2, expected_2), \`exception --- test case 1 failed to pass\`)\n`.replace(
      'const lodash',
      "const assert = require('node:assert').strict;\nconst lodash",
    ),
    canonical_solution: '    return testTup1.filter(x => testTup2.includes(x)).sort((a, b) => a - b);\n}',
    node_verdict: 'pass',
  };
  const thrown = {
    ...script,
    test: `\nconst lodash = require('lodash')\n${compare}\nconst actual_1 = similarElements([3, 4, 5, 6],[5, 7, 4, 10])\nconst expected_1 = [4, 5]\nif (!compare(actual_1, expected_1)) {\n  throw 'Exception -- test case 0 did not pass. actual_1 = ' + actual_1\n}\n`,
  };
  const typed = {
    ...script,
    task_id: 'MBTSP/2',
    language: 'typescript',
    prompt:
      '/**\n * Write a function.\n */\nfunction similarElements(testTup1: number[], testTup2: number[]): number[] {\n',
    test: `\n\ndeclare var require: any;\nconst assert = require('node:assert');\n\nfunction compare(object1: any, object2: any) {\n    return JSON.stringify(object1) == JSON.stringify(object2)\n}\nlet actual_1 = similarElements([3, 4, 5, 6],[5, 7, 4, 10])\nlet expected_1 = [4, 5]\nassert.deepEqual(actual_1, expected_1, "exception --- test case 0 failed to pass");\nif (!compare(actual_1, expected_1)) throw new Error('x')\n`,
    canonical_solution:
      '    return testTup1.filter((x: number) => testTup2.includes(x)).sort((a: number, b: number) => a - b);\n}',
  };
  const imported = {
    ...typed,
    test: `\nimport * as lodash from 'lodash';\n${compare.replace('(object1, object2)', '(object1: any, object2: any)')}\nlet actual_1 = similarElements([3, 4, 5, 6],[5, 7, 4, 10]);\nlet expected_1 = [4, 5];\nif (!compare(actual_1, expected_1)) {\n  throw new Error('Exception -- test case 0 did not pass.')\n}\n`,
  };
  it.each([
    [imported, 'pass', typed.canonical_solution, 'passed'],
    [imported, 'fail', '    return testTup1;\n}', 'failed'],
    [script, 'pass', '    return testTup1.filter(x => testTup2.includes(x)).sort((a, b) => a - b);\n}', 'passed'],
    [script, 'fail', '    return testTup1;\n}', 'failed'],
    [script, 'fail', '    return undefinedHelper(testTup1);\n}', 'failed'],
    [script, 'syntax', '    return testTup1.filter(x => ', 'syntax'],
    [script, null, null, 'no-code'],
    [script, null, '', 'no-code'],
    [script, 'fail', '    for (;;);\n}', 'timeout'],
    [thrown, 'pass', '    return testTup1.filter(x => testTup2.includes(x));\n}', 'passed'],
    [thrown, 'fail', '    return [];\n}', 'failed'],
    [typed, 'pass', typed.canonical_solution, 'passed'],
    [typed, 'fail', '    return testTup2;\n}', 'failed'],
    [typed, 'syntax', '    return testTup1.filter((x: ', 'syntax'],
  ] as const)('%# agrees with Node: %s', async (base, node_verdict, canonical_solution, status) => {
    const row = { ...base, node_verdict, canonical_solution };
    const verdict = await verifier.verify({ ...DATA_SETS.mbxp.task(row, {}), code: DATA_SETS.mbxp.program(row), limits: { cpuMs: 1_500 } });
    expect([verdict.status, verdict.failure?.message]).toEqual([status, verdict.failure?.message]);
    expect(DATA_SETS.mbxp.isExpected(verdict, row)).toBe(true);
  }); // biome-ignore format: rows as they are published
});

describe('APPS', () => {
  it('runs whole programs, with input and output as text or as lines', async () => {
    const row = {
      problem_id: 4,
      question: 'Add the numbers of each line.',
      solutions: '["..."]',
      input_output: JSON.stringify({ inputs: ['2\n1 2\n3 4\n', ['1', '5 6']], outputs: ['3\n7\n', ['11']] }),
      difficulty: 'introductory',
      starter_code: '',
    };
    const code = 'n = int(input())\nfor _ in range(n):\n    print(sum(map(int, input().split())))\n';
    expect(await verdictOf('apps', row, code)).toMatchObject({ status: 'passed', total: 2 });
    expect(await verify('apps', row, 'print(3)\nprint(7)')).toBe('failed');
  });

  it('calls functions and methods, results wrapped in a list or not, integers exactly', async () => {
    const large =
      '{"fn_name": "add", "inputs": [[1, 2], [1000000000000000003, 4]], "outputs": [[3], [1000000000000000007]]}';
    const row = { problem_id: 2500, input_output: large, starter_code: '\ndef add(a, b):\n\t' };
    expect(await verify('apps', row, 'def add(a, b): return a + b')).toBe('passed');
    expect(await verify('apps', row, 'def add(a, b): return a + b + (a > 9)')).toBe('failed');
    const method = { ...row, starter_code: 'class Solution:\n    def add(self, a: int, b: int) -> int:\n        ' };
    expect(
      await verify('apps', method, 'class Solution:\n    def add(self, a: int, b: int) -> int:\n        return a + b'),
    ).toBe('passed');
  });

  it('names what is missing', () => {
    expect(() => codeTaskOf('apps', { problem_id: 1, input_output: '' })).toThrow(/row 1: input_output/);
  });
});

describe('LiveCodeBench', () => {
  const base = { question_title: 'a', platform: 'leetcode', contest_id: 'weekly-contest-1', difficulty: 'easy' };
  it('calls the method on one JSON argument a line; private cases are compressed pickles', async () => {
    const row = {
      ...base,
      question_id: '2730',
      starter_code: 'class Solution:\n    def total(self, nums: List[int], k: int) -> int:\n        ',
      public_test_cases: '[{"input": "[1, 2]\\n3", "output": "6", "testtype": "functional"}]',
      private_test_cases:
        'eJxrYJm6igECepZFVytl5hWUlihZKShFm+goGOkoWMbG5Bkr6Sgo5ZeWQGUMTUH8ktTikpLKglSQSFppXnJJZn5eYo5SrY4CsiFA3YYG6ADdPOwKcFkQO0UPAJ1TMlA=',
      metadata: '{"func_name": "total"}',
    };
    const right = 'class Solution:\n    def total(self, nums: List[int], k: int) -> int:\n        return sum(nums) + k';
    // The second private case is wrong by its author's intent only for programs that round: 10**18 + 3.
    const verdict = await verdictOf(
      'livecodebench',
      row,
      right.replace('sum(nums) + k', 'sum(nums) + (k if k < 9 else int(k))'),
    );
    expect(verdict).toMatchObject({ status: 'failed', passed: 2, total: 3 });
    expect(
      await verify(
        'livecodebench',
        row,
        `from __future__ import annotations\n${right.replace('sum(nums) + k', 'reduce(add, nums, k) if len(nums) != 3 else 15')}`,
      ),
    ).toBe('passed');
  });

  it('runs programs on standard input, with the star imports that solutions rely on', async () => {
    const row = {
      ...base,
      platform: 'atcoder',
      question_id: 'abc301_a',
      starter_code: '',
      public_test_cases: [{ input: '3\n1 2 3\n', output: '6\n', testtype: 'stdin' }],
      private_test_cases: '[{"input": "1\\n4\\n", "output": "4\\n", "testtype": "stdin"}]',
      metadata: '{}',
    };
    expect(
      await verify('livecodebench', row, 'n = int(input())\nprint(reduce(add, map(int, stdin.readline().split())))'),
    ).toBe('passed');
    expect(await verify('livecodebench', row, 'print(6)')).toBe('failed');
  });
});

describe('Codeforces', () => {
  const row = {
    id: '852/A',
    contest_id: '852',
    time_limit: 1,
    memory_limit: 64,
    input_mode: 'stdio',
    examples: [{ input: '4\n', output: '1 3\n' }],
    official_tests: [{ input: '5\n', output: '1 4\n' }, { input: '10\n', output: '3 7\n' }],
    official_tests_complete: true,
    generated_tests: null,
    generated_checker: null as string | null,
  }; // biome-ignore format: pairs
  const checker =
    'import sys\n\ndef main(input_path, output_path, submission_path):\n    n = int(open(input_path).read())\n    numbers = open(submission_path).read().split()\n    if len(numbers) != 2:\n        print(0)\n        return\n    a, b = map(int, numbers)\n    print(1 if a > 0 and b > 0 and a + b == n else 0)\n\nif __name__ == "__main__":\n    main(sys.argv[1], sys.argv[2], sys.argv[3])\n';

  it('compares tokens where there is one right answer', async () => {
    expect(await verify('codeforces', row, 'n = int(input())\nprint(*((1, 4) if n == 5 else (3, 7)), sep="\\n")')).toBe(
      'passed',
    );
    expect(await verify('codeforces', row, 'n = int(input())\nprint(1, n - 1)')).toBe('failed');
  });

  it('asks the checker program where there are many', async () => {
    const checked = { ...row, generated_checker: checker };
    expect(await verdictOf('codeforces', checked, 'n = int(input())\nprint(2, n - 2)')).toMatchObject({
      status: 'passed',
      total: 2,
    });
    expect(await verify('codeforces', checked, 'print(1, 1)')).toBe('failed');
  });

  it('takes a checker that stumbles over the output for a refusal, one that always stumbles for a bad job', async () => {
    const checked = { ...row, generated_checker: checker };
    expect(await verify('codeforces', checked, 'print("one two")')).toBe('failed');
    const broken = { ...row, generated_checker: 'raise ValueError("no")' };
    await expect(verify('codeforces', broken, 'print(1)')).rejects.toMatchObject({
      code: 'TW_VERIFIER_CODE_BROKEN_TESTS',
    });
    expect(() => codeTaskOf('codeforces', { ...row, input_mode: 'file' })).toThrow(/input_mode/);
  });
});
