// One isolate for one solution: hardened, given surroundings, then the solution's script. Calls go in as text and come out as
// text. Errors of a solution are read inside the isolate, where reading them can be stopped.
import ivm from 'isolated-vm';
import { functionsOf, loadEntry } from './isolate-modules.ts';
import { readAnswer } from './read-answer.ts';
import type { RunGuard } from './run-guard.ts';
import type { Death } from './test-tally.ts';
import type { WireJob } from './wire.ts';

/** `text` as the solution's side wrote it, or why there is none. */
export type Outcome = { text: string } | { death: Death; message: string };

const EXPORTS = ['prepare', 'serve', 'pending', 'functionsAmong', 'runEvent', 'output', 'printed'] as const;

/** Of the checker's entry. */
export const CHECKER_EXPORTS = [
  'prepare',
  'prepareHere',
  'standIn',
  'freeAmong',
  'result',
  'runTimer',
  'follow',
  'judgeOutput',
] as const;

export type CheckerSide = Record<(typeof CHECKER_EXPORTS)[number], ivm.Reference>;

type Side = Record<(typeof EXPORTS)[number], ivm.Reference>;

export class JavaScriptSandbox {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
  /** Set by `loadChecker`. */
  checker: CheckerSide | null = null;
  readonly #side: Side;
  readonly #guard: RunGuard;
  #stopped = false;

  private constructor(isolate: ivm.Isolate, context: ivm.Context, side: Side, guard: RunGuard) {
    this.isolate = isolate;
    this.context = context;
    this.#side = side;
    this.#guard = guard;
  }

  /** @param input standard input, for whole programs */
  static async create(job: WireJob, guard: RunGuard, outputLimit: number, input?: string): Promise<JavaScriptSandbox> {
    const isolate = createIsolate(job.limits.memoryMb);
    const context = await isolate.createContext();
    const side = await functionsOf(await loadEntry(isolate, context, 'sandbox/javascript/solution'), EXPORTS);
    const { seed, modules } = job;
    const options = { seed, modules, outputLimit, valueLimit: job.limits.valueBytes, input };
    await side.prepare.apply(undefined, [JSON.stringify(options)]);
    return new JavaScriptSandbox(isolate, context, side, guard);
  }

  /** For tests that need the solution's live objects: puts what counts assertions beside it. */
  async loadChecker(): Promise<void> {
    const module = await loadEntry(this.isolate, this.context, 'sandbox/javascript/checker');
    this.checker = await functionsOf(module, CHECKER_EXPORTS);
  }

  /** Runs the solution's script. Null when it ran through, else what it threw. */
  async load(
    script: string,
  ): Promise<{ syntax: string } | { threw: string } | { death: Death; message: string } | null> {
    let compiled: ivm.Script;
    try {
      compiled = await this.isolate.compileScript(script, { filename: 'solution.js' });
    } catch (error) {
      if (this.isolate.isDisposed) return this.#death(error);
      return { syntax: String((error as Error).message) };
    }
    try {
      const ran = await this.#guard.run(
        // The last value stays inside: it could be anything.
        async () => void (await compiled.run(this.context, { reference: true })),
        () => this.#stop(),
      );
      return 'stopped' in ran ? { death: ran.stopped, message: 'time limit while loading' } : null;
    } catch (error) {
      if (this.isolate.isDisposed) return this.#death(error);
      return { threw: String((error as Error)?.message ?? error) };
    }
  }

  /** Calls a function on encoded arguments and waits for its promise, if it gives one. */
  async serve(name: string, argumentsText: string, cpuMs?: number): Promise<Outcome> {
    let outcome = await this.#call('serve', [name, argumentsText], cpuMs);
    while ('text' in outcome && outcome.text === '') outcome = await this.#call('pending', [], cpuMs);
    if ('text' in outcome && outcome.text === '{"stuck":true}') {
      return { text: '{"error":["Error","the promise never settles"],"promised":true}' };
    }
    return outcome;
  }

  async functionsAmong(names: string[]): Promise<string[]> {
    const outcome = await this.#call('functionsAmong', [JSON.stringify(names)]);
    try {
      const found = JSON.parse('text' in outcome ? outcome.text : '[]') as unknown;
      return Array.isArray(found) ? (found as string[]) : [];
    } catch {
      return [];
    }
  }

  /** Runs timers and stream events until none is left. An error text, a death, or null. */
  async runEvents(cpuMs?: number): Promise<{ threw: string } | { death: Death; message: string } | null> {
    for (;;) {
      const outcome = await this.#call('runEvent', [], cpuMs);
      if (!('text' in outcome)) return outcome;
      if (outcome.text === 'done') return null;
      if (outcome.text !== 'more') return { threw: readAnswer(outcome.text).error?.join(': ') ?? 'an error' };
    }
  }

  async output(): Promise<{ text: string; printed: number }> {
    const [text, printed] = [await this.#read('output'), await this.#read('printed')];
    return { text: String(text ?? ''), printed: Number(printed ?? 0) };
  }

  memoryMb(): number {
    if (this.isolate.isDisposed) return 0;
    const { used_heap_size, externally_allocated_size } = this.isolate.getHeapStatisticsSync();
    return (used_heap_size + externally_allocated_size) / 2 ** 20;
  }

  dispose(): void {
    if (!this.isolate.isDisposed) this.isolate.dispose();
  }

  async #read(name: 'output' | 'printed'): Promise<unknown> {
    try {
      return this.isolate.isDisposed ? undefined : await this.#side[name].apply(undefined, []);
    } catch {
      return undefined;
    }
  }

  async #call(name: (typeof EXPORTS)[number], items: string[], cpuMs?: number): Promise<Outcome> {
    if (this.isolate.isDisposed) return { death: 'crash', message: 'the sandbox is gone' };
    try {
      const ran = await this.#guard.run(
        () => this.#side[name].apply(undefined, items) as Promise<unknown>,
        () => this.#stop(),
        cpuMs,
      );
      return 'stopped' in ran ? { death: ran.stopped, message: 'time limit' } : { text: String(ran.value) };
    } catch (error) {
      if (this.isolate.isDisposed) return this.#death(error);
      return { text: JSON.stringify({ error: ['Error', String((error as Error)?.message ?? error).slice(0, 300)] }) };
    }
  }

  #stop(): void {
    this.#stopped = true;
    this.dispose();
  }

  #death(error: unknown): { death: Death; message: string } {
    if (this.#stopped) return { death: 'timeout', message: 'time limit' };
    return { death: 'memory', message: String((error as Error)?.message ?? 'memory limit') };
  }
}

/** An isolate whose catastrophes end the process at once: after one, V8 promises nothing. */
export function createIsolate(memoryMb: number): ivm.Isolate {
  return new ivm.Isolate({ memoryLimit: memoryMb, onCatastrophicError: endOfMemory });
}

/** The parent reads this on the standard error of a worker that died: it ran out of memory in V8's own words. */
export const CATASTROPHE = 'thinkwright: catastrophic error in an isolate';

function endOfMemory(): void {
  process.stderr.write(`${CATASTROPHE}\n`);
  process.kill(process.pid, 'SIGKILL');
}
