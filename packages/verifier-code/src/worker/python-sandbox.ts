// One isolate with two Python interpreters, and the calls into it under the guard. After anything but a clean return it is
// thrown away; after a clean one its memory is put back to the image.
import ivm from 'isolated-vm';
import { readImage } from '../image/image-file.ts';
import { pythonWasm, standardLibrary } from '../image/pyodide-files.ts';
import type { RunEnd } from '../sandbox/python/interpreter.ts';
import type { JobSettings, Report } from '../sandbox/python/interpreters.ts';
import { functionsOf, loadEntry } from './isolate-modules.ts';
import { createIsolate } from './javascript-sandbox.ts';
import type { RunGuard } from './run-guard.ts';
import type { Death } from './test-tally.ts';

/** What isolates are made of, held once as copies that cross. */
export interface PythonParts {
  wasm: ivm.ExternalCopy<ArrayBuffer>;
  image: ivm.ExternalCopy<object>;
  pages: ivm.ExternalCopy<ArrayBuffer>;
  library: ivm.ExternalCopy<ArrayBuffer>;
}

/** Of one interpreter; enforced by the engine. */
export const MAX_PYTHON_BYTES = 256 << 20;
/** JavaScript heap of the isolate and the copies of its parts; the interpreters' memories do not count here. */
const ISOLATE_MB = 256;
/** More memory than this is not put back but given back. */
const REUSABLE_BYTES = 64 << 20;
const EXPORTS = [
  'boot',
  'configure',
  'restore',
  'load',
  'call',
  'program',
  'check',
  'checkHere',
  'judge',
  'occurrences',
] as const;

type Side = Record<(typeof EXPORTS)[number], ivm.Reference>;
type Action = Exclude<keyof Side, 'boot' | 'configure' | 'restore' | 'occurrences'>;

export type PythonOutcome =
  | { report: Report; death: Death | null; message: string }
  | { death: Death; message: string };

export function loadParts(imageFile: string): PythonParts {
  const { image, pages } = readImage(imageFile);
  return {
    wasm: new ivm.ExternalCopy(bufferOf(pythonWasm(MAX_PYTHON_BYTES))),
    image: new ivm.ExternalCopy(image),
    pages: new ivm.ExternalCopy(bufferOf(pages)),
    library: new ivm.ExternalCopy(bufferOf(standardLibrary())),
  };
}

export class PythonSandbox {
  readonly #isolate: ivm.Isolate;
  readonly #side: Side;
  /** Nothing has gone wrong in it: it can serve again. */
  clean = true;

  private constructor(isolate: ivm.Isolate, side: Side) {
    this.#isolate = isolate;
    this.#side = side;
  }

  static async create(parts: PythonParts): Promise<PythonSandbox> {
    const isolate = createIsolate(ISOLATE_MB);
    const context = await isolate.createContext();
    const side = await functionsOf(await loadEntry(isolate, context, 'sandbox/python/interpreters'), EXPORTS);
    const items = [parts.wasm, parts.image, parts.pages, parts.library].map((part) => part.copyInto());
    await side.boot.apply(undefined, items);
    return new PythonSandbox(isolate, side);
  }

  async configure(settings: JobSettings): Promise<void> {
    await this.#side.configure.apply(undefined, [JSON.stringify(settings)]);
  }

  /** Puts the memory back while nobody waits; `configure` does it otherwise. */
  async restore(): Promise<void> {
    await this.#side.restore.apply(undefined, []);
  }

  /** Never rejects because of the solution. */
  async run(action: Action, items: string[], guard: RunGuard, cpuMs?: number): Promise<PythonOutcome> {
    let report: Report;
    try {
      const ran = await guard.run(
        () => this.#side[action].apply(undefined, items) as Promise<unknown>,
        () => this.dispose(),
        cpuMs,
      );
      if ('stopped' in ran) {
        this.clean = false;
        return { death: ran.stopped, message: 'time limit' };
      }
      report = JSON.parse(String(ran.value)) as Report;
    } catch (error) {
      const gone = this.#isolate.isDisposed;
      this.dispose();
      return { death: gone ? 'memory' : 'crash', message: String((error as Error)?.message ?? error) };
    }
    if (report.end !== null || report.memoryBytes > REUSABLE_BYTES) this.clean = false;
    return { report, ...deathOf(report.end) };
  }

  /** How often a text stands in the memories of the solution and of the checker: for the proof that answers do not leak. */
  async occurrences(text: string): Promise<[solution: number, checker: number]> {
    return (await this.#side.occurrences.apply(undefined, [text], { result: { copy: true } })) as [number, number];
  }

  dispose(): void {
    this.clean = false;
    if (!this.#isolate.isDisposed) this.#isolate.dispose();
  }
}

function deathOf(end: RunEnd): { death: Death | null; message: string } {
  if (end === null) return { death: null, message: '' };
  return { death: end.kind === 'denied' ? 'denied' : 'crash', message: `${end.kind}: ${end.detail}` };
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
