// What waits for a worker: jobs of whole groups, in the order in which they came; and suspects, jobs under which a worker was lost.
// A suspect has a worker to itself, so that the guilty one is found and the innocent ones are not blamed again; suspects take at
// most half of the workers, so that the others go on.
import type { ScoreOutcome } from '../score-batch.ts';
import type { RewardContext } from '../types.ts';
import type { SentContext } from './messages.ts';
import type { WorkerJob, WorkerProcess } from './worker-process.ts';

/** One call of a reward. */
export interface ScoringTask {
  /** Nobody waits for it any more. */
  cancelled: boolean;
  outcomes: Promise<ScoreOutcome[]>;
  /** Gives the outcomes of some completions; those that are known already stay. */
  settle(indices: readonly number[], outcomes: readonly ScoreOutcome[]): void;
}

export interface RewardJob extends WorkerJob {
  task: ScoringTask;
  /** Places of the contexts in the call. */
  indices: number[];
  suspect: boolean;
  strikes: number;
}

type Worker = WorkerProcess<RewardJob>;

export class JobQueue {
  readonly #width: number;
  #waiting: RewardJob[] = [];
  #suspects: RewardJob[] = [];
  /** Workers that get no new jobs until a suspect has had them. */
  #draining = new Set<Worker>();

  /** @param width jobs that a worker has at the same time */
  constructor(width: number) {
    this.#width = width;
  }

  /** @param jobSize completions of one job, unless a group is larger */
  add(verifier: string, batch: readonly RewardContext[], jobSize: number): ScoringTask {
    const task = createTask(batch.length);
    const contexts = batch.map(({ signal: _, ...sent }): SentContext => sent);
    const job = (indices: number[]): RewardJob => this.#job(task, verifier, indices.map((index) => contexts[index]!), indices); // biome-ignore format: one expression
    let indices: number[] = [];
    for (const group of wholeGroups(contexts)) {
      if (indices.length > 0 && indices.length + group.length > jobSize) {
        this.#waiting.push(job(indices));
        indices = [];
      }
      indices.push(...group);
    }
    if (indices.length > 0) this.#waiting.push(job(indices.sort((a, b) => a - b)));
    return task;
  }

  /** Takes back a job whose worker was lost: each of its groups becomes a suspect. */
  addSuspect({ task, verifier, contexts, indices, strikes }: RewardJob): void {
    if (task.cancelled) return;
    for (const group of wholeGroups(contexts)) {
      const job = this.#job(task, verifier, group.map((slot) => contexts[slot]!), group.map((slot) => indices[slot]!)); // biome-ignore format: one expression
      this.#suspects.push(Object.assign(job, { suspect: true, strikes }));
    }
  }

  /** Forgets what waits for a call; its running jobs are the workers' to cancel. */
  cancel(task: ScoringTask): void {
    task.cancelled = true;
    this.#waiting = this.#waiting.filter((job) => job.task !== task);
    this.#suspects = this.#suspects.filter((job) => job.task !== task);
  }

  failAll(cause: string): void {
    for (const job of [...this.#waiting.splice(0), ...this.#suspects.splice(0)]) failJob(job, cause);
  }

  /** Hands out as much as the workers may have. */
  dispatch(workers: ReadonlySet<Worker>): void {
    this.#dispatchSuspects(workers);
    for (;;) {
      const free = [...workers]
        .filter((worker) => !worker.dead && !this.#draining.has(worker) && !hasSuspect(worker))
        .sort((a, b) => a.jobs.length - b.jobs.length)[0];
      if (!free || free.jobs.length >= this.#width || this.#waiting.length === 0) return;
      free.run(this.#waiting.shift()!);
    }
  }

  #dispatchSuspects(workers: ReadonlySet<Worker>): void {
    const alive = [...workers].filter((worker) => !worker.dead);
    this.#draining = new Set(this.#suspects.length > 0 ? alive.filter((worker) => this.#draining.has(worker)) : []);
    const most = Math.max(1, Math.floor(alive.length / 2));
    const others = alive.filter((worker) => !hasSuspect(worker)).sort((a, b) => a.jobs.length - b.jobs.length);
    for (const worker of others.slice(0, most - (alive.length - others.length))) {
      if (this.#suspects.length === 0) break;
      if (worker.jobs.length > 0) this.#draining.add(worker);
      else {
        this.#draining.delete(worker);
        worker.run(this.#suspects.shift()!);
      }
    }
  }

  #job(task: ScoringTask, verifier: string, contexts: SentContext[], indices: number[]): RewardJob {
    const done = (outcomes: ScoreOutcome[]) => task.settle(indices, outcomes);
    return { task, verifier, contexts, indices, suspect: false, strikes: 0, done };
  }
}

export function failJob({ task, indices }: RewardJob, cause: string): void {
  task.settle(indices, indices.map(() => ({ status: 'error', cause }))); // biome-ignore format: one expression
}

const hasSuspect = (worker: Worker) => worker.jobs.some(({ suspect }) => suspect);

/** Indices of the contexts, group by group. */
function wholeGroups(contexts: readonly SentContext[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { groupId }] of contexts.entries()) {
    const group = groups.get(groupId);
    if (group) group.push(index);
    else groups.set(groupId, [index]);
  }
  return [...groups.values()];
}

function createTask(count: number): ScoringTask {
  const outcomes: ScoreOutcome[] = new Array(count);
  let missing = count;
  let resolve!: (outcomes: ScoreOutcome[]) => void;
  const settled = new Promise<ScoreOutcome[]>((done) => {
    resolve = done;
  });
  if (count === 0) resolve(outcomes);
  return {
    cancelled: false,
    outcomes: settled,
    settle(indices, given) {
      for (const [slot, index] of indices.entries()) {
        if (outcomes[index] !== undefined || given[slot] === undefined) continue;
        outcomes[index] = given[slot];
        if (--missing === 0) resolve(outcomes);
      }
    },
  };
}
