// Laws of the contract, for whatever a reward does and however rewards are composed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rewardByMode } from './by-mode.ts';
import { clampReward, combineRewards, type RewardPart } from './combine-rewards.ts';
import { curriculum } from './curriculum.ts';
import { type ScoreOutcome, scoreBatch } from './score-batch.ts';
import { rewardContext } from './test/index.ts';
import type { RewardContext, RewardFunction, Score } from './types.ts';

const value = fc.double({ min: -100, max: 100, noNaN: true });
const goodScore: fc.Arbitrary<Score> = fc.oneof(
  value,
  fc.record({ value, parts: fc.dictionary(fc.constantFrom('a', 'b'), value) }),
  fc.record({ skip: fc.constant('no gold') }),
);
const badScore = fc.oneof(
  fc.constantFrom<unknown>(
    Number.NaN,
    Infinity,
    'one',
    null,
    undefined,
    true,
    [],
    {},
    { value: 'x' },
    { value: Number.NaN },
  ),
  fc.constantFrom<unknown>(
    { value: 1, parts: { a: Number.NaN } },
    { value: 1, steps: [Infinity] },
    { error: 'down' },
    () => 1,
  ),
);
const fromRow: RewardFunction = (batch) => batch.map(({ row }) => row.score as Score);
const context = (score: unknown, options: Partial<RewardContext> = {}) =>
  rewardContext('x', { row: { score }, groupId: 'g', ...options } as never);
const scoreOf = (outcome: ScoreOutcome | undefined) => (outcome?.status === 'scored' ? outcome.value : undefined);

describe('scoreBatch', () => {
  it('answers every completion once, with finite values, whatever the reward returns', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(goodScore, badScore), { maxLength: 8 }), async (scores) => {
        const { outcomes, counts } = await scoreBatch(
          fromRow,
          scores.map((score) => context(score)),
        );
        expect(outcomes).toHaveLength(scores.length);
        const sum = (record: Record<string, number>) =>
          Object.values(record).reduce((total, count) => total + count, 0);
        expect(counts.scored + sum(counts.skipped) + sum(counts.errors)).toBe(scores.length);
        for (const outcome of outcomes) {
          if (outcome.status !== 'scored') continue;
          expect(
            [outcome.value, ...Object.values(outcome.parts), ...(outcome.steps ?? [])].every(Number.isFinite),
          ).toBe(true);
        }
      }),
    );
  });

  it('never rejects because of a reward, and a fault never becomes a value', async () => {
    const faults: RewardFunction[] = [
      () => { throw new Error('no'); },
      () => Promise.reject(new Error('no')),
      () => Promise.reject('a text'),
      () => { throw undefined; },
      () => 'scores' as never,
      () => undefined as never,
      (batch) => batch.slice(1).map(() => 1),
      (batch) => [...batch, ...batch].map(() => 1),
      () => new Promise(() => {}),
    ]; // biome-ignore format: a list
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...faults), fc.integer({ min: 1, max: 5 }), async (reward, count) => {
        const batch = Array.from({ length: count }, () => context(0));
        const { outcomes } = await scoreBatch(reward, batch, { timeoutMs: 5 });
        expect(outcomes.map(({ status }) => status)).toEqual(batch.map(() => 'error'));
      }),
      { numRuns: 60 },
    );
  });

  it('a fault that passes leaves no trace but the count of retries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 6 }), fc.nat(5), async (scores, at) => {
        let calls = 0;
        const flaky: RewardFunction = (batch) =>
          calls++ > 0
            ? fromRow(batch)
            : batch.map(({ row }, index) => (index === at % batch.length ? { error: 'down' } : (row.score as Score)));
        const batch = scores.map((score) => context(score));
        const steady = await scoreBatch(fromRow, batch);
        const { outcomes, counts } = await scoreBatch(flaky, batch);
        expect(outcomes).toEqual(steady.outcomes);
        expect(counts.retried).toBe(1);
      }),
    );
  });
});

