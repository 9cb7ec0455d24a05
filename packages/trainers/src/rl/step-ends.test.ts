// Steps are found in the ids that were sampled: with any cut of the text into tokens, a step ends in the token that holds its last
// character.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepEnds } from './step-ends.ts';

const separator = /\n\s*\n/;

/** A text cut into pieces; id i stands for piece i. */
function cut(text: string, lengths: number[]) {
  const pieces: string[] = [];
  for (let from = 0, i = 0; from < text.length; i++) {
    pieces.push(text.slice(from, from + (lengths[i] ?? 1)));
    from += lengths[i] ?? 1;
  }
  const decode = (ids: Int32Array) => Array.from(ids, (id) => pieces[id]!).join('');
  return { ids: Int32Array.from(pieces, (_, i) => i), pieces, decode };
}

describe('stepEnds', () => {
  it('names the token of the last character of each step', () => {
    const word = fc.stringMatching(/^[a-z]{1,5}$/);
    const lengths = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), lengths, word, (steps, sizes, answer) => {
        const thinking = `${steps.join('\n\n')}\n`;
        const text = `<think>${thinking}</think>${answer}`;
        const { ids, pieces, decode } = cut(text, sizes);
        const ends = stepEnds({ ids, text, thinking }, steps.length, separator, decode);
        let offset = '<think>'.length;
        for (const [i, step] of steps.entries()) {
          offset += step.length;
          const before = pieces.slice(0, ends[i]).join('').length;
          expect(before).toBeLessThan(offset);
          expect(before + pieces[ends[i]!]!.length).toBeGreaterThanOrEqual(offset);
          offset += 2;
        }
      }),
    );
  });

  it('refuses another number of steps than the reward scored, with the separator', () => {
    const text = 'one\n\ntwo';
    const { ids, decode } = cut(text, []);
    expect(() => stepEnds({ ids, text, thinking: text }, 3, separator, decode)).toThrow(/scored 3 steps.*finds 2/);
    expect(() => stepEnds({ ids, text, thinking: '' }, 1, separator, decode)).toThrow(/finds 0/);
  });
});
