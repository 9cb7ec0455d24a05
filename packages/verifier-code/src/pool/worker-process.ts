// The parent's hold on one worker process: starts it with as few rights as Node and the kernel can take away, watches its time
// and memory while it has a job, kills it on any doubt, and tells why it died.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import os from 'node:os';
import { PACKAGE_FOLDER } from '../package-folder.ts';
import type { FromWorker, ToWorker, WireJob } from '../worker/wire.ts';
import { residentBytes } from './resident-memory.ts';
import { workerCommand } from './worker-command.ts';

/** How a job on this worker ended, when not by a message of the worker. */
export type WorkerEnd =
  | { type: 'overtime' }
  | { type: 'memory' }
  /** `external`: by a kill that was not ours. */
  | { type: 'died'; external: boolean; message: string };

export type WorkerAnswer = Exclude<FromWorker, { type: 'ready' }> | WorkerEnd;

export interface WorkerProcessOptions {
  imageFile: string | null;
  /** Resident size at which the worker is killed. */
  maxResidentMb: number;
}

/** Written by a worker before it ends itself: see `createIsolate`. */
const CATASTROPHE = 'catastrophic error in an isolate';
const START_MS = 60_000;
const GRACE_MS = 1_500;
const WATCH_MS = 50;
const STDERR_KEPT = 4_000;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #options: WorkerProcessOptions;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #stderr = '';
  #answer: ((answer: WorkerAnswer) => void) | null = null;
  #jobId = 0;
  #killed: WorkerEnd | null = null;
  dead = false;

  private constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.#child = startProcess(options);
    this.#child.stderr!.setEncoding('utf8');
    this.#child.stderr!.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#stderr += error.message;
        this.dead = true;
        resolve({ code: null, signal: null });
      });
      this.#child.once('close', (code, signal) => {
        this.dead = true;
        resolve({ code, signal });
      });
    });
    this.#exited.then(({ code, signal }) => this.#settle(this.#endOf(code, signal)));
  }

  /** Starts a worker and waits until it is ready. Rejects with what it wrote when it cannot start. */
  static async start(options: WorkerProcessOptions): Promise<WorkerProcess> {
    const worker = new WorkerProcess(options);
    const late = setTimeout(() => worker.kill(), START_MS);
    try {
      const first = await new Promise<FromWorker | null>((resolve) => {
        worker.#child.once('message', (message) => resolve(message as FromWorker));
        worker.#exited.then(() => resolve(null));
      });
      if (first?.type === 'ready') {
        worker.#listen();
        return worker;
      }
      const reason = first?.type === 'failed' ? first.message : worker.#stderr.trim() || `no answer in ${START_MS} ms`;
      await worker.kill();
      throw new Error(reason);
    } finally {
      clearTimeout(late);
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Runs one job. Always resolves; after any answer but `verdict` and `bad-job` the worker is dead. */
  async run(job: WireJob): Promise<WorkerAnswer> {
    if (this.dead) return { type: 'died', external: true, message: 'the worker was dead already' };
    const id = ++this.#jobId;
    const deadline = performance.now() + job.limits.wallMs + GRACE_MS;
    const watch = setInterval(() => void this.#watch(deadline), WATCH_MS);
    try {
      const answer = await new Promise<WorkerAnswer>((resolve) => {
        this.#answer = resolve;
        this.#child.send({ id, job } satisfies ToWorker, (error) => {
          if (error) void this.kill();
        });
      });
      const finished = answer.type === 'bad-job' || (answer.type === 'verdict' && !answer.doomed);
      if (!finished) await this.kill();
      return answer;
    } finally {
      clearInterval(watch);
    }
  }

  /** Ends the process and waits until it is gone and reaped. */
  async kill(): Promise<void> {
    this.ref();
    if (!this.dead) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** A worker that waits must not keep a program alive. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    (this.#child.stderr as Socket).unref();
  }

  ref(): void {
    this.#child.ref();
    this.#child.channel?.ref();
    (this.#child.stderr as Socket).ref();
  }

  #listen(): void {
    this.#child.on('message', (raw) => {
      const message = raw as FromWorker;
      if (isAnswer(message) && message.id === this.#jobId) this.#settle(message);
    });
  }

  #settle(answer: WorkerAnswer): void {
    const resolve = this.#answer;
    this.#answer = null;
    resolve?.(answer);
  }

  async #watch(deadline: number): Promise<void> {
    if (this.#answer === null || this.dead || this.#killed !== null) return;
    if (performance.now() > deadline) this.#end({ type: 'overtime' });
    else if ((await residentBytes(this.#child.pid!)) > this.#options.maxResidentMb * 2 ** 20)
      this.#end({ type: 'memory' });
  }

  #end(end: WorkerEnd): void {
    if (this.#answer === null || this.#killed !== null) return;
    this.#killed = end;
    this.#child.kill('SIGKILL');
  }

  #endOf(code: number | null, signal: NodeJS.Signals | null): WorkerEnd {
    if (this.#killed) return this.#killed;
    if (this.#stderr.includes(CATASTROPHE) || /Last few GCs|heap out of memory/.test(this.#stderr))
      return { type: 'memory' };
    const how = signal ? `by ${signal}` : `with code ${code}`;
    return {
      type: 'died',
      external: signal === 'SIGKILL' || signal === 'SIGTERM',
      message: `the worker ended ${how}. ${this.#stderr}`,
    };
  }
}

function isAnswer(message: unknown): message is Exclude<FromWorker, { type: 'ready' }> {
  const type = (message as { type?: unknown } | null)?.type;
  return type === 'verdict' || type === 'bad-job' || type === 'failed';
}

function startProcess({ imageFile }: WorkerProcessOptions): ChildProcess {
  const [file, ...args] = workerCommand('worker/main', { imageFile });
  const child = spawn(file!, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: {}, cwd: PACKAGE_FOLDER });
  try {
    if (child.pid !== undefined) os.setPriority(child.pid, 10);
  } catch {
    // It may have ended already, or the system has no priorities.
  }
  return child;
}
