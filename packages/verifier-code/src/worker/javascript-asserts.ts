// Test text in JavaScript: in an isolate of its own, with stand-ins for the solution's functions; or, when the tests need live
// objects, in the isolate of the solution.
import ivm from 'isolated-vm';
import type { CheckerReport } from '../sandbox/javascript/checker.ts';
import { functionsOf, loadEntry } from './isolate-modules.ts';
import { CHECKER_EXPORTS, type CheckerSide, createIsolate, type JavaScriptSandbox } from './javascript-sandbox.ts';
import { scriptOf } from './javascript-source.ts';
import { RunGuard } from './run-guard.ts';
import type { TestTally } from './test-tally.ts';
import { BadJob, type WireAsserts, type WireJob } from './wire.ts';

/** Where tests run. */
interface TestPlace {
  isolate: ivm.Isolate;
  context: ivm.Context;
  checker: CheckerSide;
  guard: RunGuard;
  /** Processor time in milliseconds after which no more timers are run. */
  cpuMs: number;
}

const ASSERTIONS = /\bassert|\bthrow\b|\bexpect\b/;
const IDENTIFIER = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu;
/** For what the checker itself needs after the solution's time is over. */
const CHECKER_GRACE_MS = 3_000;
/** How often the report is asked for. */
const READS = 3;
const OUT_OF_MEMORY = /allocation failed|out of memory/i;

export async function runAsserts(
  job: WireJob,
  tests: WireAsserts,
  sandbox: JavaScriptSandbox,
  guard: RunGuard,
  tally: TestTally,
): Promise<void> {
  if (!ASSERTIONS.test(tests.code)) {
    throw new BadJob('TW_VERIFIER_CODE_EMPTY_TESTS', 'the tests assert nothing: every solution would pass.');
  }
  if (tests.shared) {
    const { isolate, context } = sandbox;
    const checker = sandbox.checker!;
    try {
      await checker.prepareHere.apply(undefined, []);
    } catch (error) {
      return tally.fail({
        index: null,
        message: `the solution is in the way of the tests: ${(error as Error)?.message}`,
      });
    }
    return runTests(job, tests, { isolate, context, checker, guard, cpuMs: job.limits.cpuMs }, tally);
  }
  const isolate = createIsolate(Math.max(job.limits.memoryMb, 128));
  try {
    const context = await isolate.createContext();
    const checker = await functionsOf(await loadEntry(isolate, context, 'sandbox/javascript/checker'), CHECKER_EXPORTS);
    const options = { seed: job.seed, valueLimit: job.limits.valueBytes, modules: job.modules };
    await checker.prepare.apply(undefined, [JSON.stringify(options), crossingTo(sandbox, tally)], {});
    const names = await solutionNames(tests, sandbox, checker.freeAmong);
    await checker.standIn.apply(undefined, [JSON.stringify(names)]);
    const { cpuMs, wallMs } = job.limits;
    const outer = new RunGuard({ cpuMs: cpuMs + CHECKER_GRACE_MS, wallMs: wallMs + CHECKER_GRACE_MS });
    await runTests(job, tests, { isolate, context, checker, guard: outer, cpuMs }, tally);
  } finally {
    if (!isolate.isDisposed) isolate.dispose();
  }
}

/** What a stand-in calls: the solution's answer as text, or that it is gone. */
function crossingTo(sandbox: JavaScriptSandbox, tally: TestTally): ivm.Reference {
  let dead: string | null = null;
  return new ivm.Reference(async (name: string, argumentsText: string) => {
    const outcome = dead === null ? await sandbox.serve(name, argumentsText) : null;
    if (outcome && 'text' in outcome) return outcome.text;
    if (outcome) {
      dead = outcome.death;
      tally.die(outcome.death, null, outcome.message);
    }
    return JSON.stringify({ dead });
  });
}

