// Whole groups, the bound, the end of the stream: properties of the refill, whatever the groups are like.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectGroups } from './dynamic-sampling.ts';
import type { Group } from './group.ts';

/** A stream of groups that teach (true) or not; counts how many were asked for. */
function streamOf(teaching: boolean[]) {
  const groups = teaching.map((teaches, index) => ({ index, teaches }) as unknown as Group);
  let place = 0;
  const asked: number[] = [];
  const sample = async (count: number) => {
    asked.push(count);
    place += count;
    return groups.slice(place - count, place);
  };
  return { sample, asked, groups };
}
const teaches = (group: Group) => (group as unknown as { teaches: boolean }).teaches;

describe('dynamic sampling', () => {
  it('never samples more than is missing, loses no group, and stops at the bound', async () => {
    const cases = fc.record({
      teaching: fc.array(fc.boolean(), { maxLength: 40 }),
      wanted: fc.integer({ min: 1, max: 8 }),
      most: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ teaching, wanted, most }) => {
        const { sample, asked, groups } = streamOf(teaching);
        const found = await collectGroups(wanted, sample, teaches, most);
        const live = found.groups.filter(teaches).length;
        expect(found.groups.length).toBeLessThanOrEqual(wanted);
        expect(found.left.some(teaches)).toBe(false);
        expect(found.rounds).toBeLessThanOrEqual(most);
        const sampled = groups.slice(
          0,
          asked.reduce((sum, count) => sum + count, 0),
        ); // of the asked, those there were
        expect(new Set([...found.groups, ...found.left])).toEqual(new Set(sampled));
        const over = sampled.length === groups.length;
        if (live < wanted && !over) expect(found.rounds).toBe(most);
        if (!over) expect(found.groups).toHaveLength(wanted);
      }),
    );
  });

  it('asks once where everything teaches', async () => {
    const { sample, asked } = streamOf([true, true, true, true]);
    expect(await collectGroups(3, sample, teaches, 10)).toMatchObject({ left: [], rounds: 1 });
    expect(asked).toEqual([3]);
  });
});
