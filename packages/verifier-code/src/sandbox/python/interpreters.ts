// The entry of the Python isolate: two interpreters with separate memories. The solution's serves calls; the checker's runs
// tests and asks it. Everything between them is JSON that each writes of its own values; expected values stay with the checker.
import { TOO_MUCH_OUTPUT } from './channels.ts';
import type { PythonImage } from './image-format.ts';
import { Interpreter, type RunEnd } from './interpreter.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

export interface JobSettings {
  seed: number;
  memoryBytes: number;
  outputBytes: number;
  valueBytes: number;
}

/** What one call into this isolate did. */
export interface Report {
  /** How an interpreter fell over, when one did. It cannot be used again. */
  end: RunEnd;
  /** What the harness wrote: JSON, or nothing. */
  result: string;
  output: string;
  printed: number;
  memoryBytes: number;
  /** Calls that crossed. */
  calls: number;
}

const CHECKER_BYTES = 256 << 20;

let solution: Interpreter;
let checker: Interpreter;
let solutionEnd: RunEnd = null;
let calls = 0;

export function boot(wasm: ArrayBuffer, image: PythonImage, pages: ArrayBuffer, library: ArrayBuffer): void {
  const parts = {
    module: new WebAssembly.Module(wasm),
    image,
    pages: new Uint8Array(pages),
    library: new Uint8Array(library),
  };
  solution = new Interpreter(parts, CHECKER_BYTES, null);
  checker = new Interpreter(parts, CHECKER_BYTES, ask);
}

/** Clears up after a job, before the next one waits for it. */
export function restore(): void {
  solution.restore();
  checker.restore();
}

export function configure(settingsText: string): void {
  const settings = JSON.parse(settingsText) as JobSettings;
  solution.reset(settings.seed);
  checker.reset(settings.seed);
  solution.maxBytes = settings.memoryBytes;
  solution.channels.limits = { outputBytes: settings.outputBytes, resultBytes: settings.valueBytes };
  checker.channels.limits = { outputBytes: 0, resultBytes: settings.valueBytes };
  solutionEnd = null;
  calls = 0;
}

/** Loads the solution as a module: `{"prelude":text,"source":text}`. */
export function load(request: string): string {
  return report(run(solution, 'solution.load', encodeUtf8(request)), solution);
}

/** Calls one function of the loaded solution: `{"f":name,"a":[…],"k":{…}}`. */
export function call(request: string): string {
  return report(run(solution, 'solution.serve', encodeUtf8(request)), solution);
}

/** Runs a whole program on standard input. */
export function program(request: string, input: string): string {
  return report(run(solution, 'solution.program', encodeUtf8(request), encodeUtf8(input)), solution);
}

/** Runs tests against the loaded solution. */
export function check(job: string): string {
  const end = run(checker, 'checker.check', encodeUtf8(job));
  const { end: failed, result, memoryBytes } = JSON.parse(report(end, checker)) as Report;
  const { output, printed } = JSON.parse(report(null, solution)) as Report;
  const memory = Math.max(memoryBytes, solution.memoryBytes);
  return JSON.stringify({ end: solutionEnd ?? failed, result, output, printed, memoryBytes: memory, calls });
}

/** Runs tests that need live objects in the interpreter of the solution, which could forge what they find. */
export function checkHere(job: string): string {
  return report(run(solution, 'checker.check_here', encodeUtf8(job)), solution);
}

/** Asks a trusted output checker. */
export function judge(job: string): string {
  return report(run(checker, 'checker.judge', encodeUtf8(job)), checker);
}

/** How often a text stands in the memory of the solution and of the checker. */
export function occurrences(text: string): number[] {
  const bytes = encodeUtf8(text);
  return [solution, checker].map((interpreter) => interpreter.occurrences(bytes));
}

function ask(question: Uint8Array): Uint8Array {
  calls++;
  if (solutionEnd === null) solutionEnd = run(solution, 'solution.serve', question);
  if (solutionEnd !== null) return encodeUtf8('{"dead":true}');
  const answer = solution.channels.written('result');
  return answer.length > 0 ? answer : encodeUtf8('{"error":["NoResult","the call gave no answer"]}');
}

/** @param action a function of one of our own modules in the image, e.g. `checker.judge` */
function run(interpreter: Interpreter, action: string, request: Uint8Array, input?: Uint8Array): RunEnd {
  const [module, name] = action.split('.');
  return interpreter.run(`import thinkwright_${module}; thinkwright_${module}.${name}()`, request, input);
}

function report(end: RunEnd, { channels, memoryBytes }: Interpreter): string {
  const tooMuch = end?.kind === 'exit' && end.detail === String(TOO_MUCH_OUTPUT);
  const result: Report = {
    end: tooMuch ? { kind: 'exit', detail: 'too much output' } : end,
    result: decodeUtf8(channels.written('result')),
    output: decodeUtf8(channels.written('output')),
    printed: channels.countWritten('output'),
    memoryBytes,
    calls,
  };
  return JSON.stringify(result);
}
