// What every rollout engine must do, as a list of named checks that any test runner can run:
//   for (const { name, run } of rolloutConformance(subject)) it(name, run)
// The checks know nothing of the model: prompts and stops are built from the engine's own vocabulary and samples.

import { strict as assert } from 'node:assert';
import { collectTrajectories } from '../collect-trajectories.ts';
import type { RolloutErrorCode } from '../errors.ts';
import type { RolloutEngine, RolloutRequest, Sampling, Trajectory } from '../types.ts';

export interface ConformanceSubject {
  /** A fresh engine; closed by the check that asked for it. Its vocabulary needs at least 8 ids, its context 32. */
  create: () => Promise<RolloutEngine>;
  /** The decoder that the engine was created with; without it the stop string check is left out. */
  decode?: (ids: Int32Array) => string;
  /** Largest difference allowed between sampled and scored log-probs. Default 1e-5; a native engine should promise 0. */
  scoreTolerance?: number;
}

export interface ConformanceCheck {
  name: string;
  run: () => Promise<void>;
}

const defaults: Sampling = { temperature: 1, maxTokens: 8, stopIds: [], seed: 7 };

/** The checks for one engine. Each creates its own engine and throws an AssertionError where the contract is broken. */
export function rolloutConformance(subject: ConformanceSubject): ConformanceCheck[] {
  const check = (name: string, body: (engine: RolloutEngine) => Promise<void>): ConformanceCheck => ({
    name,
    run: async () => {
      const engine = await subject.create();
      try {
        await body(engine);
      } finally {
        await engine.close();
      }
    },
  });
  const tolerance = subject.scoreTolerance ?? 1e-5;
  const checks = [
    check('every sample of every request comes once, with its own prompt ids', everySampleOnce),
    check('ids and log-probs have equal length and are possible', plausibleTrajectories),
    check('a sample depends on seed, key and sample number, not on its batch', batchIndependence),
    check('another seed gives another sample', seedsDiffer),
    check('temperature 0 is greedy: every sample of a prompt is the same', greedyIsUnique),
    check('maxTokens ends a completion with finish length', maxTokensEnds),
    check('a stop id ends a completion and is part of it', stopIdEnds),
    check('a completion ends where the context is full', contextEnds),
    check('score equals the sampled log-probs', (engine) => scoreAgrees(engine, tolerance)),
    check('onTokens streams exactly the ids of the trajectories', streaming),
    check('an abort ends all unfinished samples with finish abort', abortMidway),
    check('a signal aborted beforehand samples nothing', abortBefore),
    check('weightVersion of info is stamped on trajectories', versionStamped),
    check('requests with different sampling share a batch', mixedSampling),
    check('ids that the sampling rules out do not come', rulesHold),
    check('filters that leave one id leave the likeliest, or the most typical', narrowFilters),
    check('calls that overlap get what they would get alone', overlappingCalls),
    check('what cannot be served is an error with a code', refusals),
    check('an early return from the iteration leaves the engine usable', earlyReturn),
  ];
  if (subject.decode) {
    const decode = subject.decode;
    checks.push(check('a stop string ends a completion', (engine) => stopStringEnds(engine, decode)));
  }
  return checks;
}

async function request(
  engine: RolloutEngine,
  key: string,
  promptLength: number,
  sampling: Partial<Sampling> = {},
  samples = 1,
): Promise<RolloutRequest> {
  const { vocabularySize } = await engine.info();
  const salt = [...key].reduce((sum, character) => sum + character.charCodeAt(0), 0);
  const promptIds = Int32Array.from({ length: promptLength }, (_, i) => (salt + i * i * 5 + 3 * i) % vocabularySize);
  return { key, promptIds, samples, sampling: { ...defaults, ...sampling } };
}

