// Dynamic sampling: groups whose rewards all agree have no gradient, so further prompts are sampled until enough groups teach, or a
// bound is reached. Whole groups are kept or left, never single completions. DAPO, https://arxiv.org/abs/2503.14476 section 3.2.

import type { Group } from './group.ts';

export interface CollectedGroups {
  /** `wanted` of them: those that teach, then (at the bound, or when the prompts ran out) those that do not. */
  groups: Group[];
  /** Sampled in vain. */
  left: Group[];
  /** Rounds of sampling, 1 without a refill. */
  rounds: number;
}

/**
 * @param sample completions of up to `count` fresh prompts; fewer at the end of the stream.
 * @param mostRounds at least 1; a refill asks only for as many groups as are missing.
 */
export async function collectGroups(
  wanted: number,
  sample: (count: number) => Promise<Group[]>,
  teaches: (group: Group) => boolean,
  mostRounds: number,
): Promise<CollectedGroups> {
  const live: Group[] = [];
  const flat: Group[] = [];
  let rounds = 0;
  while (live.length < wanted && rounds < mostRounds) {
    const sampled = await sample(wanted - live.length);
    if (sampled.length === 0) break;
    rounds++;
    for (const group of sampled) (teaches(group) ? live : flat).push(group);
  }
  const missing = wanted - live.length;
  return { groups: [...live, ...flat.slice(0, missing)], left: flat.slice(missing), rounds };
}
