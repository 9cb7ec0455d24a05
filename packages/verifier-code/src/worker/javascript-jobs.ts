// JavaScript and TypeScript jobs: the solution in one isolate, the tests in another (or, for calls and output, in no isolate at
// all: the host compares). Both are new for every job.
import { outputDifference } from '../comparison/compare-output.ts';
import { equalValues } from '../comparison/compare-values.ts';
import { runAsserts } from './javascript-asserts.ts';
import { JavaScriptSandbox } from './javascript-sandbox.ts';
import { scriptOf } from './javascript-source.ts';
import { readAnswer } from './read-answer.ts';
import { RunGuard } from './run-guard.ts';
import { TestTally } from './test-tally.ts';
import { shown, type WireCalls, type WireJob, type WireStdio, type WireVerdict } from './wire.ts';

export type OutputJudge = (input: string, output: string, expected: string) => Promise<boolean>;

/** @param judge a trusted output checker, when the tests have one */
export async function runJavaScript(
  job: WireJob,
  judge?: OutputJudge,
): Promise<{ verdict: WireVerdict; stuck: boolean }> {
  const guard = new RunGuard(job.limits);
  const tally = new TestTally();
  const { tests } = job;
  tally.total = tests.kind === 'asserts' ? 0 : tests.cases.length;
  let script: string;
  try {
    script = scriptOf(`${job.prelude}${job.code}`, job.language === 'typescript' ? 'typescript' : 'javascript');
  } catch (error) {
    return { verdict: tally.syntaxError((error as Error).message, guard), stuck: false };
  }
  const run =
    tests.kind === 'stdio' ? runStdio(job, tests, script, guard, tally, judge) : runLoaded(job, script, guard, tally);
  const syntax = await run;
  const verdict = syntax === null ? tally.verdict(guard) : tally.syntaxError(syntax, guard);
  return { verdict, stuck: tally.death === 'stuck' };
}

/** Calls and asserts: load once. A syntax error's message, or null. */
async function runLoaded(job: WireJob, script: string, guard: RunGuard, tally: TestTally): Promise<string | null> {
  const { tests } = job;
  const sandbox = await JavaScriptSandbox.create(job, guard, job.limits.outputBytes);
  try {
    // What counts assertions beside a solution must be there before the solution can patch what it uses.
    if (tests.kind === 'asserts' && tests.shared) await sandbox.loadChecker();
    const trouble = await sandbox.load(script);
    if (trouble && 'syntax' in trouble) return trouble.syntax;
    if (trouble && 'death' in trouble) tally.die(trouble.death, null, trouble.message);
    else if (trouble && 'threw' in trouble) tally.fail({ index: null, message: `loading threw: ${trouble.threw}` });
    else if (tests.kind === 'calls') await runCalls(job, tests, sandbox, tally);
    else if (tests.kind === 'asserts') await runAsserts(job, tests, sandbox, guard, tally);
    tally.output = (await sandbox.output()).text;
    tally.memoryMb = sandbox.memoryMb();
    return null;
  } finally {
    sandbox.dispose();
  }
}

async function runCalls(job: WireJob, tests: WireCalls, sandbox: JavaScriptSandbox, tally: TestTally): Promise<void> {
  for (const [index, { entryPoint, args, expected }] of tests.cases.entries()) {
    const outcome = await sandbox.serve(entryPoint, JSON.stringify(args), job.limits.testCpuMs);
    if (!('text' in outcome)) {
      tally.die(outcome.death, index, outcome.message);
      return;
    }
    const answer = readAnswer(outcome.text);
    const about = { index, input: shown(args), expected: shown(expected) };
    if (answer.error) {
      tally.outOfMemory ||= /allocation failed|out of memory/i.test(answer.error[1]);
      tally.fail({ ...about, message: answer.error.join(': ') });
    } else if (equalValues(answer.ok ?? null, expected, tests.comparison)) tally.pass();
    else tally.fail({ ...about, message: 'another value was expected', got: shown(answer.ok) });
  }
}

/** A new isolate for every case. */
async function runStdio(
  job: WireJob,
  tests: WireStdio,
  script: string,
  guard: RunGuard,
  tally: TestTally,
  judge?: OutputJudge,
): Promise<string | null> {
  for (const [index, { input, output: expected }] of tests.cases.entries()) {
    const outputLimit = expected.length + job.limits.outputBytes;
    const sandbox = await JavaScriptSandbox.create(job, guard, outputLimit, input);
    try {
      const loaded = await sandbox.load(script);
      if (loaded && 'syntax' in loaded) return loaded.syntax;
      const ended = loaded && 'threw' in loaded && /the program ended itself/.test(loaded.threw);
      const trouble = ended ? null : (loaded ?? (await sandbox.runEvents(job.limits.testCpuMs)));
      const { text, printed } = await sandbox.output();
      tally.output ||= text.slice(0, job.limits.outputBytes);
      tally.memoryMb = Math.max(tally.memoryMb, sandbox.memoryMb());
      if (trouble && 'death' in trouble) {
        tally.die(trouble.death, index, trouble.message);
        return null;
      }
      const about = { index, input: shown(input), got: shown(text), expected: shown(expected) };
      if (trouble && 'threw' in trouble) tally.fail({ ...about, message: trouble.threw });
      else if (printed > outputLimit)
        tally.fail({ ...about, message: `more than ${outputLimit} characters were printed` });
      else {
        const difference = judge
          ? (await judge(input, text, expected))
            ? null
            : 'the checker refuses the output'
          : outputDifference(text, expected, tests.comparison);
        if (difference === null) tally.pass();
        else tally.fail({ ...about, message: difference });
      }
    } finally {
      sandbox.dispose();
    }
  }
  return null;
}