async function everySampleOnce(engine: RolloutEngine): Promise<void> {
  const requests = [
    await request(engine, 'a', 3, {}, 3),
    await request(engine, 'b', 9),
    await request(engine, 'c', 1, {}, 2),
  ];
  const groups = await collectTrajectories(engine, requests);
  for (const [index, { key, promptIds, samples }] of requests.entries()) {
    assert.equal(groups[index]!.length, samples);
    for (const [sample, trajectory] of groups[index]!.entries()) {
      assert.equal(trajectory.key, key);
      assert.equal(trajectory.sample, sample);
      assert.deepEqual([...trajectory.promptIds], [...promptIds]);
    }
  }
}

async function plausibleTrajectories(engine: RolloutEngine): Promise<void> {
  const { vocabularySize } = await engine.info();
  for (const trajectory of (await collectTrajectories(engine, [await request(engine, 'a', 4, {}, 4)])).flat()) {
    assert.ok(trajectory.ids instanceof Int32Array && trajectory.logProbs instanceof Float32Array);
    assert.equal(trajectory.ids.length, trajectory.logProbs.length);
    assert.ok(trajectory.ids.every((id) => id >= 0 && id < vocabularySize));
    assert.ok(trajectory.logProbs.every((logProb) => logProb <= 0 && Number.isFinite(logProb)));
  }
}

async function batchIndependence(engine: RolloutEngine): Promise<void> {
  const target = await request(engine, 'target', 5, { maxTokens: 12 }, 4);
  const alone = await collectTrajectories(engine, [target]);
  const crowd = [await request(engine, 'x', 2, { maxTokens: 3 }, 5), target, await request(engine, 'y', 11, {}, 2)];
  const together = await collectTrajectories(engine, crowd);
  assertSame(together[1]!, alone[0]!);
  const fewer = await collectTrajectories(engine, [{ ...target, samples: 2 }]);
  assertSame(fewer[0]!, alone[0]!.slice(0, 2));
}

async function seedsDiffer(engine: RolloutEngine): Promise<void> {
  const long = { maxTokens: 16 };
  const [one] = await collectTrajectories(engine, [await request(engine, 'a', 3, { ...long, seed: 1 }, 4)]);
  const [two] = await collectTrajectories(engine, [await request(engine, 'a', 3, { ...long, seed: 2 }, 4)]);
  assert.notDeepEqual(texts(one!), texts(two!));
  assert.ok(new Set(texts(one!)).size > 1, 'the samples of a group are all alike');
}

async function greedyIsUnique(engine: RolloutEngine): Promise<void> {
  const [group] = await collectTrajectories(engine, [await request(engine, 'a', 4, { temperature: 0 }, 3)]);
  assert.equal(new Set(texts(group!)).size, 1);
}

async function maxTokensEnds(engine: RolloutEngine): Promise<void> {
  for (const maxTokens of [1, 5]) {
    const [group] = await collectTrajectories(engine, [await request(engine, 'a', 4, { maxTokens }, 2)]);
    for (const { ids, finish } of group!) {
      assert.equal(ids.length, maxTokens);
      assert.equal(finish, 'length');
    }
  }
}

async function stopIdEnds(engine: RolloutEngine): Promise<void> {
  const free = await request(engine, 'a', 4, { maxTokens: 10 }, 3);
  const [group] = await collectTrajectories(engine, [free]);
  const stop = group![0]!.ids[3]!;
  const [stopped] = await collectTrajectories(engine, [{ ...free, sampling: { ...free.sampling, stopIds: [stop] } }]);
  for (const [sample, { ids, finish }] of stopped!.entries()) {
    const unbounded = group![sample]!.ids;
    const end = unbounded.indexOf(stop);
    assert.deepEqual([...ids], [...(end < 0 ? unbounded : unbounded.subarray(0, end + 1))]);
    assert.equal(finish, end < 0 ? 'length' : 'stop');
  }
  assert.equal(stopped![0]!.finish, 'stop');
}

