import { describe, expect, it } from 'vitest';
import { collectTrajectories } from './collect-trajectories.ts';
import { FakeEngine } from './fake-engine.ts';
import { rolloutConformance } from './test/index.ts';
import type { RolloutEngine, RolloutRequest, Sampling } from './types.ts';

const sampling: Sampling = { temperature: 1, maxTokens: 6, stopIds: [2], seed: 1 };
const prompt = Int32Array.of(5, 6);
const decode = (ids: Int32Array) => Array.from(ids, (id) => `<${id}>`).join('');

describe('FakeEngine conforms', () => {
  const subject = { create: async () => new FakeEngine({ decode }), decode, scoreTolerance: 1e-6 };
  for (const { name, run } of rolloutConformance(subject)) it(name, run);
});

describe('FakeEngine', () => {
  it('follows a script, cut at stops and limits', async () => {
    const scripts = [
      [7, 2, 9],
      [7, 8],
      [3, 3, 3, 3, 3, 3, 3],
    ];
    const engine = new FakeEngine({ script: (_, sample) => scripts[sample] });
    const [group] = await collectTrajectories(engine, [{ key: 'k', promptIds: prompt, samples: 3, sampling }]);
    expect(group!.map(({ ids, finish }) => [[...ids], finish])).toEqual([
      [[7, 2], 'stop'],
      [[7, 8], 'length'],
      [[3, 3, 3, 3, 3, 3], 'length'],
    ]);
    expect(engine.requests.map(({ key }) => key)).toEqual(['k']);
  });

  it('samples with the frequencies that its log-probs state', async () => {
    const engine = new FakeEngine({ vocabularySize: 6 });
    const samples = 4000;
    const one = { key: 'k', promptIds: prompt.map(() => 1), samples, sampling: { ...sampling, maxTokens: 1 } };
    const [group] = await collectTrajectories(engine, [one]);
    for (let id = 0; id < 6; id++) {
      const drawn = group!.filter(({ ids }) => ids[0] === id);
      const probability = Math.exp((await engine.score([{ ids: Int32Array.of(1, id), from: 1 }]))[0]![0]!);
      const deviation = Math.sqrt((probability * (1 - probability)) / samples);
      expect(Math.abs(drawn.length / samples - probability)).toBeLessThan(4.5 * deviation);
    }
  });

  it('refuses stop strings without a decoder, and work after close', async () => {
    const engine = new FakeEngine();
    const request = { key: 'k', promptIds: prompt, samples: 1, sampling: { ...sampling, stopStrings: ['x'] } };
    await expect(collectTrajectories(engine, [request])).rejects.toMatchObject({
      code: 'TW_ROLLOUTS_STOP_STRINGS_NEED_DECODE',
    });
    await engine.close();
    await expect(engine.score([])).rejects.toMatchObject({ code: 'TW_ROLLOUTS_CLOSED' });
  });
});

/** The conformance suite must fail for engines that break the contract, or it proves nothing. */
describe('the conformance suite notices', () => {
  const broken: [string, string, (engine: FakeEngine) => RolloutEngine][] = [
    [
      'score that is off',
      'score equals',
      (engine) =>
        override(engine, { score: async (s) => s.map(({ ids, from }) => new Float32Array(ids.length - from)) }),
    ],
    [
      'a lost sample',
      'comes once',
      (engine) =>
        override(engine, {
          async *generate(requests, options) {
            for await (const t of engine.generate(requests, options)) if (t.sample !== 1) yield t;
          },
        }),
    ],
    [
      'dependence on the batch',
      'not on its batch',
      (engine) =>
        override(engine, {
          async *generate(requests, options) {
            const shifted = requests.map((r) => ({
              ...r,
              sampling: { ...r.sampling, seed: r.sampling.seed + requests.length },
            }));
            yield* engine.generate(shifted, options);
          },
        }),
    ],
    [
      'an ignored abort',
      'aborted beforehand',
      (engine) => override(engine, { generate: (requests) => engine.generate(requests) }),
    ],
    ['ignored rules', 'rules out', (engine) => resampling(engine, { suppressTokens: [], noRepeatNgramSize: 0 })],
    ['stops that come early', 'rules out', (engine) => resampling(engine, { minNewTokens: 0 })],
    ['ignored filters', 'leave one id', (engine) => resampling(engine, { typicalP: 1 })],
    [
      'a wrong version',
      'weightVersion',
      (engine) => override(engine, { info: async () => ({ ...(await engine.info()), weightVersion: 9 }) }),
    ],
  ];
  for (const [what, check, breakIt] of broken)
    it(what, async () => {
      const checks = rolloutConformance({ create: async () => breakIt(new FakeEngine()) });
      await expect(checks.find(({ name }) => name.includes(check))!.run()).rejects.toThrow();
    });
});

/** Samples by other settings than it was asked for. */
function resampling(engine: RolloutEngine, changes: Partial<Sampling>): RolloutEngine {
  const changed = (request: RolloutRequest) => ({ ...request, sampling: { ...request.sampling, ...changes } });
  return override(engine, { generate: (requests, options) => engine.generate(requests.map(changed), options) });
}

function override(engine: RolloutEngine, changes: Partial<RolloutEngine>): RolloutEngine {
  return {
    info: () => engine.info(),
    generate: (requests, options) => engine.generate(requests, options),
    score: (sequences, options) => engine.score(sequences, options),
    close: () => engine.close(),
    ...changes,
  };
}
