import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreBatch } from '../score-batch.ts';
import { rewardContext } from '../test/index.ts';
import { outcomeModelReward } from './outcome-model-reward.ts';
import { aggregateSteps, processModelReward, type StepAggregation } from './process-model-reward.ts';

describe('outcomeModelReward', () => {
  it('maps logits to 0..1 and does not ask about what was cut off', async () => {
    const reward = outcomeModelReward({
      score: (batch) => batch.map(({ completion }) => Number(completion.answer)),
      squash: 'sigmoid',
    });
    const batch = [rewardContext('0'), rewardContext('9', { truncated: true }), rewardContext('2')];
    expect(await reward(batch)).toEqual([0.5, 0, 1 / (1 + Math.exp(-2))]);
  });

  it('running into the limit pays less than any judged completion of the group', async () => {
    const reward = outcomeModelReward({ score: (batch) => batch.map(({ completion }) => Number(completion.answer)) });
    const cut = (groupId: string) => rewardContext('9', { truncated: true, groupId });
    const batch = [rewardContext('-3', { groupId: 'a' }), cut('a'), rewardContext('-1', { groupId: 'a' }), rewardContext('2', { groupId: 'b' }), cut('b')]; // biome-ignore format: one line
    expect(await reward(batch)).toEqual([-3, -3, -1, 2, 0]);
  });

  it('refuses a model that answers with another number of scores', async () => {
    const { outcomes } = await scoreBatch(outcomeModelReward({ score: () => [1] }), [
      rewardContext('a'),
      rewardContext('b'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['error', 'error']);
  });
});

describe('processModelReward', () => {
  const text = '<think>one\n\ntwo\n\nthree</think>4';
  const score = (batch: { steps: string[] }[]) =>
    batch.map(({ steps }) => steps.map((_, i) => [0.9, 0.5, 0.8][i] ?? 1));
  const value = async (aggregate: StepAggregation, completion = text) =>
    (await processModelReward({ score, aggregate })([rewardContext(completion)]))[0];

  it('aggregates in five ways and shows the steps', async () => {
    expect(await value('min')).toEqual({ value: 0.5, steps: [0.9, 0.5, 0.8] });
    expect((await value('product')) as object).toMatchObject({ value: expect.closeTo(0.36, 12) });
    expect(await value('last')).toMatchObject({ value: 0.8 });
    expect((await value('mean')) as object).toMatchObject({ value: expect.closeTo(2.2 / 3, 12) });
    expect((await value('difference')) as object).toMatchObject({
      value: 0.8,
      steps: [0.9, expect.closeTo(-0.4, 12), expect.closeTo(0.3, 12)],
    });
    expect(await value('product', '<think></think>4')).toEqual({ value: 0, steps: [] });
  });

  it('more steps cannot raise min, product or difference', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(scores, scores, (written, padding) => {
        const longer = [...padding, ...written];
        expect(aggregateSteps(longer, 'min')).toBeLessThanOrEqual(aggregateSteps(written, 'min'));
        expect(aggregateSteps(longer, 'product')).toBeLessThanOrEqual(aggregateSteps(written, 'product'));
        expect(aggregateSteps(longer, 'difference')).toBe(aggregateSteps(written, 'difference'));
      }),
    );
  });

  it('a model out of contract is an error', async () => {
    const [bad] = await processModelReward({ score: () => [[0.5, 7, 1]] })([rewardContext(text)]);
    expect(bad).toEqual({ error: expect.stringMatching(/0 to 1/) });
  });
});
