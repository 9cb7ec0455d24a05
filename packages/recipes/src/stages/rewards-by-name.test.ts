import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { rewardContext } from '@thinkwright/rewards/test';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parseRecipe } from '../manifest/load-recipe.ts';
import { checkRewards, rewardOf } from './rewards.ts';

const home = mkdtempSync(path.join(tmpdir(), 'recipe-rewards-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const folder = path.join(home, 'node_modules/thinkwright-verifier-maze');
mkdirSync(folder, { recursive: true });
writeFileSync(
  path.join(folder, 'package.json'),
  JSON.stringify({ name: 'thinkwright-verifier-maze', type: 'module', exports: './index.js' }),
);
writeFileSync(
  path.join(folder, 'index.js'),
  `export const verifier = { name: 'maze', description: 'd', createReward: () => (batch) => batch.map(() => ({ value: 0.25, parts: { process: process.pid } })),
     gold: [{ row: {}, right: ['a'], wrong: ['b'] }], attacks: { gold: '1', wrong: '2', write: (a) => a } };`,
);

const placeOf = (rewards: string, overrides: string[] = []) => {
  const text = `name: small
model:
  scratch: { hidden_size: 8, intermediate_size: 16, layer_count: 1, head_count: 2 }
data: { name: one-step-word-problems }
stages:
  - { name: one, kind: rl, rewards: ${rewards}, options: { max_steps: 2 } }
`;
  const recipe = parseRecipe(text, path.join(home, 'small.yaml'), { set: overrides });
  return { recipe, stage: recipe.stages[0]!, textIndex: 0, models: new Map<string, string>() };
};
const ends: (() => void | Promise<void>)[] = [];
const ports = { format: presetFormat('quickstart'), atEnd: (end: () => void | Promise<void>) => void ends.push(end) };
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

describe('rewards of a stage', () => {
  it('are built in, or installed verifiers seen from the recipe', async () => {
    const place = placeOf('{ accuracy: 1, maze: 2 }');
    checkRewards(place);
    const reward = await rewardOf(place, ports);
    expect(reward.weights).toEqual({ accuracy: 1, maze: 2 });
    const [score] = await reward([rewardContext('5', { row: { answer: '5' } })]);
    expect(score).toMatchObject({ value: 1.5, parts: { accuracy: 1, maze: 0.25 } });
    const { parts } = score as { parts: Record<string, number> };
    expect(parts['maze/process']).not.toBe(process.pid); // a verifier that never returns must not take the training with it
    const [, byPath] = Object.keys(
      (await rewardOf(placeOf('{ accuracy: 1, "./node_modules/thinkwright-verifier-maze": 1 }'), ports)).weights,
    );
    expect(byPath).toBe('maze');
  });

  it('may be given with --set', () => {
    expect(() => checkRewards(placeOf('{ accuracy: 1 }', ['one.rewards={ my-zebra: 1 }']))).toThrow(
      /there is no reward "my-zebra"/,
    );
    expect(() => checkRewards(placeOf('{ accuracy: 1 }', ['one.rewards.my-zebra=1']))).toThrow(
      /there is no reward "my-zebra"/,
    );
  });

  it('that there are not are refused with the line, the nearest name, or what was looked for', () => {
    expect(() => checkRewards(placeOf('{ acuracy: 1 }'))).toThrow(/small\.yaml:6: .*Did you mean "accuracy"\?/);
    expect(() => checkRewards(placeOf('{ zebra-puzzles: 1 }'))).toThrow(
      /Known: accuracy.*thinkwright-verifier-zebra-puzzles/,
    );
  });
});
