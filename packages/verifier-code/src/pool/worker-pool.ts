// A fixed number of workers and a queue before them, first come first served. A worker that dies is replaced; a job under which
// one died is tried again, because a machine's trouble is not the solution's. Closing ends and reaps every process.
import { CodeVerifierError } from '../errors.ts';
import type { Verdict, VerdictStatus } from '../jobs/job.ts';
import type { WireJob, WireVerdict } from '../worker/wire.ts';
import { type WorkerAnswer, WorkerProcess, type WorkerProcessOptions } from './worker-process.ts';

interface Waiting {
  job: WireJob;
  signal?: AbortSignal;
  resolve(verdict: Verdict): void;
  reject(error: unknown): void;
}

/** Deaths under one job before the job is blamed: by its own doing, and by kills from outside. */
const OWN_DEATHS = 2;
const EXTERNAL_DEATHS = 20;
const FAILURES = 2;
const START_ATTEMPTS = 3;

export interface PoolCounts {
  /** Workers started so far. */
  started: number;
  /** Jobs tried again because their worker died. */
  retried: number;
  verdicts: Partial<Record<VerdictStatus, number>>;
}

export class WorkerPool {
  readonly #options: WorkerProcessOptions;
  readonly #size: number;
  readonly #idle: WorkerProcess[] = [];
  readonly #all = new Set<WorkerProcess>();
  readonly #queue: Waiting[] = [];
  readonly #lanes = new Set<Promise<void>>();
  #starting = 0;
  #closed = false;
  readonly counts: PoolCounts = { started: 0, retried: 0, verdicts: {} };

  constructor(size: number, options: WorkerProcessOptions) {
    this.#size = size;
    this.#options = options;
  }

