// The schedule against a simulation of the cache: whatever the requests, a row must find its own prompt in its slot.

import type { RolloutRequest } from '@thinkwright/rollouts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucket } from './decode-step.ts';
import { Schedule } from './schedule.ts';

const request = (key: string, promptLength: number, samples: number, maxTokens: number): RolloutRequest => ({
  key,
  samples,
  promptIds: Int32Array.from({ length: promptLength }, (_, i) => key.charCodeAt(0) * 100 + i),
  sampling: { temperature: 1, maxTokens, stopIds: [0], seed: 0 },
});

/** A schedule for the requests of one call. */
function scheduleOf(requests: RolloutRequest[], slots: number, context: number): Schedule {
  const schedule = new Schedule({ context });
  schedule.growTo(slots);
  schedule.add({}, requests);
  return schedule;
}

describe('Schedule', () => {
  it('gives every row its own prompt, each sample once, and ends', () => {
    const someRequests = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(
        someRequests,
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 4 })),
        fc.integer({ min: 1, max: 20 }),
        (shapes, slots, ids, budget) => {
          const requests = shapes.map(([length, samples, maxTokens], index) =>
            request(String.fromCharCode(97 + index), length, samples, maxTokens),
          );
          const schedule = scheduleOf(requests, slots, 1000);
          const cache = Array.from({ length: slots }, () => [] as number[]);
          const seen = new Set<string>();
          let prefills = 0;
          while (!schedule.isDone) {
            const { earlyCopies, prefills: fills, lateCopies } = schedule.admit(budget);
            const copy = ({ from, to, length }: (typeof lateCopies)[number]) => {
              for (const slot of to) cache[slot] = cache[from]!.slice(0, length);
            };
            earlyCopies.forEach(copy);
            for (const { slot, start, ids: part } of fills) cache[slot] = [...cache[slot]!.slice(0, start), ...part];
            lateCopies.forEach(copy);
            prefills += fills.filter(({ start }) => start === 0).length;
            expect(fills.reduce((sum, fill) => sum + fill.ids.length, 0)).toBeLessThanOrEqual(budget);

            expect(new Set(schedule.rows.map(({ slot }) => slot)).size).toBe(schedule.rows.length);
            for (const row of schedule.rows) {
              cache[row.slot]![row.nextPosition] = row.nextId;
              const text = [...row.request.promptIds, ...row.ids];
              expect(cache[row.slot]!.slice(0, row.nextPosition + 1)).toEqual(text);
            }
            const sampled = schedule.rows.map(() => ids.next().value as number);
            for (const { row } of schedule.accept(schedule.rows, sampled, sampled))
              seen.add(`${row.request.key}/${row.sample}`);
          }
          expect(seen.size).toBe(requests.reduce((sum, { samples }) => sum + samples, 0));
          const total = requests.reduce((sum, { samples }) => sum + samples, 0);
          if (slots >= total) expect(prefills).toBe(requests.filter(({ promptIds }) => promptIds.length > 1).length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('prefills a group once, also when its samples are seated in turns', () => {
    const schedule = scheduleOf([request('a', 5, 4, 2)], 2, 100);
    expect(schedule.admit()).toEqual({
      earlyCopies: [],
      prefills: [{ slot: 0, start: 0, ids: Int32Array.of(9700, 9701, 9702, 9703) }],
      lateCopies: [{ from: 0, to: [1], length: 4 }],
    });
    schedule.accept(schedule.rows, [1, 0], [0, 0]); // slot 1 stops first
    expect(schedule.admit()).toEqual({ earlyCopies: [], prefills: [], lateCopies: [] }); // and still holds the prompt
    expect(schedule.rows.map(({ sample, slot, nextPosition }) => [sample, slot, nextPosition])).toEqual([
      [0, 0, 5],
      [2, 1, 4],
    ]);
  });

  it('shares slots between callers by need, whoever came first, and fills their prompts in turns', () => {
    const schedule = new Schedule({ context: 100 });
    schedule.growTo(4);
    const [many, few, late] = [{ call: 1 }, { call: 2 }, { call: 3 }];
    schedule.add(
      many,
      ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => request(key, 9, 1, 3)),
    );
    schedule.add(few, [request('x', 9, 3, 3)]);
    const { prefills } = schedule.admit(24);
    expect(prefills.map(({ slot, ids }) => [slot, ids.length])).toEqual([
      [0, 8], // of many
      [1, 8], // of few, whose second sample copies it
      [2, 8], // of many
    ]);
    expect(schedule.rows.map(({ owner, sample }) => [owner, sample])).toEqual([
      [many, 0],
      [few, 0],
      [few, 1],
      [many, 0],
    ]);
    schedule.add(late, [request('z', 2, 2, 3)]);
    schedule.accept(schedule.rows, [0, 1, 1, 0], [0, 0, 0, 0]); // both rows of `many` stop
    schedule.admit();
    expect(schedule.rows.filter(({ owner }) => owner === late)).toHaveLength(1);
    expect(schedule.rows.filter(({ owner }) => owner === many)).toHaveLength(1);
  });

  it('removes one caller and leaves the others as they were', () => {
    const schedule = new Schedule({ context: 100, firstSlot: 1 });
    schedule.growTo(3);
    const [first, second] = [{ call: 1 }, { call: 2 }];
    schedule.add(first, [request('a', 3, 2, 9), request('b', 30, 2, 9)]);
    schedule.add(second, [request('c', 3, 2, 9)]);
    schedule.admit(4);
    const rows = schedule.rows;
    schedule.accept(
      rows,
      rows.map((_, index) => index + 1),
      rows.map(() => 0),
    );
    const removed = schedule.remove(first);
    expect(removed.map(({ request: { key }, sample, ids }) => [key, sample, ids.length])).toEqual([
      ['a', 0, 1],
      ['a', 1, 1],
      ['b', 0, 0],
      ['b', 1, 0],
    ]);
    expect(schedule.rows.map(({ owner, ids }) => [owner, ids.length])).toEqual([[second, 1]]);
    expect(schedule.unfinished).toBe(2);
    expect(schedule.admit().earlyCopies).toHaveLength(1); // the second sample, from its own prompt
    expect(schedule.rows).toHaveLength(2);
  });

  it('lets rows decode while a long prompt comes in by parts', () => {
    const schedule = scheduleOf([request('a', 3, 1, 9), request('b', 12, 2, 9)], 3, 100);
    const parts = () => schedule.admit(4).prefills.map(({ slot, start, ids }) => [slot, start, ids.length]);
    expect(parts()).toEqual([
      [0, 0, 2],
      [1, 0, 2],
    ]);
    expect(schedule.rows).toHaveLength(1);
    schedule.accept(schedule.rows, [1], [0]);
    expect(parts()).toEqual([[1, 2, 4]]);
    expect(schedule.isWaiting).toBe(true);
    expect(parts()).toEqual([[1, 6, 4]]);
    const { prefills, lateCopies } = schedule.admit(4);
    expect(prefills).toEqual([{ slot: 1, start: 10, ids: Int32Array.of(9810) }]);
    expect(lateCopies).toEqual([{ from: 1, to: [2], length: 11 }]);
    expect(schedule.rows).toHaveLength(3);
  });

  it('ignores what a step launched ahead says of rows that have ended', () => {
    const schedule = scheduleOf([request('a', 3, 2, 9)], 2, 100);
    schedule.admit();
    const rows = schedule.rows;
    expect(schedule.accept(rows, [1, 0], [0, 0])).toHaveLength(1);
    expect(schedule.accept(rows, [2, 3], [0, 0])).toHaveLength(0);
    expect(rows.map(({ ids }) => ids)).toEqual([[1, 2], [0]]);
  });
});

describe('bucket', () => {
  it('is never below the count, adds at most a third, and takes few values', () => {
    for (let count = 1; count <= 600; count++) {
      expect(bucket(count)).toBeGreaterThanOrEqual(count);
      expect(bucket(count) - count).toBeLessThanOrEqual(count / 3);
    }
    expect(new Set(Array.from({ length: 128 }, (_, index) => bucket(index + 1))).size).toBeLessThanOrEqual(26);
  });
});
