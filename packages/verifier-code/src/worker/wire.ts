// What parent and worker say to each other: JSON over the channel between processes. The parent checks every answer's shape.
import type { CodeVerifierErrorCode } from '../errors.ts';
import type {
  Limits,
  OutputChecker,
  OutputComparison,
  TestFailure,
  ValueComparison,
  VerdictStatus,
} from '../jobs/job.ts';
import type { TaggedValue } from '../sandbox/tagged-value.ts';

export interface WireCalls {
  kind: 'calls';
  cases: { entryPoint: string; args: TaggedValue[]; expected: TaggedValue }[];
  comparison: ValueComparison;
}

export interface WireAsserts {
  kind: 'asserts';
  code: string;
  setup: string;
  entryPoints: string[];
  shared: boolean;
}

export interface WireStdio {
  kind: 'stdio';
  cases: { input: string; output: string }[];
  comparison: OutputComparison;
  checker: OutputChecker | null;
}

export interface WireJob {
  language: 'python' | 'javascript' | 'typescript';
  code: string;
  prelude: string;
  tests: WireCalls | WireAsserts | WireStdio;
  limits: Limits;
  seed: number;
  /** CommonJS sources that JavaScript may require. */
  modules: Record<string, string>;
}

export interface WireVerdict {
  status: VerdictStatus;
  passed: number;
  total: number;
  failure: TestFailure | null;
  output: string;
  cpuMs: number;
  wallMs: number;
  memoryMb: number;
}

export interface ToWorker {
  id: number;
  job: WireJob;
}

export type FromWorker =
  | { type: 'ready'; pythonMs: number }
  /** `doomed`: something in this process cannot be stopped; it must be killed. */
  | { type: 'verdict'; id: number; verdict: WireVerdict; doomed: boolean }
  | { type: 'bad-job'; id: number; code: CodeVerifierErrorCode; message: string }
  | { type: 'failed'; id: number | null; message: string };

/** Thrown in a worker when the job itself is wrong, whatever the solution. */
export class BadJob extends Error {
  readonly code: CodeVerifierErrorCode;

  constructor(code: CodeVerifierErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const SHOWN = 300;

/** Cuts what is shown of values and messages. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
