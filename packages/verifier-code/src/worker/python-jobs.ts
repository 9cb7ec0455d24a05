// Python jobs: the solution in one interpreter, the tests in another (or, for calls and output, in none: the host compares).
import { outputDifference } from '../comparison/compare-output.ts';
import { equalValues } from '../comparison/compare-values.ts';
import type { OutputJudge } from './javascript-jobs.ts';
import type { PythonHost } from './python-host.ts';
import type { PythonOutcome, PythonSandbox } from './python-sandbox.ts';
import { type Answer, readAnswer } from './read-answer.ts';
import { RunGuard } from './run-guard.ts';
import { TestTally } from './test-tally.ts';
import {
  BadJob,
  shown,
  type WireAsserts,
  type WireCalls,
  type WireJob,
  type WireStdio,
  type WireVerdict,
} from './wire.ts';

interface CheckResult {
  passed: number;
  failed: number;
  first: { index: number; line: number; message: string } | null;
  ended: string | null;
  outOfMemory: boolean;
  bad?: string;
  empty?: boolean;
}

/** @param judge a trusted output checker, when the tests have one */
export async function runPython(
  job: WireJob,
  host: PythonHost,
  judge?: OutputJudge,
): Promise<{ verdict: WireVerdict; stuck: boolean }> {
  const sandbox = await host.sandbox();
  const guard = new RunGuard(job.limits);
  const tally = new TestTally();
  const { tests } = job;
  tally.total = tests.kind === 'asserts' ? 0 : tests.cases.length;
  const run =
    tests.kind === 'stdio' ? runStdio(job, tests, host, guard, tally, judge) : runLoaded(job, sandbox, guard, tally);
  const syntax = await run;
  const verdict = syntax === null ? tally.verdict(guard) : tally.syntaxError(syntax, guard);
  return { verdict, stuck: tally.death === 'stuck' };
}

/** Calls and asserts: load once. A syntax error's message, or null. */
async function runLoaded(
  job: WireJob,
  sandbox: PythonSandbox,
  guard: RunGuard,
  tally: TestTally,
): Promise<string | null> {
  await sandbox.configure(settingsOf(job, job.limits.outputBytes));
  const loaded = note(await sandbox.run('load', [sourceOf(job)], guard), tally, null);
  if (loaded === null) return null;
  if (loaded.syntax) return loaded.syntax.join(': ');
  if (loaded.error) {
    tally.outOfMemory ||= loaded.error[0] === 'MemoryError';
    tally.fail({ index: null, message: `loading raised ${loaded.error.join(': ')}` });
  } else if (job.tests.kind === 'calls') await runCalls(job, job.tests, sandbox, guard, tally);
  else await runAsserts(job, job.tests as WireAsserts, sandbox, guard, tally);
  return null;
}

async function runCalls(
  job: WireJob,
  tests: WireCalls,
  sandbox: PythonSandbox,
  guard: RunGuard,
  tally: TestTally,
): Promise<void> {
  for (const [index, { entryPoint, args, expected }] of tests.cases.entries()) {
    const request = JSON.stringify({ f: entryPoint, a: args });
    const answer = note(await sandbox.run('call', [request], guard, job.limits.testCpuMs), tally, index);
    if (answer === null) return;
    const about = { index, input: shown(args), expected: shown(expected) };
    if (answer.error) {
      tally.outOfMemory ||= answer.error[0] === 'MemoryError';
      tally.fail({ ...about, message: answer.error.join(': ') });
    } else if (answer.ok !== undefined && equalValues(answer.ok, expected, tests.comparison)) tally.pass();
    else tally.fail({ ...about, message: 'another value was expected', got: shown(answer.ok) });
  }
}

async function runAsserts(
  job: WireJob,
  tests: WireAsserts,
  sandbox: PythonSandbox,
  guard: RunGuard,
  tally: TestTally,
): Promise<void> {
  const request = { setup: tests.setup, tests: tests.code, entryPoints: tests.entryPoints, seed: job.seed };
  const outcome = await sandbox.run(tests.shared ? 'checkHere' : 'check', [JSON.stringify(request)], guard);
  const result = readResult(outcome) as CheckResult | null;
  // Beside a solution both could be forged, to make an error of a failure.
  if (!tests.shared && result?.empty) {
    throw new BadJob('TW_VERIFIER_CODE_EMPTY_TESTS', 'the tests assert nothing: every solution would pass.');
  }
  if (!tests.shared && result?.bad !== undefined) {
    throw new BadJob('TW_VERIFIER_CODE_BROKEN_TESTS', `the tests do not run: ${result.bad}`);
  }
  if (result && !isCount(result.passed, result.failed)) {
    tally.fail({ index: null, message: `the tests do not run: ${result.bad ?? 'no report'}` });
  } else if (result) {
    // How many assertions would have followed is unknown: whoever ends the tests early is paid for none of them.
    tally.passed = result.ended === null ? result.passed : 0;
    tally.total = result.passed + result.failed + (result.ended === null ? 0 : 1);
    tally.outOfMemory ||= result.outOfMemory;
    if (result.first) tally.fail(result.first);
    if (result.ended !== null) tally.fail({ index: null, message: `the tests ended with ${result.ended}` });
    if (tally.total === 0) tally.fail({ index: null, message: 'no assertion was reached' });
  }
  note(outcome, tally, null);
}

