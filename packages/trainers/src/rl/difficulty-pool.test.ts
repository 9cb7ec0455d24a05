// The gate, the bound, and which prompts come back.
import { describe, expect, it } from 'vitest';
import { DifficultyPool } from './difficulty-pool.ts';

const options = { poolSize: 3, poolShare: 0.5, minPassRate: 0.1, maxPassRate: 0.9, passReward: 1 };
const row = (name: string) => ({ prompt: name });
const passes = (right: number, of = 8) => Array.from({ length: of }, (_, i) => (i < right ? 1.1 : 0.1));

describe('DifficultyPool', () => {
  it('admits what is neither mastered nor hopeless, and nothing unknown', () => {
    const pool = new DifficultyPool(options, 1);
    expect(pool.record(row('hopeless'), passes(0))).toBe(false);
    expect(pool.record(row('mastered'), passes(8))).toBe(false);
    expect(pool.record(row('unscored'), [Number.NaN, Number.NaN])).toBe(false);
    expect(pool.record(row('fit'), passes(3))).toBe(true);
    expect(pool.take(2, 0)).toEqual([row('fit')]);
  });

  it('gives at most its share, each prompt once until it is tried again', () => {
    const pool = new DifficultyPool(options, 1);
    for (const name of ['a', 'b', 'c']) pool.record(row(name), passes(4));
    const taken = pool.take(4, 0);
    expect(taken).toHaveLength(2);
    expect(pool.size).toBe(1);
    expect(pool.take(4, 1)).not.toContainEqual(taken[0]);
  });

  it('lets the prompt go that teaches least when it is full', () => {
    const pool = new DifficultyPool(options, 1);
    for (const [name, right] of [['half', 4], ['rare', 1], ['most', 6]] as const) pool.record(row(name), passes(right)); // biome-ignore format: a table
    expect(pool.record(row('third'), passes(3))).toBe(true);
    expect(pool.state().map((entry) => entry.row.prompt)).toEqual(['half', 'most', 'third']);
  });

  it('tries prompts near one half more often', () => {
    const firsts = Array.from({ length: 400 }, (_, draw) => {
      const pool = new DifficultyPool({ ...options, poolShare: 1 }, 3);
      pool.record(row('half'), passes(4)); // 5/10: variance .25
      pool.record(row('rare'), passes(1)); // 2/10: variance .16
      return pool.take(1, draw)[0]!.prompt;
    });
    const share = firsts.filter((name) => name === 'half').length / firsts.length;
    expect(Math.abs(share - 0.25 / 0.41)).toBeLessThan(0.1);
  });

  it('draws the same after a checkpoint', () => {
    const pool = new DifficultyPool(options, 1);
    for (const [i, name] of ['a', 'b', 'c'].entries()) pool.record(row(name), passes(i + 2));
    const again = new DifficultyPool(options, 1);
    again.restore(JSON.parse(JSON.stringify(pool.state())));
    expect(again.take(4, 9)).toEqual(pool.take(4, 9));
    expect(again.state()).toEqual(pool.state());
  });
});