async function runTests(
  job: WireJob,
  tests: WireAsserts,
  { isolate, context, checker, guard, cpuMs }: TestPlace,
  tally: TestTally,
): Promise<void> {
  const setup = tests.setup === '' ? null : await compiled(isolate, tests.setup, 'setup', job);
  const script = await compiled(isolate, tests.code, 'tests', job);
  const run = async (): Promise<string> => {
    await setup?.run(context, { reference: true });
    const last = (await script.run(context, { reference: true })) as ivm.Reference;
    await checker.follow.apply(undefined, [last.derefInto()]);
    while (await checker.runTimer.apply(undefined, [])) if (guard.spent().cpuMs > cpuMs) break;
    return '';
  };
  const read = async () => String(await checker.result.apply(undefined, []));
  // An error that nobody handled surfaces in whichever call comes next, the reading of the report included.
  let report: CheckerReport | null = null;
  const steps = [run, ...Array.from({ length: READS }, () => read)];
  for (const step of steps) {
    try {
      const ran = await guard.run(step, () => isolate.dispose());
      if ('stopped' in ran) return tally.die(ran.stopped, null, 'time limit in the tests');
      report = readReport(ran.value);
      if (report) break;
    } catch (error) {
      if (isolate.isDisposed) return tally.die('memory', null, 'memory limit in the tests');
      // A throw ends the tests: one more that failed.
      tally.total++;
      const message = String((error as Error)?.message ?? error);
      tally.outOfMemory ||= OUT_OF_MEMORY.test(message);
      tally.fail({ index: null, message: `the tests ended with: ${message}` });
    }
  }
  if (report) countReport(report, tests, tally);
  else tally.fail({ index: null, message: 'the tests gave no report' });
}

/** Null for what is none: beside a solution even a report may be forged. */
function readReport(text: string): CheckerReport | null {
  try {
    const report = JSON.parse(text) as CheckerReport | null;
    const counts = [report?.passed, report?.failed, report?.calls];
    return counts.every((count) => Number.isInteger(count)) && Array.isArray(report!.errors) ? report : null;
  } catch {
    return null;
  }
}

function countReport(report: CheckerReport, { code, shared }: WireAsserts, tally: TestTally): void {
  const thrown = tally.failure !== null;
  tally.total += report.passed + report.failed;
  if (report.first) tally.fail(report.first);
  const unseen = unseenError(report, code);
  if (unseen !== null && tally.failure === null) {
    tally.total++;
    tally.fail({ index: null, message: unseen });
  }
  // How many assertions would have followed is unknown: whoever ends the tests early is paid for none of them.
  tally.passed = thrown || unseen !== null ? 0 : report.passed;
  // Tests that only throw count as one.
  if (tally.total === 0 && tally.death === null) {
    if ((report.calls > 0 || shared) && /\bthrow\b/.test(code)) tally.passed = tally.total = 1;
    else tally.fail({ index: null, message: 'no assertion was reached' });
  }
}

/** In asynchronous tests an error ends one promise and nothing else: the assertions after it are not even missed. */
function unseenError(report: CheckerReport, code: string): string | null {
  if (report.promise === 'broken') return `the tests ended with: ${report.promiseError}`;
  if (report.promise === 'pending') return 'the tests never finished';
  const handled = /\bcatch\b|throws|rejects/.test(code);
  return report.errors.length > 0 && !handled ? `the tests were left by: ${report.errors[0]}` : null;
}

/** What the tests take from the solution: the given entry points, and every name in the tests that is a function there. */
async function solutionNames(
  tests: WireAsserts,
  sandbox: JavaScriptSandbox,
  freeAmong: ivm.Reference,
): Promise<string[]> {
  const mentioned = [...new Set(tests.code.match(IDENTIFIER) ?? [])];
  const free = JSON.parse(String(await freeAmong.apply(undefined, [JSON.stringify(mentioned)]))) as string[];
  // Names that were not asked for would replace what the tests use.
  const functions = new Set(await sandbox.functionsAmong(free));
  return [...new Set([...tests.entryPoints, ...free.filter((name) => functions.has(name))])];
}

async function compiled(
  isolate: ivm.Isolate,
  code: string,
  what: 'setup' | 'tests',
  { language }: WireJob,
): Promise<ivm.Script> {
  try {
    const script = scriptOf(code, language === 'typescript' ? 'typescript' : 'javascript');
    return await isolate.compileScript(script, { filename: `${what}.js` });
  } catch (error) {
    throw new BadJob('TW_VERIFIER_CODE_BROKEN_TESTS', `the ${what} do not parse: ${(error as Error).message}`);
  }
}