async function stopStringEnds(engine: RolloutEngine, decode: (ids: Int32Array) => string): Promise<void> {
  const free = await request(engine, 'a', 4, { maxTokens: 10 }, 2);
  const [group] = await collectTrajectories(engine, [free]);
  const stop = decode(group![0]!.ids.subarray(2, 4));
  assert.ok(stop.length > 0, 'the decoder returned no text for two ids');
  const sampling = { ...free.sampling, stopStrings: [stop] };
  const [stopped] = await collectTrajectories(engine, [{ ...free, sampling }]);
  for (const [sample, { ids, finish }] of stopped!.entries()) {
    const unbounded = group![sample]!.ids;
    const ends = [...unbounded.keys()].map((index) => decode(unbounded.subarray(0, index + 1)).includes(stop));
    const end = ends.indexOf(true);
    assert.deepEqual([...ids], [...(end < 0 ? unbounded : unbounded.subarray(0, end + 1))]);
    assert.equal(finish, end < 0 ? 'length' : 'stop');
  }
}

async function contextEnds(engine: RolloutEngine): Promise<void> {
  const { maxTokens } = await engine.info();
  const full = await request(engine, 'a', maxTokens - 3, { maxTokens: 50 }, 2);
  for (const { ids, finish } of (await collectTrajectories(engine, [full])).flat()) {
    assert.equal(ids.length, 3);
    assert.equal(finish, 'length');
  }
}

async function scoreAgrees(engine: RolloutEngine, tolerance: number): Promise<void> {
  for (const temperature of [1, 0.7]) {
    const requests = [
      await request(engine, 'a', 3, { temperature }, 3),
      await request(engine, 'b', 8, { temperature }, 1),
    ];
    const trajectories = (await collectTrajectories(engine, requests)).flat();
    const sequences = trajectories.map(({ promptIds, ids }) => ({
      ids: Int32Array.of(...promptIds, ...ids),
      from: promptIds.length,
    }));
    const scores = await engine.score(sequences, { temperature });
    assert.equal(scores.length, sequences.length);
    for (const [index, { logProbs }] of trajectories.entries()) {
      assert.equal(scores[index]!.length, logProbs.length);
      const gap = Math.max(...logProbs.map((logProb, i) => Math.abs(logProb - scores[index]![i]!)));
      assert.ok(gap <= tolerance, `scored and sampled log-probs differ by ${gap} at temperature ${temperature}`);
    }
  }
  assert.deepEqual(await engine.score([]), []);
}

async function streaming(engine: RolloutEngine): Promise<void> {
  const requests = [await request(engine, 'a', 3, {}, 2), await request(engine, 'b', 5, { maxTokens: 3 })];
  const streamed = new Map<string, number[]>();
  const groups = await collectTrajectories(engine, requests, {
    onTokens: ({ key, sample, ids }) => {
      const name = `${key}/${sample}`;
      streamed.set(name, [...(streamed.get(name) ?? []), ...ids]);
    },
  });
  for (const { key, sample, ids } of groups.flat()) assert.deepEqual(streamed.get(`${key}/${sample}`), [...ids]);
}

async function abortMidway(engine: RolloutEngine): Promise<void> {
  const controller = new AbortController();
  const requests = [
    await request(engine, 'a', 3, { maxTokens: 20 }, 4),
    await request(engine, 'b', 5, { maxTokens: 20 }, 2),
  ];
  let events = 0;
  const groups = await collectTrajectories(engine, requests, {
    signal: controller.signal,
    onTokens: () => {
      if (++events === 4) controller.abort();
    },
  });
  const all = groups.flat();
  assert.ok(all.some(({ finish }) => finish === 'abort'));
  for (const { ids, logProbs, finish } of all) {
    assert.equal(ids.length, logProbs.length);
    if (finish === 'abort') assert.ok(ids.length < 20);
  }
  assert.equal((await collectTrajectories(engine, [requests[0]!])).flat().length, 4);
}

async function abortBefore(engine: RolloutEngine): Promise<void> {
  const signal = AbortSignal.abort();
  for (const { ids, finish } of (
    await collectTrajectories(engine, [await request(engine, 'a', 3, {}, 2)], { signal })
  ).flat()) {
    assert.equal(ids.length, 0);
    assert.equal(finish, 'abort');
  }
  await assert.rejects(engine.score([{ ids: Int32Array.of(1, 2), from: 1 }], { signal }));
}

