// Searches against enumeration: with room for everything they find the best that was sampled, and nothing else changes the draw.
import { describe, expect, it } from 'vitest';
import { collectTrajectories } from '../collect-trajectories.ts';
import { FakeEngine } from '../fake-engine.ts';
import { bestOfN } from './best-of-n.ts';
import { bestOfNEngine, stepBeamEngine } from './search-engine.ts';
import { stepBeamSearch } from './step-beam-search.ts';

const decode = (ids: Int32Array) => Array.from(ids, (id) => String.fromCharCode(97 + id)).join('');
const sampling = { temperature: 1, maxTokens: 12, stopIds: [2], seed: 1 };
const promptIds = Int32Array.of(1, 5);

describe('bestOfN', () => {
  it('keeps the highest score of each prompt, the first of equals', async () => {
    const engine = new FakeEngine();
    const requests = ['a', 'b'].map((key) => ({ promptIds, samples: 8, sampling, key }));
    const results = await bestOfN(engine, requests, (all) => all.map(({ ids }) => ids.length));
    for (const { best, score, candidates } of results) {
      const lengths = candidates.map(({ ids }) => ids.length);
      expect(score).toBe(Math.max(...lengths));
      expect(best).toBe(candidates[lengths.indexOf(score)]);
    }
  });

  it('passes over what could not be scored', async () => {
    const request = { promptIds, samples: 3, sampling, key: 'a' };
    const [found] = await bestOfN(new FakeEngine(), [request], () => [Number.NaN, -5, Number.NaN]);
    expect(found).toMatchObject({ score: -5, best: { sample: 1 } });
    const [none] = await bestOfN(new FakeEngine(), [request], () => [Number.NaN, Number.NaN, Number.NaN]);
    expect(none).toMatchObject({ score: Number.NaN, best: { sample: 0 } });
    await expect(bestOfN(new FakeEngine(), [request], () => [1])).rejects.toThrow(/1 scores for 3/);
  });
});

describe('stepBeamSearch', () => {
  // a step is one letter and ';'; the better letters are 'b', and the solution ends at the third step
  const script = (request: { promptIds: Int32Array }, sample: number) => {
    const written = request.promptIds.length - promptIds.length;
    const letter = 3 + ((sample + written) % 5);
    return written >= 4 ? [letter, 2] : [letter, 31];
  };
  const engine = () =>
    new FakeEngine({ script, decode: (ids) => decode(ids).replaceAll(String.fromCharCode(128), ';') });
  const search = { promptIds, key: 'k', sampling: { ...sampling, stopStrings: [';'] } };
  const value = (ids: Int32Array) => ids.reduce((sum, id) => sum + (id < 31 ? id : 0), 0);

  it('finds the best chain of steps, with the end of each step', async () => {
    const found = await stepBeamSearch(engine(), (all) => all.map(({ ids }) => value(ids)), {
      ...search,
      beams: 2,
      expansions: 5,
    });
    expect(found[0]).toMatchObject({ finished: true, finish: 'stop', stepEnds: [2, 4, 6] });
    expect(Array.from(found[0]!.ids)).toEqual([7, 31, 7, 31, 7, 2]);
    expect(found[0]!.logProbs).toHaveLength(6);
    expect(found).toHaveLength(2);
    expect(value(found[1]!.ids)).toBeLessThanOrEqual(value(found[0]!.ids));
  });

  it('never keeps two copies of one partial solution, and stops at its limits', async () => {
    const seen: number[] = [];
    const one = new FakeEngine({ script: () => [4, 31], decode: (ids) => (ids.includes(31) ? ';' : '') });
    const found = await stepBeamSearch(
      one,
      (all) => {
        seen.push(all.length);
        return all.map(() => 1);
      },
      { ...search, maxSteps: 3 },
    );
    expect(seen).toEqual([1, 1, 1]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ finished: false, stepEnds: [2, 4, 6] });
  });

  it('cuts at maxTokens, and refuses a score too few', async () => {
    const found = await stepBeamSearch(engine(), (all) => all.map(({ ids }) => value(ids)), {
      ...search,
      sampling: { ...search.sampling, maxTokens: 3 },
    });
    expect(found[0]).toMatchObject({ finished: true, finish: 'length' });
    expect(found[0]!.ids.length).toBeLessThanOrEqual(3);
    await expect(stepBeamSearch(engine(), () => [], search)).rejects.toThrow(/0 scores/);
    await expect(stepBeamSearch(engine(), () => [], { ...search, beams: 0 })).rejects.toThrow(/beams is 0/);
  });
});

describe('engines that search', () => {
  const request = (key: string, temperature = 1) => ({
    promptIds,
    samples: 3,
    sampling: { ...sampling, temperature },
    key,
  });
  const longest = (found: readonly { ids: Int32Array }[]) => found.map(({ ids }) => ids.length);

  it('answer each sample with the best of n, and greedy requests with the engine itself', async () => {
    const requests = [request('a'), request('b'), request('g', 0)];
    const groups = await collectTrajectories(bestOfNEngine(new FakeEngine(), { n: 6, score: longest }), requests);
    const [greedy] = await collectTrajectories(new FakeEngine(), [request('g', 0)]);
    expect(groups[2]).toEqual(greedy);
    for (const [index, key] of ['a', 'b'].entries())
      for (const [sample, best] of groups[index]!.entries()) {
        const one = { ...request(`${key}/${sample}`), samples: 6 };
        const [candidates] = await collectTrajectories(new FakeEngine(), [one]);
        expect(best.ids.length).toBe(Math.max(...longest(candidates!)));
        expect(candidates!.map(({ ids }) => ids)).toContainEqual(best.ids);
        expect(best).toMatchObject({ key, sample, promptIds });
      }
    expect(() => bestOfNEngine(new FakeEngine(), { n: 0, score: longest })).toThrow(/n is 0/);
  });

  it('answer each sample with the best that a beam search finds', async () => {
    const engine = new FakeEngine({ decode });
    const options = { score: longest, stopStrings: ['c'], beams: 2, expansions: 2, maxSteps: 4 };
    const [found] = await collectTrajectories(stepBeamEngine(engine, options), [request('a')]);
    for (const [sample, { ids, logProbs, finish }] of found!.entries()) {
      const { stopStrings, score, ...beam } = options;
      const search = { promptIds, key: `a/${sample}`, sampling: { ...sampling, stopStrings }, ...beam };
      const [best] = await stepBeamSearch(engine, score, search);
      expect(ids).toEqual(best!.ids);
      expect(logProbs).toEqual(best!.logProbs);
      expect(finish).toBe(best!.finish ?? 'length');
    }
  });
});
