// An engine whose every completion is the result of a search with another engine, so that whoever asks an engine (an evaluation, a trainer)
// can ask a search. Greedy requests (temperature 0) pass through: there is nothing to choose from.

import type { GenerateOptions, RolloutEngine, RolloutRequest, Trajectory } from '../types.ts';
import { bestOfN } from './best-of-n.ts';
import { type PartialSolution, stepBeamSearch } from './step-beam-search.ts';

/** A prompt and what was sampled after it, finished or not. */
export interface Found {
  promptIds: Int32Array;
  ids: Int32Array;
}

/** One score for each, the higher the better; NaN: could not be scored. */
export type ScoreFound = (found: readonly Found[]) => Promise<number[]> | number[];

/** Each completion is the best of `n`. @throws RangeError for an n below 1. */
export function bestOfNEngine(engine: RolloutEngine, { n, score }: { n: number; score: ScoreFound }): RolloutEngine {
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`bestOfNEngine: n is ${n}; expected a whole number of at least 1.`);
  return searching(engine, async function* (requests, options) {
    const singles = requests.flatMap((request) =>
      Array.from({ length: request.samples }, (_, sample) => ({ request, sample })),
    );
    const asked = singles.map(({ request, sample }) => ({ ...request, samples: n, key: `${request.key}/${sample}` }));
    const found = await bestOfN(engine, asked, score, { signal: options?.signal });
    for (const [index, { best }] of found.entries()) {
      const { request, sample } = singles[index]!;
      yield { ...best, key: request.key, sample };
    }
  });
}

export interface StepBeamEngineOptions {
  score: ScoreFound;
  /** A step ends with one of these. */
  stopStrings: string[];
  beams?: number;
  expansions?: number;
  maxSteps?: number;
}

/** Each completion is the best that a beam search over steps finds. */
export function stepBeamEngine(engine: RolloutEngine, options: StepBeamEngineOptions): RolloutEngine {
  const { score, stopStrings, ...beam } = options;
  return searching(engine, async function* (requests, { signal } = {}) {
    const { weightVersion } = await engine.info();
    for (const { promptIds, samples, sampling, key } of requests) {
      const scorePartials = (partials: readonly Omit<PartialSolution, 'score'>[]) =>
        score(partials.map(({ ids }) => ({ promptIds, ids })));
      for (let sample = 0; sample < samples; sample++) {
        const search = { promptIds, key: `${key}/${sample}`, sampling: { ...sampling, stopStrings }, ...beam, signal };
        const [best] = await stepBeamSearch(engine, scorePartials, search);
        const { ids, logProbs, finish = 'length' } = best!;
        yield { key, sample, promptIds, ids, logProbs, finish, weightVersion };
      }
    }
  });
}

/** @param search yields every sample of the requests that are not greedy. */
function searching(
  engine: RolloutEngine,
  search: (requests: RolloutRequest[], options?: GenerateOptions) => AsyncIterable<Trajectory>,
): RolloutEngine {
  return {
    info: () => engine.info(),
    score: (sequences, options) => engine.score(sequences, options),
    close: () => engine.close(),
    async *generate(requests, options) {
      const isGreedy = ({ sampling }: RolloutRequest) => sampling.temperature === 0;
      const greedy = requests.filter(isGreedy);
      if (greedy.length > 0) yield* engine.generate(greedy, options);
      const sampled = requests.filter((request) => !isGreedy(request));
      if (sampled.length > 0) yield* search(sampled, options);
    },
  };
}
