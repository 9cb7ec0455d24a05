// The tests' side: runs trusted test text; functions of the solution are stand-ins that send arguments across and bring data
// back. Counts console.assert and assert calls one by one, so that a fraction comes out without stopping at the first failure.
import type { TaggedValue } from '../tagged-value.ts';
import { decode, encode, isPlain } from './codec.ts';
import { type Surroundings, surroundings } from './surroundings.ts';

type Crossing = (name: string, argumentsText: string) => string;

interface Answer {
  ok?: TaggedValue;
  args?: TaggedValue[];
  error?: [string, string];
  promised?: boolean;
  /** The solution ran into a limit or is gone. */
  dead?: string;
}

export interface CheckerReport {
  passed: number;
  failed: number;
  calls: number;
  first: { index: number; message: string } | null;
  /** Errors of the solution that reached the tests. */
  errors: string[];
  /** What became of the promise that the tests ended with, if they did. */
  promise: 'none' | 'pending' | 'kept' | 'broken';
  promiseError: string;
}

const quote = JSON.stringify;
const MAX_COMPARED = 64 << 20;
const MAX_ERRORS = 3;

let around: Surroundings | undefined;
let cross: Crossing;
let valueLimit = 8 << 20;
const report: CheckerReport = {
  passed: 0,
  failed: 0,
  calls: 0,
  first: null,
  errors: [],
  promise: 'none',
  promiseError: '',
};

/** @param crossing a reference that blocks this isolate until the solution has answered */
export function prepare(
  optionsText: string,
  crossing: { applySyncPromise(receiver: undefined, items: [string, string]): string },
): void {
  const options = JSON.parse(optionsText) as { seed: number; valueLimit: number; modules: Record<string, string> };
  valueLimit = options.valueLimit;
  cross = (name, argumentsText) => crossing.applySyncPromise(undefined, [name, argumentsText]);
  around = surroundings({ ...options, outputLimit: 0 });
  countAssertions();
}

/** For tests beside the solution, which has the surroundings already. */
export function prepareHere(): void {
  countAssertions();
}

function countAssertions(): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  (scope.console as Record<string, unknown>).assert = (condition: unknown, ...message: unknown[]) =>
    record(!!condition, message.length > 0 ? String(message[0]) : 'the assertion is false');
  const assert = countingAssert();
  scope.assert = assert;
  const fallback = scope.require as (name: unknown) => unknown;
  scope.require = (name: unknown) => (/^(node:)?assert(\/strict)?$/.test(String(name)) ? assert : fallback(name));
}

/** Puts a stand-in at each name. */
export function standIn(namesText: string): void {
  for (const name of JSON.parse(namesText) as string[]) {
    (globalThis as unknown as Record<string, unknown>)[name] = (...items: unknown[]) => callAcross(name, items);
  }
}

/** Of these names, those that the tests' side does not have, as a JSON list. */
export function freeAmong(namesText: string): string {
  return JSON.stringify((JSON.parse(namesText) as string[]).filter((name) => !(name in globalThis)));
}

/** Follows the promise that asynchronous tests end with: an error in it would be seen by nobody. */
export function follow(value: unknown): void {
  if (!(value instanceof Promise)) return;
  report.promise = 'pending';
  value.then(
    () => {
      report.promise = 'kept';
    },
    (error: unknown) => {
      report.promise = 'broken';
      report.promiseError = String((error as Error | null)?.message ?? error).slice(0, 300);
    },
  );
}

/** Written by hand: beside a solution every object may have a `toJSON`. */
export function result(): string {
  const { passed, failed, calls, first, promise, promiseError } = report;
  let errors = '';
  for (let i = 0; i < report.errors.length; i++) errors += `${i > 0 ? ',' : ''}${quote(report.errors[i])}`;
  const failure = first === null ? 'null' : `{"index":${first.index},"message":${quote(first.message)}}`;
  const counts = `"passed":${passed},"failed":${failed},"calls":${calls}`;
  return `{${counts},"first":${failure},"errors":[${errors}],"promise":"${promise}","promiseError":${quote(promiseError)}}`;
}

/** Beside the solution its own timers are run by its own side. */
export function runTimer(): boolean {
  return around?.runTimer() ?? false;
}

/** Asks the program of a trusted output checker, which was run as a script before. */
export function judgeOutput(input: string, output: string, expected: string): boolean {
  // An indirect eval sees what scripts declare with const.
  // biome-ignore lint/security/noGlobalEval: a fixed expression, in the isolate of trusted tests.
  const find = eval;
  const check: unknown = find("typeof check === 'function' ? check : undefined");
  if (typeof check !== 'function')
    throw new TypeError('the checker defines no function check(input, output, expected)');
  return check(input, output, expected) === true;
}

