// Step-level credit: the rewards of reasoning steps (from a process reward model), normalised over all steps of the group; a token is
// worth what the steps that end at it or later are worth.
//   z_ij = (r_ij - mean(r of the group)) / (std(r of the group) + 1e-4),   A_it = sum over steps j of completion i with end_j >= t of z_ij
// Process supervision of DeepSeekMath, https://arxiv.org/abs/2402.03300 section 4.1.3. A group whose steps all agree gives 0.

import { standardise } from './reinforce-plus-plus.ts';

export interface StepRewards {
  /** Reward of each step. */
  steps: readonly number[];
  /** Index of the last token of each step, ascending. */
  stepEnds: ArrayLike<number>;
  /** Tokens of the completion. */
  tokens: number;
}

/** @param group the completions of one prompt. @returns the advantage of each token of each completion. */
export function stepAdvantages(group: readonly StepRewards[]): Float64Array[] {
  const normalised = standardise(Float64Array.from(group.flatMap(({ steps }) => steps)));
  let place = 0;
  return group.map(({ steps, stepEnds, tokens }) => {
    const own = normalised.subarray(place, place + steps.length);
    place += steps.length;
    const advantages = new Float64Array(tokens);
    for (const [step, value] of own.entries()) {
      if (Number.isNaN(value)) continue; // a single step has nothing to be compared with
      for (let token = 0; token <= stepEnds[step]!; token++) advantages[token]! += value;
    }
    return advantages;
  });
}
