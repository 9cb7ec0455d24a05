import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContextOptions, rewardContext } from '../test/index.ts';
import type { RewardContext, RewardFunction, Score } from '../types.ts';
import { cosineReward } from './cosine-reward.ts';
import { languageReward } from './language-reward.ts';
import { lengthReward } from './length-reward.ts';
import { overlongReward } from './overlong-reward.ts';
import { reasoningStepsReward } from './reasoning-steps-reward.ts';
import { repetitionReward } from './repetition-reward.ts';
import { verbosityReward } from './verbosity-reward.ts';

// Values computed by TRL's and open-r1's own functions, given the same lengths, ids and correctness.
const published = JSON.parse(readFileSync(new URL('../fixtures/trl-rewards.json', import.meta.url), 'utf8'));

const given: RewardFunction = (batch) => batch.map(({ row }) => row.right as Score);
const judged = (right: boolean, options: ContextOptions = {}): RewardContext =>
  rewardContext('x', { ...options, row: { right: right ? 1 : 0, ...options.row } });
const one = async (reward: RewardFunction, context: RewardContext): Promise<Score> => (await reward([context]))[0]!;

describe('lengthReward', () => {
  it("equals open-r1's len_reward within one group", async () => {
    const reward = lengthReward({ accuracy: given, wrong: 'paper' });
    for (const { tokens, right, values } of published.length) {
      const scores = await reward(tokens.map((count: number, i: number) => judged(right[i], { tokens: count })));
      scores.forEach((score, i) => {
        expect(score).toBeCloseTo(values[i], 12);
      });
    }
  });

  it('compares within the group, pays no wrong answer for its length, and judges nothing without gold', async () => {
    const reward = lengthReward({ accuracy: given });
    const batch = [
      judged(true, { tokens: 10, groupId: 'a' }),
      judged(true, { tokens: 30, groupId: 'a' }),
      judged(true, { tokens: 1000, groupId: 'b' }),
      judged(false, { tokens: 500, groupId: 'b' }),
      rewardContext('x', { tokens: 20, groupId: 'a', row: { right: { skip: 'no gold' } } }),
      rewardContext('x', { tokens: 20, groupId: 'a', row: { right: { error: 'down' } } }),
    ];
    expect(await reward(batch)).toEqual([0.5, -0.5, -0.5, 0, { skip: 'no gold' }, { error: 'down' }]);
  });
});

describe('cosineReward', () => {
  it("equals TRL's cosine-scaled reward with the paper's bounds", async () => {
    const reward = cosineReward({ accuracy: given, wrong: { short: -1, long: -0.5 } });
    for (const { tokens, maxTokens, right, value } of published.cosine) {
      expect(await one(reward, judged(right, { tokens, maxTokens }))).toBeCloseTo(value, 12);
    }
  });

  it('falls with the length of right answers and is flat for wrong ones', async () => {
    const reward = cosineReward({ accuracy: given });
    await fc.assert(
      fc.asyncProperty(fc.nat(5000), fc.nat(5000), async (a, b) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)];
        const value = (tokens: number, right: boolean) => one(reward, judged(right, { tokens, maxTokens: 1000 }));
        expect(await value(long, true)).toBeLessThanOrEqual((await value(short, true)) as number);
        expect(await value(long, false)).toBe(0);
      }),
    );
    expect(await one(cosineReward({ accuracy: given, exceeded: -10 }), judged(true, { truncated: true }))).toBe(-10);
    expect(() => cosineReward({ right: { short: Number.NaN, long: 0 } })).toThrow(/right.short is NaN/);
  });
});

describe('repetitionReward', () => {
  it("equals TRL's on tokens and open-r1's on words", async () => {
    for (const { ids, size, maxPenalty, value } of published.repetition) {
      const context = rewardContext(ids.join(' '), { ids: Int32Array.from(ids) });
      expect(await one(repetitionReward({ size, maxPenalty }), context)).toBeCloseTo(value, 12);
    }
    for (const { text, size, value } of published.wordRepetition) {
      expect(await one(repetitionReward({ size, unit: 'words' }), rewardContext(text))).toBeCloseTo(value, 12);
    }
  });

  it('is an error without ids, and linear in time', async () => {
    const bare = rewardContext('some text', { ids: new Int32Array(0) });
    expect(await one(repetitionReward(), bare)).toEqual({ error: expect.stringMatching(/unit: 'words'/) });
    expect(await one(repetitionReward(), rewardContext('', { ids: new Int32Array(0) }))).toBe(0);
    const long = rewardContext('x', { ids: new Int32Array(200_000) });
    expect(await one(repetitionReward(), long)).toBeCloseTo(-1, 4);
    expect(() => repetitionReward({ maxPenalty: 1 })).toThrow(/at most 0/);
  });
});