async function versionStamped(engine: RolloutEngine): Promise<void> {
  const { weightVersion } = await engine.info();
  const [group] = await collectTrajectories(engine, [await request(engine, 'a', 3)]);
  assert.equal(group![0]!.weightVersion, weightVersion);
}

async function mixedSampling(engine: RolloutEngine): Promise<void> {
  const requests = [
    await request(engine, 'greedy', 3, { temperature: 0 }, 2),
    await request(engine, 'filtered', 4, { topK: 4, topP: 0.9, minP: 0.05, temperature: 0.8 }, 2),
    await request(engine, 'plain', 5, { seed: 11 }, 2),
    await request(engine, 'ruled', 4, { noRepeatNgramSize: 2, suppressTokens: [3], repetitionPenalty: 1.1 }, 2),
    await request(engine, 'late', 6, { minNewTokens: 3, stopIds: [0, 1, 2, 3], frequencyPenalty: 0.5 }, 2),
    await request(engine, 'typical', 3, { topH: 0.9, typicalP: 0.8, epsilonCutoff: 0.01, etaCutoff: 0.02 }, 2),
  ];
  const together = await collectTrajectories(engine, requests);
  for (const [index, one] of requests.entries())
    assertSame(together[index]!, (await collectTrajectories(engine, [one]))[0]!);
  const top = await collectTrajectories(engine, [await request(engine, 'greedy', 3, { topK: 1 })]);
  assert.deepEqual(texts(top[0]!), texts(together[0]!.slice(0, 1)));
}

async function rulesHold(engine: RolloutEngine): Promise<void> {
  const sampled = async (key: string, promptLength: number, sampling: Partial<Sampling>) =>
    (await collectTrajectories(engine, [await request(engine, key, promptLength, sampling, 4)]))[0]!;
  const free = await sampled('a', 4, { maxTokens: 10 });
  const unwanted = [...new Set(free[0]!.ids)].slice(0, 3);
  for (const temperature of [0, 1])
    for (const { ids, logProbs } of await sampled('a', 4, { temperature, maxTokens: 10, suppressTokens: unwanted })) {
      assert.ok(!ids.some((id) => unwanted.includes(id)), 'a suppressed id was sampled');
      assert.ok(logProbs.every((logProb) => logProb <= 0 && Number.isFinite(logProb)));
    }
  const stopIds = [...new Set(free.map(({ ids }) => ids[0]!))];
  assert.ok((await sampled('a', 4, { maxTokens: 10, stopIds })).every(({ ids }) => ids.length === 1));
  for (const { ids } of await sampled('a', 4, { maxTokens: 10, stopIds, minNewTokens: 6 }))
    assert.ok(ids.length > 6 && !ids.subarray(0, 6).some((id) => stopIds.includes(id)), 'a stop id came too early');
  for (const noRepeatNgramSize of [1, 2])
    for (const { promptIds, ids } of await sampled('b', 1, { temperature: 0.5, maxTokens: 6, noRepeatNgramSize })) {
      const all = [...promptIds, ...ids]; // at most 7 of at least 8 ids: one is always left
      const grams = all
        .slice(noRepeatNgramSize - 1)
        .map((id, i) => [...all.slice(i, i + noRepeatNgramSize - 1), id].join());
      assert.equal(new Set(grams).size, grams.length, `an n-gram of ${noRepeatNgramSize} came twice: ${all}`);
    }
}

async function narrowFilters(engine: RolloutEngine): Promise<void> {
  const one = await request(engine, 'a', 4, { maxTokens: 6 });
  const likeliest = (
    await collectTrajectories(engine, [{ ...one, sampling: { ...one.sampling, temperature: 0 } }])
  )[0]!;
  for (const filter of [
    { topH: 1e-9 },
    { epsilonCutoff: 0.999 },
    { typicalP: 1e-9 },
    { etaCutoff: 0.999, topH: 1e-9 },
  ]) {
    const [group] = await collectTrajectories(engine, [{ ...one, sampling: { ...one.sampling, ...filter } }]);
    assert.ok(group![0]!.logProbs.every((logProb) => Math.abs(logProb) < 1e-5));
    if (!('typicalP' in filter)) assert.deepEqual(texts(group!), texts(likeliest));
  }
}

