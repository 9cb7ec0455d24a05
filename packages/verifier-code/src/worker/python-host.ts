// The Python of one worker: a keeper isolate, which holds the compiled wasm and never sees a solution, and the isolate in use. A
// lost isolate is replaced before the next job begins, so that its making counts against no job's limit.

import { loadParts, MAX_PYTHON_BYTES, type PythonParts, PythonSandbox } from './python-sandbox.ts';
import { RunGuard } from './run-guard.ts';

const SELF_TEST_MS = 30_000;
const SETTINGS = { seed: 0, memoryBytes: MAX_PYTHON_BYTES, outputBytes: 1024, valueBytes: 1 << 20 };

export class PythonHost {
  readonly #parts: PythonParts;
  readonly #keeper: PythonSandbox;
  #current: PythonSandbox;

  private constructor(parts: PythonParts, keeper: PythonSandbox, current: PythonSandbox) {
    this.#parts = parts;
    this.#keeper = keeper;
    this.#current = current;
  }

  static async start(imageFile: string): Promise<PythonHost> {
    const parts = loadParts(imageFile);
    const keeper = await PythonSandbox.create(parts);
    return new PythonHost(parts, keeper, await PythonSandbox.create(parts));
  }

  /**
   * One honest job and one call to what must be sealed.
   * @throws Error when either does not go as it must
   */
  async selfTest(): Promise<void> {
    const guard = new RunGuard({ cpuMs: SELF_TEST_MS, wallMs: 3 * SELF_TEST_MS });
    await this.#keeper.configure(SETTINGS);
    const load = (source: string) => this.#keeper.run('load', [JSON.stringify({ prelude: '', source })], guard);
    await load('def double(x):\n    return 2 * x\n');
    const job = { setup: '', tests: 'assert double(21) == 42\nassert double(21) == 43\n', entryPoints: [], seed: 0 };
    const checked = await this.#keeper.run('check', [JSON.stringify(job)], guard);
    const found = 'report' in checked ? checked.report.result : checked.message;
    if (!/"passed":1,"failed":1/.test(found)) throw new Error(`the Python self-test found ${found || checked.message}`);
    const denied = await load('import _pyodide_core\n_pyodide_core.create_proxy(object())\n');
    if (denied.death !== 'denied') throw new Error('the Python self-test could import the bridge to JavaScript');
  }

  /** The isolate for the next job. */
  async sandbox(): Promise<PythonSandbox> {
    if (!this.#current.clean) await this.recover();
    return this.#current;
  }

  /** Makes ready for the next job: puts a clean isolate back to the image, replaces another. */
  async recover(): Promise<void> {
    if (this.#current.clean) return this.#current.restore();
    this.#current.dispose();
    this.#current = await PythonSandbox.create(this.#parts);
  }
}