function isCount(...values: unknown[]): boolean {
  return values.every((value) => Number.isInteger(value) && (value as number) >= 0);
}

/** A new state for every case. */
async function runStdio(
  job: WireJob,
  tests: WireStdio,
  host: PythonHost,
  guard: RunGuard,
  tally: TestTally,
  judge?: OutputJudge,
): Promise<string | null> {
  for (const [index, { input, output: expected }] of tests.cases.entries()) {
    const sandbox = await host.sandbox();
    const outputBytes = expected.length * 4 + job.limits.outputBytes;
    await sandbox.configure(settingsOf(job, outputBytes));
    const outcome = await sandbox.run('program', [sourceOf(job), input], guard, job.limits.testCpuMs);
    const got = 'report' in outcome ? outcome.report.output : '';
    tally.output ||= got.slice(0, job.limits.outputBytes);
    const about = { index, input: shown(input), got: shown(got), expected: shown(expected) };
    // os._exit(0) is a way to end.
    const ended = 'report' in outcome && outcome.report.end?.kind === 'exit' && outcome.report.end.detail === '0';
    const answer = ended ? { ok: null } : note(outcome, tally, index);
    if (answer === null) return null;
    if (answer.syntax) return answer.syntax.join(': ');
    if ('report' in outcome && outcome.report.printed > outputBytes) {
      tally.fail({ ...about, message: `more than ${outputBytes} bytes were printed` });
    } else if (answer.error) {
      tally.outOfMemory ||= answer.error[0] === 'MemoryError';
      tally.fail({ ...about, message: answer.error.join(': ') });
    } else {
      const difference = judge
        ? (await judge(input, got, expected))
          ? null
          : 'the checker refuses the output'
        : outputDifference(got, expected, tests.comparison);
      if (difference === null) tally.pass();
      else tally.fail({ ...about, message: difference });
    }
  }
  return null;
}

/** A trusted Python output checker: `check(input, output, expected)` returns True or False. */
export function judgeWithPython(code: string, job: WireJob, host: PythonHost): OutputJudge {
  return async (input, output, expected) => {
    const sandbox = await host.sandbox();
    await sandbox.configure(settingsOf(job, 0));
    const guard = new RunGuard(job.limits);
    const outcome = await sandbox.run('judge', [JSON.stringify({ code, input, output, expected })], guard);
    const result = readResult(outcome) as { accepted?: boolean; bad?: string } | null;
    if (result?.accepted === undefined) {
      const why = result?.bad ?? outcome.message;
      throw new BadJob('TW_VERIFIER_CODE_BROKEN_TESTS', `the output checker failed: ${why}`);
    }
    return result.accepted;
  };
}

function sourceOf({ prelude, code }: WireJob): string {
  return JSON.stringify({ prelude, source: code });
}

function settingsOf(job: WireJob, outputBytes: number) {
  const { memoryMb, valueBytes } = job.limits;
  return { seed: job.seed, memoryBytes: memoryMb * 2 ** 20, outputBytes, valueBytes };
}

/** Takes down what a run left behind. The harness's answer, or null when the sandbox died. */
function note(outcome: PythonOutcome, tally: TestTally, index: number | null): Answer | null {
  if ('report' in outcome) {
    tally.memoryMb = Math.max(tally.memoryMb, outcome.report.memoryBytes / 2 ** 20);
    if (tally.output === '') tally.output = outcome.report.output;
  }
  if (outcome.death !== null) {
    tally.die(outcome.death, index, outcome.message);
    return null;
  }
  return readAnswer('report' in outcome ? outcome.report.result : '');
}

/** What the checker's side wrote: ours. */
function readResult(outcome: PythonOutcome): object | null {
  if (!('report' in outcome)) return null;
  try {
    const result = JSON.parse(outcome.report.result) as unknown;
    return typeof result === 'object' && result !== null && !Array.isArray(result) ? result : null;
  } catch {
    return null;
  }
}