async function overlappingCalls(engine: RolloutEngine): Promise<void> {
  const calls = [
    [await request(engine, 'a', 3, { temperature: 0.8 }, 3), await request(engine, 'b', 9)],
    [await request(engine, 'a', 3, { frequencyPenalty: 0.5, presencePenalty: 0.5, seed: 4 }, 2)],
    [await request(engine, 'c', 12, { maxTokens: 16, repetitionPenalty: 1.3 })],
    [await request(engine, 'd', 4, { maxTokens: 12, minNewTokens: 4, suppressTokens: [1], stopIds: [2, 3, 4] }, 2)],
  ];
  const together = await Promise.all(calls.map((requests) => collectTrajectories(engine, requests)));
  for (const [index, requests] of calls.entries())
    assertSame(together[index]!.flat(), (await collectTrajectories(engine, requests)).flat());
}

async function refusals(engine: RolloutEngine): Promise<void> {
  const { maxTokens, vocabularySize } = await engine.info();
  const fine = await request(engine, 'a', 3);
  const refused: [RolloutErrorCode, RolloutRequest[]][] = [
    ['TW_ROLLOUTS_EMPTY_PROMPT', [{ ...fine, promptIds: new Int32Array() }]],
    ['TW_ROLLOUTS_PROMPT_TOO_LONG', [await request(engine, 'a', maxTokens)]],
    ['TW_ROLLOUTS_ID_OUT_OF_RANGE', [{ ...fine, promptIds: Int32Array.of(1, vocabularySize) }]],
    ['TW_ROLLOUTS_ID_OUT_OF_RANGE', [{ ...fine, promptIds: Int32Array.of(-1) }]],
    ['TW_ROLLOUTS_ID_OUT_OF_RANGE', [{ ...fine, sampling: { ...fine.sampling, suppressTokens: [vocabularySize] } }]],
    ['TW_ROLLOUTS_DUPLICATE_KEY', [fine, fine]],
    ['TW_ROLLOUTS_BAD_SAMPLING', [{ ...fine, samples: 0 }]],
    ...(
      [
        { temperature: -1 },
        { temperature: Number.NaN },
        { maxTokens: 0 },
        { topP: 0 },
        { topK: -1 },
        { minP: 2 },
        { frequencyPenalty: 3 },
        { presencePenalty: -3 },
        { noRepeatNgramSize: -1 },
        { minNewTokens: 99 },
        { minNewTokens: 0.5 },
        { suppressTokens: Array.from({ length: vocabularySize }, (_, id) => id) },
        { topH: 0 },
        { typicalP: 0 },
        { epsilonCutoff: 1 },
        { etaCutoff: -0.1 },
      ] as const
    ).map((sampling): [RolloutErrorCode, RolloutRequest[]] => [
      'TW_ROLLOUTS_BAD_SAMPLING',
      [{ ...fine, sampling: { ...fine.sampling, ...sampling } }],
    ]),
  ];
  for (const [code, requests] of refused) await assert.rejects(collectTrajectories(engine, requests), { code });
  for (const from of [0, 3]) {
    const scoring = engine.score([{ ids: Int32Array.of(1, 2), from }]);
    await assert.rejects(scoring, { code: 'TW_ROLLOUTS_BAD_SCORE' });
  }
  assert.deepEqual(await collectTrajectories(engine, []), []);
}

async function earlyReturn(engine: RolloutEngine): Promise<void> {
  const one = await request(engine, 'a', 3, {}, 4);
  const [before] = await collectTrajectories(engine, [one]);
  for await (const _ of engine.generate([one])) break;
  assertSame((await collectTrajectories(engine, [one]))[0]!, before!);
}

const texts = (group: Trajectory[]) => group.map(({ ids }) => ids.join(' '));

function assertSame(found: Trajectory[], expected: Trajectory[]): void {
  const plain = ({ key, sample, ids, logProbs, finish }: Trajectory) => [key, sample, [...ids], [...logProbs], finish];
  assert.deepEqual(found.map(plain), expected.map(plain));
}
