// Beam search over reasoning steps: write one step in several ways, score the partial solutions with a process reward model, go on with
// the best. Snell et al., https://arxiv.org/abs/2408.03314 section 5; Yao et al., https://arxiv.org/abs/2305.10601.
// Tokens in, tokens out: partial solutions are never tokenised again. Leaves out lookahead and diverse trees.

import { collectTrajectories } from '../collect-trajectories.ts';
import type { RolloutEngine, Sampling } from '../types.ts';

export interface PartialSolution {
  /** What was sampled so far, all steps. */
  ids: Int32Array;
  logProbs: Float32Array;
  /** Number of ids after each step. */
  stepEnds: number[];
  /** It ended with a stop id, or has no room left. */
  finished: boolean;
  /** `length`: it ran out of tokens. */
  finish?: 'stop' | 'length';
  score: number;
}

export interface StepBeamSearchOptions {
  promptIds: Int32Array;
  /** Names the search: the source of its randomness. */
  key: string;
  /** `maxTokens` and `minNewTokens` are for the whole solution; `stopStrings` end a step, and must be given. */
  sampling: Sampling & { stopStrings: string[] };
  /** Partial solutions kept after each step. Default 4. */
  beams?: number;
  /** Continuations sampled of each. Default 4. */
  expansions?: number;
  /** Default 32. */
  maxSteps?: number;
  signal?: AbortSignal;
}

/** One score for each, the higher the better; NaN: could not be scored, and is dropped before any that was. */
export type ScorePartials = (partials: readonly Omit<PartialSolution, 'score'>[]) => Promise<number[]> | number[];

/** The kept solutions, best first; those that maxSteps left unfinished are among them. */
export async function stepBeamSearch(
  engine: RolloutEngine,
  score: ScorePartials,
  options: StepBeamSearchOptions,
): Promise<PartialSolution[]> {
  const { promptIds, key, sampling, beams = 4, expansions = 4, maxSteps = 32, signal } = options;
  for (const [name, value] of Object.entries({ beams, expansions, maxSteps }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`stepBeamSearch: ${name} is ${value}; expected a whole number of at least 1.`);
  const empty = { ids: new Int32Array(), logProbs: new Float32Array(), stepEnds: [], finished: false, score: 0 };
  let kept: PartialSolution[] = [empty];
  for (let step = 0; step < maxSteps && kept.some(({ finished }) => !finished); step++) {
    const open = kept.filter(({ finished }) => !finished);
    const requests = open.map(({ ids }, beam) => ({
      promptIds: concatenated(promptIds, ids),
      samples: step === 0 ? beams * expansions : expansions,
      sampling: {
        ...sampling,
        maxTokens: sampling.maxTokens - ids.length,
        minNewTokens: Math.max(0, (sampling.minNewTokens ?? 0) - ids.length),
      },
      key: `${key}/${step}/${beam}`,
    }));
    const grown = (await collectTrajectories(engine, requests, { signal })).flatMap((group, beam) =>
      group.map((trajectory) => {
        const { ids: before, logProbs, stepEnds } = open[beam]!;
        const ids = concatenated(before, trajectory.ids);
        const stopped = sampling.stopIds.includes(trajectory.ids.at(-1) ?? -1);
        const full = trajectory.finish === 'length' || ids.length >= sampling.maxTokens;
        return {
          ids,
          logProbs: Float32Array.of(...logProbs, ...trajectory.logProbs),
          stepEnds: [...stepEnds, ids.length],
          finished: stopped || full,
          ...(stopped ? { finish: 'stop' as const } : full ? { finish: 'length' as const } : {}),
        };
      }),
    );
    signal?.throwIfAborted();
    const fresh = distinct(grown);
    const scores = await score(fresh);
    if (scores.length !== fresh.length)
      throw new RangeError(
        `stepBeamSearch: the score function gave ${scores.length} scores for ${fresh.length} partial solutions.`,
      );
    const candidates = [
      ...kept.filter(({ finished }) => finished),
      ...fresh.map((one, i) => ({ ...one, score: scores[i]! })),
    ];
    kept = candidates.sort((a, b) => rank(b) - rank(a)).slice(0, beams); // a stable sort: ties keep the order of sampling
  }
  return kept;
}

const rank = ({ score }: PartialSolution) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score);

const concatenated = (a: Int32Array, b: Int32Array) => Int32Array.of(...a, ...b);

/** The first of those with the same ids: a beam of copies searches nothing. */
function distinct<Partial extends { ids: Int32Array }>(partials: readonly Partial[]): Partial[] {
  const seen = new Set<string>();
  return partials.filter(({ ids }) => {
    const name = ids.join();
    return !seen.has(name) && seen.add(name);
  });
}
