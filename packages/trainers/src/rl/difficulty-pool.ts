// A difficulty curriculum: prompts whose pass rate lies within the gate enter a pool and are tried again, those near one half most
// often; what is mastered (or hopeless) leaves it. The variance p (1 - p) of a prompt is how much its group can teach.
// Online difficulty filtering, https://arxiv.org/abs/2504.03380; sampler and admission gate as in prime-rl.

import type { Row } from '@thinkwright/rewards';
import { hashKey, uniform } from '@thinkwright/tensors';
import { drawWeighted } from './weighted-draw.ts';

export interface DifficultyOptions {
  /** Prompts kept at most. */
  poolSize: number;
  /** Share of a generation's prompts that comes from the pool, as far as it reaches. */
  poolShare: number;
  /** The gate, both ends included: rows of other pass rates are not tried again. */
  minPassRate: number;
  maxPassRate: number;
  /** A completion passes with at least this reward. */
  passReward: number;
}

interface Entry {
  row: Row;
  /** Share of the completions of the last try that passed. */
  rate: number;
  /** Completions of that try. */
  tried: number;
}

export class DifficultyPool {
  #entries: Entry[] = [];
  readonly #options: DifficultyOptions;
  readonly #seed: number;

  constructor(options: DifficultyOptions, seed: number) {
    this.#options = options;
    this.#seed = seed;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Takes up to `poolShare` of `count` rows out of the pool; they come back through `record`. Fixed by (seed, draw). */
  take(count: number, draw: number): Row[] {
    const wanted = Math.floor(count * this.#options.poolShare);
    const chance = (index: number) => uniform(this.#seed, hashKey('curriculum'), draw, index);
    return drawWeighted(this.#entries, wanted, variance, chance).map(({ row }) => row);
  }

  /**
   * What a try of a row gave. @param rewards of its completions; NaN = could not be scored.
   * @returns whether the row is (again) in the pool.
   */
  record(row: Row, rewards: readonly number[]): boolean {
    const { minPassRate, maxPassRate, passReward, poolSize } = this.#options;
    const scored = rewards.filter((reward) => !Number.isNaN(reward));
    const rate = scored.filter((reward) => reward >= passReward - 1e-9).length / scored.length;
    if (!(rate >= minPassRate && rate <= maxPassRate)) return false; // NaN too: nothing is known of it
    const entry = { row, rate, tried: scored.length };
    this.#entries.push(entry);
    if (this.#entries.length <= poolSize) return true;
    const least = this.#entries.reduce((low, other, i, all) => (variance(other) < variance(all[low]!) ? i : low), 0);
    return this.#entries.splice(least, 1)[0] !== entry;
  }

  state(): Entry[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  restore(entries: readonly Entry[]): void {
    this.#entries = entries.map((entry) => ({ ...entry }));
  }
}

export type DifficultyState = ReturnType<DifficultyPool['state']>;

/** p (1 - p) of the rate after one more pass and one more failure, so that a prompt that was never solved keeps a chance. */
function variance({ rate, tried }: Entry): number {
  const smoothed = (rate * tried + 1) / (tried + 2);
  return smoothed * (1 - smoothed);
}
