// Codeforces rows as open-r1 publishes them: official and generated tests, the problem's own limits, and for problems with many
// right answers a checker program, run as `checker.py input.txt correct_output.txt solution_output.txt`, that prints 1.
import type { OutputChecker, StdioTest } from '../jobs/job.ts';
import type { CodeTask } from '../rewards/code-reward.ts';
import { contestTask } from './contests.ts';
import { type DataRow, listField, missing, optionalText, parsedField } from './row-fields.ts';

/** Seconds and megabytes, where a row has none. */
const DEFAULT_SECONDS = 2;
const DEFAULT_MEGABYTES = 256;

/** @throws CodeVerifierError TW_VERIFIER_CODE_ROW for rows without tests, and for problems that read and write files */
export function codeforcesTask(row: DataRow): CodeTask {
  if (optionalText(row, 'input_mode') === 'file') {
    throw missing(row, 'input_mode', 'stdio (programs that read and write files are not supported)', row.input_mode);
  }
  const listed = (name: string) => {
    const value = parsedField(row, name);
    return Array.isArray(value) ? (value as StdioTest[]) : [];
  };
  const official = [...listed('official_tests'), ...listed('generated_tests')];
  const tests = official.length > 0 ? official : (listField(row, 'examples') as StdioTest[]);
  if (tests.length === 0) throw missing(row, 'official_tests', 'a list with at least one case', tests);
  const seconds = Number(row.time_limit ?? DEFAULT_SECONDS);
  const megabytes = Number(row.memory_limit ?? DEFAULT_MEGABYTES);
  const cases = tests.map(({ input, output }) => ({ input, output }));
  const program = optionalText(row, 'generated_checker');
  const judged = program === '' ? { comparison: { tokens: true } } : { checker: checkerOf(program) };
  const limits = { memoryMb: Math.min(Math.max(megabytes, 64), 256) };
  return contestTask({ kind: 'stdio', cases, ...judged }, seconds * 1000, limits);
}

/** The program as a function: its files in the scratch folder, its verdict the last word that it prints. */
function checkerOf(program: string): OutputChecker {
  const code = `
import contextlib, io, sys

PROGRAM = compile(${pythonText(program)}, 'checker.py', 'exec')
FILES = ('input.txt', 'correct_output.txt', 'solution_output.txt')

def check(input, output, expected):
    for name, text in zip(FILES, (input, expected, output)):
        with open(name, 'w') as file:
            file.write(text)
    sys.argv = ['checker.py', *FILES]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(PROGRAM, {'__name__': '__main__'})
        except SystemExit:
            pass
    words = printed.getvalue().split()
    if not words:
        raise ValueError('the checker printed nothing')
    return float(words[-1]) == 1
`;
  return { language: 'python', code };
}

/** A Python literal: JSON strings are Python strings, but for surrogates, which JSON writes in pairs. */
function pythonText(text: string): string {
  return JSON.stringify(text).replace(/[\ud800-\udbff][\udc00-\udfff]/g, (pair) => {
    return `\\U${pair.codePointAt(0)!.toString(16).padStart(8, '0')}`;
  });
}
