import fc from 'fast-check';
import { expect, it } from 'vitest';
import { repeatedNgrams } from './repeated-ngrams.ts';

it('bans exactly the tokens that would bring an n-gram for the second time', () => {
  const letters = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 24 });
  const holdsTwice = (ids: number[], size: number): boolean => {
    const grams = ids.slice(0, Math.max(0, ids.length - size + 1)).map((_, at) => ids.slice(at, at + size).join(' '));
    return grams.slice(0, -1).includes(grams.at(-1) ?? '');
  };
  fc.assert(
    fc.property(letters, fc.integer({ min: 1, max: 5 }), (ids, size) => {
      const banned = repeatedNgrams(ids, size);
      for (const next of [0, 1, 2, 3]) expect(banned.has(next)).toBe(holdsTwice([...ids, next], size));
    }),
  );
});
