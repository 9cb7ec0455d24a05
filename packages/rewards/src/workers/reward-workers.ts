// Rewards in processes of their own: a reward that loops for ever, eats all memory or is killed costs one worker, which is started
// again, and what it was judging is tried again. First in company, then alone and group by group, so that one completion that
// breaks its judge does not cost the others their verdicts. Node only.
import os from 'node:os';
import { RewardError } from '../errors.ts';
import type { ScoreOutcome } from '../score-batch.ts';
import { checkFinite, checkWhole } from '../shaping/options.ts';
import type { RewardContext, RewardFunction, Score } from '../types.ts';
import { failJob, JobQueue, type RewardJob } from './job-queue.ts';
import type { WorkerSettings } from './messages.ts';
import { WorkerProcess } from './worker-process.ts';

export interface RewardWorkersOptions {
  /** Installed verifiers by name, or paths of their folders; with the options of their rewards where they need some. */
  verifiers: readonly (string | { name: string; options?: Record<string, unknown> })[];
  /** The folder from which packages are looked for; default the working folder. */
  from?: string;
  /** Processes; default the processors that this process may use. */
  workers?: number;
  /** Completions that a worker is handed at once; default 64. Groups stay whole. */
  jobSize?: number;
  /** Jobs that a worker has at the same time, so that rewards which wait for a network overlap; default 4. */
  jobsPerWorker?: number;
  /** A worker that is silent this long while it has jobs is killed, in milliseconds; default 10,000. */
  hangMs?: number;
  /** Time for one call of a reward, in milliseconds; default 60,000. */
  timeoutMs?: number;
}

export interface WorkerReward {
  name: string;
  description: string;
  reward: RewardFunction;
}

export interface RewardWorkers extends AsyncDisposable {
  /** In the order of the options; each is a reward like any other. */
  verifiers: WorkerReward[];
  /** Process ids of the workers alive. */
  processIds(): number[];
  counts(): { hung: number; died: number; retried: number };
  /** Ends every worker; what is being judged becomes an error. */
  close(): Promise<void>;
}

/** A worker has been killed under a job: hung workers weigh more, because an endless loop is likely to be one again. */
const STRIKES = { hung: 2, died: 1, limit: 4 };
const BEATS_IN_HANG = 4;
const FAILED_STARTS = 3;
const RESTART_MS = 100;

/**
 * Starts the workers and loads the verifiers in each.
 * @throws RewardError TW_REWARDS_VERIFIER when one cannot be loaded, TW_REWARDS_OPTION for numbers out of range.
 */
export async function createRewardWorkers(options: RewardWorkersOptions): Promise<RewardWorkers> {
  const size = checkWhole('createRewardWorkers: workers', options.workers ?? os.availableParallelism(), 1);
  const jobSize = checkWhole('createRewardWorkers: jobSize', options.jobSize ?? 64, 1);
  const width = checkWhole('createRewardWorkers: jobsPerWorker', options.jobsPerWorker ?? 4, 1);
  const hangMs = checkFinite('createRewardWorkers: hangMs', options.hangMs ?? 10_000, { min: BEATS_IN_HANG });
  const settings: WorkerSettings = {
    verifiers: options.verifiers.map((one) => (typeof one === 'string' ? { name: one, options: {} } : { name: one.name, options: one.options ?? {} })), // biome-ignore format: one expression
    from: options.from ?? process.cwd(),
    beatMs: hangMs / BEATS_IN_HANG,
    timeoutMs: checkFinite('createRewardWorkers: timeoutMs', options.timeoutMs ?? 60_000, { min: 1 }),
  };
  if (settings.verifiers.length === 0) {
    throw new RewardError('TW_REWARDS_OPTION', "createRewardWorkers needs at least one verifier, such as ['math'].");
  }
  type Worker = WorkerProcess<RewardJob>;
  const workers = new Set<Worker>();
  const queue = new JobQueue(width);
  const counts = { hung: 0, died: 0, retried: 0 };
  let failedStarts = 0;
  let closed = false;

  const dispatch = () => queue.dispatch(workers);

  function admit(worker: Worker): void {
    workers.add(worker);
    failedStarts = 0;
    worker.unref();
    worker.onAnswer = dispatch;
    worker.onEnd = ({ hung, how }, jobs) => {
      workers.delete(worker);
      counts[hung ? 'hung' : 'died']++;
      for (const job of jobs) retry(job, hung, how);
      void replace();
      dispatch();
    };
  }

  function retry(job: RewardJob, hung: boolean, how: string): void {
    job.strikes += STRIKES[hung ? 'hung' : 'died'];
    if (closed || job.strikes >= STRIKES.limit) {
      failJob(job, `${job.verifier}: the worker that judged this was lost again and again: ${how}`);
    } else {
      counts.retried++;
      queue.addSuspect(job);
    }
  }

  async function replace(): Promise<void> {
    while (!closed) {
      try {
        const worker = await WorkerProcess.start<RewardJob>(settings);
        if (closed) await worker.close();
        else admit(worker);
        break;
      } catch (error) {
        // Whoever waits learns it now; later calls find the next attempt.
        if (++failedStarts >= FAILED_STARTS && workers.size === 0) queue.failAll((error as Error).message);
        await new Promise((resolve) => setTimeout(resolve, Math.min(30_000, RESTART_MS * 2 ** failedStarts)));
      }
    }
    dispatch();
  }

  const started = await Promise.allSettled(
    Array.from({ length: size }, () => WorkerProcess.start<RewardJob>(settings)),
  );
  const running = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) {
    await Promise.all(running.map((worker) => worker.close()));
    throw failure.reason;
  }
  for (const worker of running) admit(worker);

  const score = async (verifier: string, batch: RewardContext[]): Promise<Score[]> => {
    if (closed) throw new RewardError('TW_REWARDS_FAILED', `${verifier}: the workers are closed.`);
    const signal = batch[0]?.signal;
    const task = queue.add(verifier, batch, jobSize);
    let cancel = () => {};
    const aborted = new Promise<never>((_, reject) => {
      cancel = () => {
        queue.cancel(task);
        for (const worker of workers) worker.cancel((job) => job.task === task);
        reject(signal?.reason);
      };
    });
    signal?.addEventListener('abort', cancel, { once: true });
    dispatch();
    try {
      return (await Promise.race([task.outcomes, aborted])).map(toScore);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };

  async function close(): Promise<void> {
    closed = true;
    queue.failAll('the workers were closed');
    await Promise.all([...workers].map((worker) => worker.close()));
  }

  return {
    verifiers: running[0]!.verifiers.map(({ name, description }) => {
      const reward: RewardFunction = Object.assign((batch: RewardContext[]) => score(name, batch), { retriesInside: true }); // biome-ignore format: one expression
      return { name, description, reward: Object.defineProperty(reward, 'name', { value: name }) };
    }),
    processIds: () => [...workers].map(({ pid }) => pid!),
    counts: () => ({ ...counts }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toScore(outcome: ScoreOutcome): Score {
  if (outcome.status === 'skipped') return { skip: outcome.reason };
  if (outcome.status === 'error') return { error: outcome.cause };
  const { value, parts, steps } = outcome;
  return { value, parts, ...(steps ? { steps } : {}) };
}
