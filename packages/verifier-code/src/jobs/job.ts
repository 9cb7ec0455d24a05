// The contract: what is asked (a job) and what comes back (a verdict). Values in `args` and `expected` are JSON values, plus
// bigint, NaN, the infinities and undefined; they are copied, so that a verdict never depends on later changes.

export type Language = 'python' | 'javascript' | 'typescript';

/** How a returned value is compared with the expected one. */
export interface ValueComparison {
  /** Lists and tuples are different; default false, because JSON tests cannot write tuples. */
  strictSequences?: boolean;
  /** True equals 1; default false. */
  booleansAsNumbers?: boolean;
  /** Largest absolute or relative difference where the expected number is a float; default 1e-6. 0: exact. */
  tolerance?: number;
  /** Default true. */
  nanEqualsNan?: boolean;
  /** The top-level list may come in any order; default false. */
  unordered?: boolean;
}

/** How printed output is compared: by default line by line, without trailing white space, the same number of lines. */
export interface OutputComparison {
  /** Compare token by token; numbers within `tolerance` where the expected token has a point or an exponent. */
  tokens?: boolean;
  /** For `tokens`; default 1e-6, absolute or relative. */
  tolerance?: number;
  ignoreCase?: boolean;
  /** Lines may come in any order. */
  unorderedLines?: boolean;
}

export interface CallTest {
  args: unknown[];
  expected: unknown;
  /** Overrides the entry point of the tests. */
  entryPoint?: string;
}

export interface StdioTest {
  input: string;
  output: string;
}

/** A program we trust that judges printed output: it defines `check(input, output, expected)`, which returns true or false. */
export interface OutputChecker {
  language: 'python' | 'javascript';
  code: string;
}

/** Call a function, compare what it returns. `solve` or `Solution.solve` (a new `Solution()` for each call). */
export interface CallTests {
  kind: 'calls';
  entryPoint: string;
  cases: CallTest[];
  comparison?: ValueComparison;
}

/**
 * Test text in the language of the job: `assert` in Python, `console.assert`, `assert` or a throw
 * in JavaScript. It runs apart from the solution; the names it takes from the solution become calls across.
 */
export interface AssertTests {
  kind: 'asserts';
  code: string;
  /** Trusted text run before the tests, on the tests' side only: helpers, imports. */
  setup?: string;
  /** Names that must be the solution's, even when `setup` defines them too. Others are found. */
  entryPoints?: string[];
  /**
   * The tests need live objects of the solution, such as instances of its classes: they run in the solution's own interpreter,
   * where it can read and forge, and the verdict says `integrity: 'shared'`. Default false.
   */
  shared?: boolean;
}

/** Run the whole program once for each case: input on standard input, output compared. */
export interface StdioTests {
  kind: 'stdio';
  cases: StdioTest[];
  comparison?: OutputComparison;
  checker?: OutputChecker;
}

export type CodeTests = CallTests | AssertTests | StdioTests;

export interface Limits {
  /** Processor time of the whole job in milliseconds; default 5,000. */
  cpuMs: number;
  /** Processor time of one case of `calls` and `stdio` in milliseconds; default 2,000. */
  testCpuMs: number;
  /** Wall-clock net for machines that are busy; default 6 × cpuMs. */
  wallMs: number;
  /** Memory of the solution; default 256 for Python, 128 for JavaScript, in MiB. */
  memoryMb: number;
  /** Printed output kept; default 64 KiB for calls and asserts. Of `stdio` the expected output and this much again is read. */
  outputBytes: number;
  /** One value crossing, encoded; default 8 MiB. */
  valueBytes: number;
  /** Longest solution; default 1 MiB. */
  sourceBytes: number;
}

export interface CodeJob {
  language: Language;
  /** The solution. Null when no code was found in a completion: the verdict is `no-code`. */
  code: string | null;
  tests: CodeTests;
  limits?: Partial<Limits>;
  /** Seed of the sandbox's random numbers; default 0. */
  seed?: number;
  /** Text put before the solution, such as the star imports that LiveCodeBench solutions rely on. */
  prelude?: string;
  /** CommonJS sources, by name, that JavaScript and its tests may `require`. */
  modules?: Record<string, string>;
}

export type VerdictStatus = 'passed' | 'failed' | 'syntax' | 'timeout' | 'memory' | 'crash' | 'denied' | 'no-code';

export interface TestFailure {
  /** Number of the test, from 0; null when the solution failed before any. */
  index: number | null;
  message: string;
  /** Line of the test text, for `asserts`. */
  line?: number;
  input?: string;
  got?: string;
  expected?: string;
}

export interface Verdict {
  status: VerdictStatus;
  passed: number;
  /** Tests known: the cases, or the assertions that were reached. */
  total: number;
  failure: TestFailure | null;
  /** The first bytes that the solution printed. */
  output: string;
  cpuMs: number;
  wallMs: number;
  /** Peak of the sandbox's memory in MiB, where it can be measured. */
  memoryMb: number;
  /** `separated`: the expected values were never on the solution's side. `shared`: the tests asked to run beside it. */
  integrity: 'separated' | 'shared';
  /** Runs it took: more than one when a worker died under it. */
  attempts: number;
}

export const DEFAULT_LIMITS: Omit<Limits, 'wallMs' | 'memoryMb'> = {
  cpuMs: 5_000,
  testCpuMs: 2_000,
  outputBytes: 64 << 10,
  valueBytes: 8 << 20,
  sourceBytes: 1 << 20,
};

export const DEFAULT_MEMORY_MB = { python: 256, javascript: 128, typescript: 128 } as const;
