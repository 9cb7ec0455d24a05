// Format, tags and accuracy beside TRL's and open-r1's own functions: equal where the definition is the same, and where it is not, lower
// for the reason that is named.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerReward } from './answer-reward.ts';
import { formatReward } from './format-reward.ts';
import { scoreBatch } from './score-batch.ts';
import { tagReward } from './shaping/tag-reward.ts';
import { rewardContext } from './test/index.ts';
import type { RewardFunction } from './types.ts';

interface Case {
  text: string;
  value: number | null;
  whole: number;
  gold: string;
}
const published: Record<string, Case[]> = JSON.parse(readFileSync(new URL('fixtures/trl-rewards.json', import.meta.url), 'utf8')); // biome-ignore format: one line
const one = async (reward: RewardFunction, text: string, answer?: string) => {
  const row = answer === undefined ? {} : { prompt: 'How many?', answer };
  const { outcomes } = await scoreBatch(reward, [rewardContext(text, { row, prefilled: false })]);
  const [outcome] = outcomes;
  return outcome!.status === 'scored' ? outcome!.value : null;
};

describe('formatReward', () => {
  it("equals TRL's think_format_reward, given its pattern", async () => {
    const reward = formatReward({ pattern: /<think>(?!.*<think>).*?<\/think>.*/s });
    for (const { text, value } of published.thinkFormat!)
      expect([text, await one(reward, text)]).toEqual([text, value]);
    expect(published.thinkFormat!.filter(({ value }) => value === 1).length).toBeGreaterThan(30);
  });

  it("equals open-r1's format where the whole text has the form; what only ends a line with it is not paid", async () => {
    const reward = formatReward({ pattern: /<think>\n.*?\n<\/think>\n<answer>\n.*?\n<\/answer>/s });
    for (const { text, whole } of published.format!) expect([text, await one(reward, text)]).toEqual([text, whole]);
    expect(published.format!.filter(({ value, whole }) => value !== whole).length).toBeGreaterThan(3);
    expect(published.format!.every(({ value, whole }) => whole <= value!)).toBe(true);
  });
});

describe('tagReward', () => {
  it("equals open-r1's tag_count when the tags are in order, and is lower when they are not", async () => {
    const tags = ['<think>\n', '\n</think>\n', '\n<answer>\n', '\n</answer>'];
    let lower = 0;
    for (const { text, value } of published.tagCount!) {
      const places = tags.filter((tag) => text.split(tag).length === 2).map((tag) => text.indexOf(tag));
      const inOrder = places.every((place, index) => index === 0 || place > places[index - 1]!);
      const earned = (await one(tagReward({ tags }), text))!;
      if (inOrder) expect([text, earned]).toEqual([text, value]);
      else {
        lower++;
        expect(earned).toBeLessThan(value!);
      }
    }
    expect(lower).toBeGreaterThan(3);
  });
});

describe('answerReward', () => {
  it("equals TRL's reasoning_accuracy_reward with math-verify on numbers in boxes", async () => {
    let compared = 0;
    for (const { text, gold, value } of published.accuracy!) {
      const earned = await one(answerReward({ extract: 'boxed' }), text, gold);
      // A row without gold is never scored; TRL scores unfinished reasoning 0 even then.
      if (gold === '') expect(earned).toBeNull();
      // Without any marks the completion is an answer of a model that does not think; TRL takes it for unfinished reasoning.
      else if (text.includes('<think>')) {
        compared++;
        expect([text, gold, earned]).toEqual([text, gold, value]);
      }
    }
    expect(compared).toBeGreaterThan(40);
  });
});