function record(ok: boolean, message: string): void {
  if (ok) report.passed++;
  else {
    report.first ??= { index: report.passed + report.failed, message: message.slice(0, 300) };
    report.failed++;
  }
}

function callAcross(name: string, items: unknown[]): unknown {
  report.calls++;
  const answer = JSON.parse(cross(name, encode(items, valueLimit))) as Answer;
  if (answer.dead !== undefined) {
    if (report.errors.length < MAX_ERRORS) report.errors.push('the solution is gone');
    throw new Error(`the solution is gone: ${answer.dead}`);
  }
  if (answer.error) {
    if (report.errors.length < MAX_ERRORS) report.errors.push(answer.error.join(': '));
    const error = errorFrom(answer.error);
    if (answer.promised) return Promise.reject(error);
    throw error;
  }
  if (answer.args)
    items.forEach((item, i) => {
      refill(item, decode(answer.args![i] ?? null));
    });
  const value = answer.ok === undefined ? undefined : decode(answer.ok);
  return answer.promised ? Promise.resolve(value) : value;
}

function errorFrom([name, message]: [string, string]): Error {
  const classes: Record<string, ErrorConstructor> = {
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
  };
  const error = new (Object.hasOwn(classes, name) ? classes[name]! : Error)(message);
  if (!Object.hasOwn(classes, name)) error.name = name;
  return error;
}

/** Changes that the solution made to its arguments are made here too. */
function refill(target: unknown, source: unknown): void {
  if (Array.isArray(target) && Array.isArray(source)) {
    target.length = 0;
    for (const item of source) target.push(item);
  } else if (target instanceof Map && source instanceof Map) {
    target.clear();
    for (const [key, item] of source) target.set(key, item);
  } else if (target instanceof Set && source instanceof Set) {
    target.clear();
    for (const item of source) target.add(item);
  } else if (isPlain(target) && isPlain(source)) {
    for (const key of Object.keys(target)) delete target[key];
    Object.assign(target, source);
  }
}

/** Node's assert as tests use it, except that a failure is counted and the tests go on. */
function countingAssert() {
  const sameText = (a: unknown, b: unknown) => {
    const text = encode(sorted(a), MAX_COMPARED);
    // Opaque values equal nothing, not even each other.
    return !text.includes(`{"x":`) && text === encode(sorted(b), MAX_COMPARED);
  };
  const throws = (run: () => unknown) => {
    try {
      run();
      return false;
    } catch {
      return true;
    }
  };
  const ok = (value: unknown, message?: unknown) => record(!!value, String(message ?? 'the assertion is false'));
  const differs = 'the values differ';
  const equal = 'the values are equal';
  const recordIf = (test: (a: unknown, b: unknown) => boolean, otherwise: string) => {
    return (a: unknown, b: unknown, message?: unknown) => record(test(a, b), String(message ?? otherwise));
  };
  const strict = {
    ok,
    equal: recordIf(Object.is, differs),
    notEqual: recordIf((a, b) => !Object.is(a, b), equal),
    strictEqual: recordIf(Object.is, differs),
    notStrictEqual: recordIf((a, b) => !Object.is(a, b), equal),
    deepEqual: recordIf(sameText, differs),
    deepStrictEqual: recordIf(sameText, differs),
    notDeepEqual: recordIf((a, b) => !sameText(a, b), equal),
    notDeepStrictEqual: recordIf((a, b) => !sameText(a, b), equal),
    throws: (run: () => unknown) => record(throws(run), 'nothing was thrown'),
    doesNotThrow: (run: () => unknown) => record(!throws(run), 'something was thrown'),
    match: (text: unknown, pattern: RegExp) => record(pattern.test(String(text)), 'the text does not match'),
    fail: (message?: unknown) => record(false, String(message ?? 'assert.fail')),
  };
  const loose = {
    // biome-ignore lint/suspicious/noDoubleEquals: assert.equal is defined by ==.
    equal: recordIf((a, b) => a == b, differs),
    // biome-ignore lint/suspicious/noDoubleEquals: assert.notEqual is defined by !=.
    notEqual: recordIf((a, b) => a != b, equal),
  };
  const callable = () => (value: unknown, message?: unknown) => ok(value, message);
  return Object.assign(callable(), strict, loose, { strict: Object.assign(callable(), strict) });
}

/** Plain objects with their keys in order, so that equal objects have equal texts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isPlain(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
