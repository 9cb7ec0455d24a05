// Makes what a worker runs of a job, or refuses it: a wrong job is an error of the caller, never a verdict about a solution.
import { CodeVerifierError } from '../errors.ts';
import type { WireJob } from '../worker/wire.ts';
import { encodeValue } from './encode-value.ts';
import { type CodeJob, type CodeTests, DEFAULT_LIMITS, DEFAULT_MEMORY_MB, type Limits } from './job.ts';

const LANGUAGES = ['python', 'javascript', 'typescript'];
const ENTRY_POINT = /^[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)?$/u;
/** Nothing in a sandbox waits, so the net is for what is stuck: wide enough for a processor shared by five. */
const WALL_FACTOR = 6;
const SMALLEST_MEMORY_MB = 32;
const LARGEST_PYTHON_MB = 256;

/**
 * @param defaults limits of the verifier, for what the job leaves open
 * @throws CodeVerifierError for jobs without tests, unknown languages, values that cannot cross, limits out of range
 */
export function checkJob(job: CodeJob, defaults: Partial<Limits> = {}): WireJob {
  if (!LANGUAGES.includes(job.language)) {
    throw new CodeVerifierError(
      'TW_VERIFIER_CODE_LANGUAGE',
      `language is ${JSON.stringify(job.language)}; known are ${LANGUAGES.join(', ')}.`,
    );
  }
  if (typeof job.code !== 'string') refuse(`code must be a string, found ${typeof job.code}`);
  return {
    language: job.language,
    code: job.code as string,
    prelude: job.prelude ? `${job.prelude}\n` : '',
    tests: checkTests(job.tests),
    limits: checkLimits(job, defaults),
    seed: checkNumber('seed', job.seed ?? 0, -(2 ** 31), 2 ** 32),
    modules: job.modules ?? {},
  };
}

function checkTests(tests: CodeTests | undefined): WireJob['tests'] {
  if (tests === undefined || tests === null) return noTests('the job has no tests');
  switch (tests.kind) {
    case 'calls': {
      const cases = checkCases(tests.cases);
      return {
        kind: 'calls',
        comparison: tests.comparison ?? {},
        cases: cases.map(({ args, expected, entryPoint }, i) => {
          const name = entryPoint ?? tests.entryPoint;
          if (!ENTRY_POINT.test(String(name))) {
            refuse(`entryPoint must be a name or Class.method, found ${JSON.stringify(name)}`);
          }
          if (!Array.isArray(args)) refuse(`tests.cases[${i}].args must be a list`);
          return {
            entryPoint: name,
            args: args.map((value, k) => encodeValue(value, `tests.cases[${i}].args[${k}]`)),
            expected: encodeValue(expected, `tests.cases[${i}].expected`),
          };
        }),
      };
    }
    case 'asserts': {
      if (typeof tests.code !== 'string' || tests.code.trim() === '') return noTests('the test text is empty');
      const entryPoints = tests.entryPoints ?? [];
      for (const name of entryPoints) {
        if (!ENTRY_POINT.test(name) || name.includes('.'))
          refuse(`entryPoints holds ${JSON.stringify(name)}, not a name`);
      }
      return {
        kind: 'asserts',
        code: tests.code,
        setup: tests.setup ?? '',
        entryPoints,
        shared: tests.shared ?? false,
      };
    }
    case 'stdio': {
      const cases = checkCases(tests.cases);
      cases.forEach(({ input, output }, i) => {
        if (typeof input !== 'string' || typeof output !== 'string') {
          refuse(`tests.cases[${i}] needs input and output as strings`);
        }
      });
      return { kind: 'stdio', cases, comparison: tests.comparison ?? {}, checker: tests.checker ?? null };
    }
    default:
      return refuse(
        `tests.kind is ${JSON.stringify((tests as { kind?: unknown }).kind)}; known are calls, asserts, stdio`,
      );
  }
}

function checkCases<Case>(cases: Case[]): Case[] {
  if (!Array.isArray(cases)) refuse('tests.cases must be a list');
  if (cases.length === 0) noTests('tests.cases is empty');
  return cases;
}

function checkLimits(job: CodeJob, defaults: Partial<Limits>): Limits {
  const asked = { ...DEFAULT_LIMITS, memoryMb: DEFAULT_MEMORY_MB[job.language], ...defaults, ...job.limits };
  const most = job.language === 'python' ? LARGEST_PYTHON_MB : 1024;
  const cpuMs = checkNumber('limits.cpuMs', asked.cpuMs, 1, 600_000);
  return {
    cpuMs,
    testCpuMs: checkNumber('limits.testCpuMs', asked.testCpuMs, 1, 600_000),
    wallMs: checkNumber('limits.wallMs', asked.wallMs ?? WALL_FACTOR * cpuMs, 1, 3_600_000),
    memoryMb: checkNumber('limits.memoryMb', Math.min(asked.memoryMb, most), SMALLEST_MEMORY_MB, most),
    outputBytes: checkNumber('limits.outputBytes', asked.outputBytes, 0, 64 << 20),
    valueBytes: checkNumber('limits.valueBytes', asked.valueBytes, 1, 64 << 20),
    sourceBytes: checkNumber('limits.sourceBytes', asked.sourceBytes, 1, 16 << 20),
  };
}

function checkNumber(name: string, value: number, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    refuse(`${name} must be a number from ${least} to ${most}, found ${JSON.stringify(value)}`);
  }
  return value;
}

function refuse(message: string): never {
  throw new CodeVerifierError('TW_VERIFIER_CODE_JOB', `${message}.`);
}

function noTests(message: string): never {
  throw new CodeVerifierError('TW_VERIFIER_CODE_NO_TESTS', `${message}: a solution cannot be judged without one.`);
}
