// Best-of-N: sample, score, keep the best. The plainest use of a reward model or verifier at test time.
// Cobbe et al., https://arxiv.org/abs/2110.14168; Stiennon et al., https://arxiv.org/abs/2009.01325.

import { collectTrajectories } from '../collect-trajectories.ts';
import type { GenerateOptions, RolloutEngine, RolloutRequest, Trajectory } from '../types.ts';

/** One score for each completion, of one request after the other; NaN: could not be scored. */
export type ScoreTrajectories = (trajectories: readonly Trajectory[]) => Promise<number[]> | number[];

export interface BestOfN {
  /** The first of the highest scores; the first of all when none could be scored. */
  best: Trajectory;
  /** NaN when none could be scored. */
  score: number;
  candidates: Trajectory[];
  scores: number[];
}

/** @param requests N = `samples` of each. @throws what the engine throws; RangeError for another number of scores. */
export async function bestOfN(
  engine: RolloutEngine,
  requests: RolloutRequest[],
  score: ScoreTrajectories,
  options?: GenerateOptions,
): Promise<BestOfN[]> {
  const groups = await collectTrajectories(engine, requests, options);
  const all = groups.flat();
  const scores = await score(all);
  if (scores.length !== all.length)
    throw new RangeError(`bestOfN: the score function gave ${scores.length} scores for ${all.length} completions.`);
  let end = 0;
  return groups.map((candidates) => {
    end += candidates.length;
    const own = scores.slice(end - candidates.length, end);
    const winner = own.reduce((best, value, i) => (value > own[best]! || Number.isNaN(own[best]!) ? i : best), 0);
    const index = Number.isNaN(own[winner]!) ? 0 : winner;
    return { best: candidates[index]!, score: own[index]!, candidates, scores: own };
  });
}