describe('composition', () => {
  const weights = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.tuple(value, value), { minKeys: 1 });
  const constant =
    (score: number): RewardFunction =>
    (batch) =>
      batch.map(() => score);

  it('shows parts that sum to the value, weight by weight', async () => {
    await fc.assert(
      fc.asyncProperty(weights, async (parts) => {
        const reward = combineRewards(Object.fromEntries(Object.entries(parts).map(([name, [score, weight]]) => [name, [constant(score), weight] as const]))); // biome-ignore format: one expression
        const [score] = (await reward([context(0)])) as [{ value: number; parts: Record<string, number> }];
        const sum = Object.entries(reward.weights).reduce(
          (total, [name, weight]) => total + weight * score.parts[name]!,
          0,
        );
        expect(score.value).toBe(sum);
      }),
    );
  });

  it('is associative: any nesting of sums has the same value and keeps every leaf', async () => {
    type Tree = number | [Tree, Tree];
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, value, fc.tuple(tie('tree'), tie('tree'))),
    }));
    const leaves = (node: Tree): number[] => (typeof node === 'number' ? [node] : node.flatMap(leaves));
    const build = (node: Tree): RewardFunction =>
      typeof node === 'number' ? constant(node) : combineRewards({ left: build(node[0]), right: build(node[1]) });
    await fc.assert(
      fc.asyncProperty(fc.tuple(tree, tree), async (root) => {
        const [score] = (await build(root)([context(0)])) as [{ value: number; parts: Record<string, number> }];
        const all = leaves(root);
        expect(score.value).toBeCloseTo(
          all.reduce((sum, leaf) => sum + leaf, 0),
          6,
        );
        expect(Object.values(score.parts)).toEqual(expect.arrayContaining(all));
      }),
    );
  });

  it('neither order nor neighbours change a score, through gates, clamps, modes and curricula', async () => {
    const gated: Record<string, RewardPart> = {
      accuracy: { reward: fromRow, clamp: { min: -1, max: 1 } },
      bonus: { reward: (batch) => batch.map(({ step }) => step), weight: 0.5, gate: 'accuracy' },
    };
    const think = combineRewards(gated);
    const reward = rewardByMode({ think, no_think: curriculum(clampReward(fromRow, { max: 2 }), [[0, 1], [10, 0]]) }); // biome-ignore format: points
    const one = fc.record({
      score: fc.oneof(goodScore, badScore),
      mode: fc.constantFrom('think', 'no_think'),
      step: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        async (items, keys) => {
          const batch = items.map(({ score, mode, step }) => context(score, { mode: mode as 'think', step }));
          const order = batch
            .map((_, index) => ({ index, key: keys.next().value as number }))
            .sort((a, b) => a.key - b.key);
          const straight = (await scoreBatch(reward, batch)).outcomes;
          const shuffled = (
            await scoreBatch(
              reward,
              order.map(({ index }) => batch[index]!),
            )
          ).outcomes;
          for (const [place, { index }] of order.entries()) expect(shuffled[place]).toEqual(straight[index]);
          const alone = (await scoreBatch(reward, [batch[0]!])).outcomes[0];
          expect(scoreOf(straight[0])).toBe(scoreOf(alone));
        },
      ),
    );
  });

  it('a closed gate shows 0 and an open one shows the part', async () => {
    await fc.assert(
      fc.asyncProperty(value, value, async (accuracy, length) => {
        const reward = combineRewards({ accuracy: constant(accuracy), length: { reward: constant(length), gate: 'accuracy' } }); // biome-ignore format: one line
        const [score] = (await reward([context(0)])) as [{ value: number; parts: Record<string, number> }];
        expect(score.parts.length).toBe(accuracy > 0 ? length : 0);
        expect(score.value).toBe(accuracy + score.parts.length!);
      }),
    );
  });

  it('clamping is bounded, idempotent, and leaves skips and faults as they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(goodScore, badScore), value, value, async (score, one, other) => {
        const bounds = { min: Math.min(one, other), max: Math.max(one, other) };
        const once = clampReward(fromRow, bounds);
        const [plain, clamped, twice] = await Promise.all(
          [fromRow, once, clampReward(once, bounds)].map(
            async (reward) => (await scoreBatch(reward, [context(score)])).outcomes[0]!,
          ),
        );
        expect(twice).toEqual(clamped);
        expect(clamped!.status).toBe(plain!.status);
        if (clamped!.status === 'scored') {
          expect(clamped.value).toBeGreaterThanOrEqual(bounds.min);
          expect(clamped.value).toBeLessThanOrEqual(bounds.max);
        }
      }),
    );
  });
});
