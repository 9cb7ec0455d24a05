// One `generate` call of an engine whose batch runs for several: what it asked for, and a mailbox for what has finished. The
// batch does not wait for a reader that is slow; a mailbox holds at most the call's own samples.

import type { GenerateOptions, RolloutRequest, Trajectory } from '@thinkwright/rollouts';

export class Call {
  readonly requests: readonly RolloutRequest[];
  readonly options: GenerateOptions;
  readonly weightVersion: number;
  readonly #mailbox: Trajectory[] = [];
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(requests: readonly RolloutRequest[], options: GenerateOptions, weightVersion: number) {
    this.requests = requests;
    this.options = options;
    this.weightVersion = weightVersion;
  }

  put(trajectory: Trajectory): void {
    this.#mailbox.push(trajectory);
    this.#wake?.();
  }

  /** Nothing follows; with an error, reading ends with it. */
  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<Trajectory> {
    for (;;) {
      const trajectory = this.#mailbox.shift();
      if (trajectory) yield trajectory;
      else if (!this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (this.#error === undefined) return;
      else throw this.#error;
    }
  }
}
