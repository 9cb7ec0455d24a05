// A replay buffer of groups that taught much: where a fresh group agrees and has no gradient, an earlier one takes its place, with the
// log-probs of the policy that sampled it, so that the ratio accounts for its age. Draws are weighted by the group's deviation of
// rewards and fixed by (seed, generation, place). RePO, https://arxiv.org/abs/2506.09340; TRL's experimental GRPO with a replay buffer.

import { hashKey, uniform } from '@thinkwright/tensors';
import { deviationOf } from '../advantages/statistics.ts';
import { type Rollout, rolloutFromJson, rolloutToJson } from './rollout.ts';
import { drawWeighted } from './weighted-draw.ts';

export type ReplayState = Record<string, unknown>[][];

export class ReplayBuffer {
  #groups: Rollout[][] = [];
  readonly #size: number;
  readonly #seed: number;

  /** @param size groups at most. */
  constructor(size: number, seed: number) {
    this.#size = size;
    this.#seed = seed;
  }

  get size(): number {
    return this.#groups.length;
  }

  /** Keeps the groups with the largest deviation of rewards, the younger where two are alike. */
  add(groups: readonly Rollout[][]): void {
    this.#groups = [...groups.filter((group) => priority(group) > 0), ...this.#groups]
      .sort((a, b) => priority(b) - priority(a)) // stable
      .slice(0, this.#size);
  }

  /** Forgets groups sampled more than `most` optimizer steps before `step`. */
  forgetOlder(step: number, most: number): void {
    this.#groups = this.#groups.filter(([first]) => step - (first!.sampledAt ?? step) <= most);
  }

  /** Up to `count` different groups; they stay in the buffer. */
  draw(count: number, generation: number): Rollout[][] {
    const chance = (draw: number) => uniform(this.#seed, hashKey('replay'), generation, draw);
    const drawn = drawWeighted([...this.#groups], count, priority, chance);
    return drawn.map((group) => group.map((rollout) => ({ ...rollout, replayed: true })));
  }

  state(): ReplayState {
    return this.#groups.map((group) => group.map(rolloutToJson));
  }

  restore(state: ReplayState): void {
    this.#groups = state.map((group) => group.map(rolloutFromJson));
  }
}

function priority(group: readonly Rollout[]): number {
  const deviation = deviationOf(group.map(({ reward }) => reward));
  return Number.isNaN(deviation) ? 0 : deviation;
}