  /** Starts all workers now, instead of when jobs come. */
  async warm(): Promise<void> {
    const missing = Math.max(0, this.#size - this.#all.size - this.#starting);
    const workers = await Promise.all(Array.from({ length: missing }, () => this.#start()));
    for (const worker of workers) this.#release(worker);
  }

  /** Process ids of the workers alive. */
  processIds(): number[] {
    return [...this.#all].flatMap((worker) => (worker.dead || worker.pid === undefined ? [] : [worker.pid]));
  }

  run(job: WireJob, signal?: AbortSignal): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closedError());
      const waiting: Waiting = { job, signal, resolve, reject };
      const abort = () => {
        const index = this.#queue.indexOf(waiting);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(signal!.reason);
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      waiting.resolve = (verdict) => {
        signal?.removeEventListener('abort', abort);
        resolve(verdict);
      };
      waiting.reject = (error) => {
        signal?.removeEventListener('abort', abort);
        reject(error);
      };
      this.#queue.push(waiting);
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(closedError());
    await Promise.all([...this.#all].map((worker) => worker.kill()));
    await Promise.all(this.#lanes);
    await Promise.all([...this.#all].map((worker) => worker.kill()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#lanes.size < this.#size) {
      const lane: Promise<void> = this.#lane().finally(() => {
        this.#lanes.delete(lane);
        if (this.#queue.length > 0) this.#dispatch();
      });
      this.#lanes.add(lane);
    }
  }

  /** Works the queue off with one worker. */
  async #lane(): Promise<void> {
    let worker: WorkerProcess | null = null;
    for (let waiting = this.#queue.shift(); waiting !== undefined; waiting = this.#queue.shift()) {
      try {
        const { verdict, survivor } = await this.#judge(waiting, worker);
        worker = survivor;
        this.counts.verdicts[verdict.status] = (this.counts.verdicts[verdict.status] ?? 0) + 1;
        waiting.resolve(verdict);
      } catch (error) {
        worker = error instanceof JobError ? error.survivor : null;
        waiting.reject(this.#closed ? closedError() : error instanceof JobError ? error.error : error);
      }
    }
    if (worker) this.#release(worker);
  }

  /** Runs one job to a verdict, on as many workers as it takes. */
  async #judge(
    { job, signal }: Waiting,
    own: WorkerProcess | null,
  ): Promise<{ verdict: Verdict; survivor: WorkerProcess | null }> {
    let deaths = 0;
    let kills = 0;
    let failures = 0;
    let worker = own;
    for (let attempts = 1; ; attempts++) {
      if (this.#closed) throw closedError();
      worker ??= await this.#take();
      const running = worker;
      // A job that is no longer wanted ends with its worker: nothing gentler stops every program.
      const abort = () => void running.kill();
      signal?.addEventListener('abort', abort, { once: true });
      const answer: WorkerAnswer = await running.run(job);
      signal?.removeEventListener('abort', abort);
      const survivor = running.dead ? null : running;
      if (running.dead) this.#all.delete(running);
      const end = (verdict: WireVerdict) => ({ verdict: finished(job, verdict, attempts), survivor });
      if (signal?.aborted) throw new JobError(signal.reason, survivor);
      switch (answer.type) {
        case 'verdict':
          return end(answer.verdict);
        case 'bad-job':
          throw new JobError(new CodeVerifierError(answer.code, answer.message), survivor);
        case 'overtime':
          return end(withoutWorker(job, 'timeout', 'the worker did not come back in time'));
        case 'memory':
          return end(withoutWorker(job, 'memory', 'the worker outgrew its memory'));
        case 'failed':
          if (++failures >= FAILURES) throw infrastructure(`a worker failed: ${answer.message}`);
          break;
        case 'died':
          if (answer.external ? ++kills >= EXTERNAL_DEATHS : ++deaths >= OWN_DEATHS) {
            return end(withoutWorker(job, 'crash', answer.message));
          }
      }
      this.counts.retried++;
      worker = null;
    }
  }

  async #take(): Promise<WorkerProcess> {
    for (let worker = this.#idle.pop(); worker; worker = this.#idle.pop()) {
      if (!worker.dead) {
        worker.ref();
        return worker;
      }
      this.#all.delete(worker);
    }
    return this.#start();
  }

  async #start(): Promise<WorkerProcess> {
    this.#starting++;
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          const worker = await WorkerProcess.start(this.#options);
          this.counts.started++;
          this.#all.add(worker);
          if (this.#closed) {
            await worker.kill();
            throw closedError();
          }
          return worker;
        } catch (error) {
          if (error instanceof CodeVerifierError) throw error;
          if (attempt >= START_ATTEMPTS || this.#closed)
            throw infrastructure(`no worker can start: ${(error as Error).message}`);
        }
      }
    } finally {
      this.#starting--;
    }
  }

  #release(worker: WorkerProcess): void {
    if (worker.dead) {
      this.#all.delete(worker);
      return;
    }
    worker.unref();
    this.#idle.push(worker);
  }
}

/** An error of one job that leaves its worker usable. */
class JobError {
  readonly error: unknown;
  readonly survivor: WorkerProcess | null;

  constructor(error: unknown, survivor: WorkerProcess | null) {
    this.error = error;
    this.survivor = survivor;
  }
}

function finished({ tests }: WireJob, verdict: WireVerdict, attempts: number): Verdict {
  const { status, passed, total, failure, output, cpuMs, wallMs, memoryMb } = verdict;
  const integrity = tests.kind === 'asserts' && tests.shared ? 'shared' : 'separated';
  return { status, passed, total, failure, output, cpuMs, wallMs, memoryMb, integrity, attempts };
}

function withoutWorker(job: WireJob, status: VerdictStatus, message: string): WireVerdict {
  const total = job.tests.kind === 'asserts' ? 0 : job.tests.cases.length;
  const failure = { index: null, message: message.slice(0, 300) };
  return { status, passed: 0, total, failure, output: '', cpuMs: 0, wallMs: 0, memoryMb: 0 };
}

function infrastructure(message: string): CodeVerifierError {
  return new CodeVerifierError(
    'TW_VERIFIER_CODE_INFRASTRUCTURE',
    `${message}. This says nothing about the solution: no score is given. Run \`thinkwright-verify-code doctor\`.`,
  );
}

function closedError(): CodeVerifierError {
  return new CodeVerifierError('TW_VERIFIER_CODE_CLOSED', 'the verifier is closed; create another one.');
}
