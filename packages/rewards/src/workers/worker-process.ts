// The pool's hold on one worker process: starts it, hands it jobs, notices that it is silent (a reward that computes without end)
// or dead, and kills it.
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RewardError } from '../errors.ts';
import type { ScoreOutcome } from '../score-batch.ts';
import type { FromWorker, SentContext, ToWorker, WorkerSettings } from './messages.ts';

/** How a worker ended while it had jobs. */
export type WorkerEnd = { hung: boolean; how: string };

export interface WorkerJob {
  verifier: string;
  contexts: SentContext[];
  done(outcomes: ScoreOutcome[]): void;
}

/** A worker that is silent for this many beats is taken for stuck. */
const BEATS = 4;
const START_MS = 120_000;
const CLOSE_MS = 2_000;
const RUNS_FROM_SOURCE = import.meta.url.endsWith('.ts');

export class WorkerProcess<Job extends WorkerJob> {
  readonly #child: ChildProcess;
  readonly #jobs = new Map<number, Job>();
  readonly #settings: WorkerSettings;
  readonly exited: Promise<void>;
  #number = 0;
  #silentBeats = 0;
  #hung = false;
  #how = '';
  dead = false;
  /** Called after each answer. */
  onAnswer: () => void = () => {};
  /** Called once, when the process is gone. */
  onEnd: (end: WorkerEnd, jobs: Job[]) => void = () => {};
  verifiers: { name: string; description: string }[] = [];

  private constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#child = fork(mainFile(), [], {
      serialization: 'advanced',
      // What a verifier prints must not mix with the output of a program.
      stdio: ['ignore', 2, 'inherit', 'ipc'],
      ...(RUNS_FROM_SOURCE ? { execArgv: ['--conditions=@thinkwright/source'] } : {}),
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#gone(error.message, resolve));
      this.#child.once('exit', (code, signal) =>
        this.#gone(signal ? `it was ended by ${signal}` : `it ended with code ${code}`, resolve),
      );
    });
  }

  /** @throws RewardError TW_REWARDS_VERIFIER when a verifier cannot be loaded or the process does not start. */
  static async start<Job extends WorkerJob>(settings: WorkerSettings): Promise<WorkerProcess<Job>> {
    const worker = new WorkerProcess<Job>(settings);
    const late = setTimeout(() => worker.kill(), START_MS);
    try {
      const first = await new Promise<FromWorker>((resolve, reject) => {
        worker.#child.once('message', (message) => resolve(message as FromWorker));
        worker.exited.then(() => reject(new Error(`the worker did not start: ${worker.#how}`)));
        worker.#send({ type: 'load', settings });
      });
      if (first.type !== 'ready') throw new Error(first.type === 'failed' ? first.message : 'not ready');
      worker.verifiers = first.verifiers;
      worker.#listen();
      return worker;
    } catch (error) {
      worker.kill();
      await worker.exited;
      throw new RewardError('TW_REWARDS_VERIFIER', (error as Error).message, { cause: error });
    } finally {
      clearTimeout(late);
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get jobs(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  run(job: Job): void {
    if (this.#jobs.size === 0) {
      this.#silentBeats = 0;
      this.ref();
    }
    this.#jobs.set(++this.#number, job);
    const { verifier, contexts } = job;
    this.#send({ type: 'score', id: this.#number, verifier, contexts });
  }

  /** The answers of these jobs are not wanted any more; they keep their place until the worker says that it has let go. */
  cancel(which: (job: Job) => boolean): void {
    for (const [id, job] of this.#jobs) if (which(job)) this.#send({ type: 'cancel', id });
  }

  kill(): void {
    if (!this.dead) this.#child.kill('SIGKILL');
  }

  /** Lets verifiers close what they hold; then by force. */
  async close(): Promise<void> {
    this.ref();
    this.#send({ type: 'close' });
    const late = setTimeout(() => this.kill(), CLOSE_MS);
    await this.exited;
    clearTimeout(late);
  }

  /** A worker that waits must not keep a program alive. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  ref(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  #listen(): void {
    this.#child.on('message', (raw) => {
      const message = raw as FromWorker;
      this.#silentBeats = 0;
      if (message.type !== 'scored') return;
      const job = this.#jobs.get(message.id);
      this.#jobs.delete(message.id);
      if (this.#jobs.size === 0) this.unref();
      job?.done(message.outcomes);
      this.onAnswer();
    });
    // Beats are counted, not time: a parent that was busy or asleep itself must not blame the worker.
    const watch = setInterval(() => {
      if (this.#jobs.size === 0 || ++this.#silentBeats <= BEATS) return;
      this.#hung = true;
      this.kill();
    }, this.#settings.beatMs);
    watch.unref();
    void this.exited.then(() => clearInterval(watch));
  }

  #send(message: ToWorker): void {
    // A dead worker is met by its exit.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #gone(how: string, resolve: () => void): void {
    if (this.dead) return;
    this.dead = true;
    this.#how = how;
    const silentMs = BEATS * this.#settings.beatMs;
    const end = this.#hung ? { hung: true, how: `it did not answer for ${silentMs} ms (an endless loop?)` } : { hung: false, how }; // biome-ignore format: two cases
    const left = [...this.#jobs.values()];
    this.#jobs.clear();
    resolve();
    this.onEnd(end, left);
  }
}

function mainFile(): string {
  if (RUNS_FROM_SOURCE) return fileURLToPath(new URL('./worker-main.ts', import.meta.url));
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return path.join(folder, 'dist/workers/worker-main.js');
}