describe('overlongReward and verbosityReward', () => {
  it("overlong equals TRL's", async () => {
    for (const { tokens, maxTokens, cache, value } of published.overlong) {
      expect(await one(overlongReward({ maxTokens, cache }), rewardContext('x', { tokens }))).toBeCloseTo(value, 12);
    }
    expect(await one(overlongReward(), rewardContext('x', { tokens: 14336, maxTokens: 16384 }))).toBe(-0.5);
    expect(() => overlongReward({ maxTokens: 10, cache: 20 })).toThrow(/cache is 20/);
  });

  it('verbosity counts in no_think mode only', async () => {
    const reward = verbosityReward({ freeTokens: 50, limitTokens: 150 });
    expect(await one(reward, rewardContext('x', { mode: 'no_think', tokens: 100 }))).toBe(-0.5);
    expect(await one(reward, rewardContext('x', { mode: 'no_think', tokens: 50 }))).toBe(0);
    expect(await one(reward, rewardContext('x', { mode: 'no_think', tokens: 999 }))).toBe(-1);
    expect(await one(reward, rewardContext('x', { mode: 'think', tokens: 999 }))).toBe(0);
    expect(() => verbosityReward({ freeTokens: 5, limitTokens: 5 })).toThrow(/below/);
  });
});

describe('reasoningStepsReward', () => {
  it('counts different steps with content, in the thinking', async () => {
    const reward = reasoningStepsReward();
    const value = (text: string) => one(reward, rewardContext(text));
    expect(await value('<think>Step 1: add four and seven\nStep 2: take the last digit\n- so it is 1</think>1')).toBe(
      1,
    );
    expect(await value('<think>1. add four and seven\n1. add four and seven</think>1')).toBeCloseTo(1 / 3);
    expect(await value('<think>First,\nSecond,\nNext,\nFinally,</think>1')).toBe(0);
    expect(await value('<think>First, Second, Next, Finally,</think>1')).toBeCloseTo(1 / 3);
    expect(await value('Step 1: add four and seven\nStep 2: and so on then')).toBe(0);
  });
});

describe('languageReward', () => {
  const value = (text: string, prompt: string, options: ContextOptions = {}) =>
    one(languageReward(), rewardContext(text, { ...options, row: { prompt } }));

  it('is the share of words in the script of the prompt', async () => {
    expect(await value('<think>we add them</think>5', 'What is 2+3?')).toBe(1);
    expect(await value('<think>we add 它们</think>5', 'What is 2+3?')).toBeCloseTo(2 / 3);
    expect(await value('<think>2と3を足す</think>5', '2たす3は何ですか、漢字で')).toBe(1);
    expect(await value('<think>Складываем числа</think>5', 'Сколько будет 2+3?')).toBe(1);
    expect(await value('<think>2+3=5</think>5', 'What is 2+3?')).toBe(1);
    expect(await value('<think>so `total` and \\frac{1}{2} it is</think>5', 'What is 2+3?')).toBe(1);
    // Foreign prose does not hide in code.
    expect(await value('<think>so `函数` it is</think>5', 'What is 2+3?')).toBe(0.75);
    expect(await value('<think>```\n先算二加三\n```</think>5', 'What is 2+3?')).toBe(0);
  });

  it('takes look-alikes for foreign and silence for nothing', async () => {
    expect(await value('<think>w\u0435 \u0430dd th\u0435m</think>5', 'What is 2+3?')).toBe(0);
    expect(await value('<think></think>5', 'What is 2+3?')).toBe(0);
    expect(await value('five', 'What is 2+3?', { mode: 'no_think' })).toBe(1);
    expect(() => languageReward({ scripts: ['Klingon'] })).toThrow(/known: Latin/);
  });
});
