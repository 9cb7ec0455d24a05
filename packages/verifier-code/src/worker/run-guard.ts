// Watches a call into an isolate from outside. The limit is processor time, so that a busy machine does not change verdicts; a
// wall-clock net, six times as wide by default, catches what waits. A call that cannot be stopped is reported as stuck: then
// only the end of the process helps.

export type Guarded<T> = { value: T } | { stopped: 'timeout' | 'stuck' };

const POLL_MS = 10;
/** How long a terminated call may take to come back before it counts as stuck. */
const TERMINATION_MS = 1_000;

export class RunGuard {
  readonly #cpuMs: number;
  readonly #wallMs: number;
  readonly #started = new Stopwatch();

  /** The limits of a whole job, counted from now. */
  constructor(limits: { cpuMs: number; wallMs: number }) {
    this.#cpuMs = limits.cpuMs;
    this.#wallMs = limits.wallMs;
  }

  /** Processor and wall time since the start, in milliseconds. */
  spent(): { cpuMs: number; wallMs: number } {
    return this.#started.read();
  }

  /**
   * Waits for `call`. When the rest of the job's time, or `cpuMs` of its own, is used up, calls `terminate` and answers `timeout`,
   * or `stuck` when even that does not end the call. Rejections of the call are passed on.
   */
  async run<T>(call: () => Promise<T>, terminate: () => void, cpuMs = Infinity): Promise<Guarded<T>> {
    const watch = new Stopwatch();
    const isOver = () => {
      const job = this.#started.read();
      return job.cpuMs >= this.#cpuMs || job.wallMs >= this.#wallMs || watch.read().cpuMs >= cpuMs;
    };
    // A job of many short calls: none of them lives to see the clock.
    if (isOver()) {
      terminate();
      return { stopped: 'timeout' };
    }
    let poll: NodeJS.Timeout | undefined;
    const expired = new Promise<'expired'>((resolve) => {
      poll = setInterval(() => isOver() && resolve('expired'), POLL_MS);
    });
    try {
      const running = call();
      const first = await Promise.race([running.then((value) => ({ value })), expired]);
      if (first !== 'expired') return first;
      terminate();
      const settled = running.then(
        () => true,
        () => true,
      );
      return { stopped: (await within(settled, TERMINATION_MS)) ? 'timeout' : 'stuck' };
    } finally {
      clearInterval(poll);
    }
  }
}

/** Processor time of this process, which runs one job at a time, but never more than the clock on the wall. */
class Stopwatch {
  readonly #cpu = process.cpuUsage();
  readonly #wall = performance.now();

  read(): { cpuMs: number; wallMs: number } {
    const { user, system } = process.cpuUsage(this.#cpu);
    const wallMs = performance.now() - this.#wall;
    return { cpuMs: Math.min((user + system) / 1000, wallMs), wallMs };
  }
}

async function within(settled: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
