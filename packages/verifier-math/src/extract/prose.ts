// Tells a sentence from a formula, so that "they are 7 apart" is not read as a product of letters.
import { FUNCTIONS, GREEK, WORD_SYMBOLS } from '../lex/tables.ts';
import { UNIT_POWERS, unitOf } from '../lex/units.ts';

const NEUTRAL: ReadonlySet<string> = new Set(['sqrt', 'cbrt', 'binom', 'in', 'of', 'per']);

const isNeutral = (word: string): boolean =>
  NEUTRAL.has(word) ||
  FUNCTIONS.has(word) ||
  GREEK.has(word) ||
  WORD_SYMBOLS.has(word.toLowerCase()) ||
  UNIT_POWERS.has(word.toLowerCase()) ||
  unitOf(word) !== undefined;

const ADJACENT = /(?<![A-Za-z\\{_^])([A-Za-z]{2,})[ ,]{1,3}(?=([A-Za-z]{2,})(?![A-Za-z]))/g;

/** Verbs and openings of a sentence: "20 % of 100 is 20". */
const STATES = /(?<![\\A-Za-z{])(?:is|are|was|were|so|the|we|thus|hence|then|get|has|have)(?![A-Za-z}])/i;

/** A word with letters beyond ASCII: four in a row, so that αβγ stays a product. */
const FOREIGN_WORD = /(?=\p{L}*[^\x00-\x7f])\p{L}{4}|(?=\p{L}{2,3}(?!\p{L}))(?=\p{L}*[\u00c0-\u024f])\p{L}{2}/u;

/** True when two words stand side by side that belong to no formula, or letters of another script form a word. */
export function isProse(text: string): boolean {
  const bare = text
    .replace(/\\(?:begin|end)\s*\{[^{}]*\}(?:\s*\{[lcr|\s]*\})?/g, ' ')
    .replace(/\\(?:text|mbox|mathrm|operatorname|textbf)\s*\{[^{}]*\}/g, ' ')
    .replace(/\\[a-zA-Z]+/g, ' ');
  // "Souci : 2,74" begins with a word; "Area = 10" gives a name to a value.
  const opening = /^\s*([A-Za-z]{4,})\s*([^A-Za-z\s=]|$)/.exec(bare);
  if (opening && /[aeiou]/i.test(opening[1]!) && !isNeutral(opening[1]!) && /\d/.test(bare)) return true;
  if (/[^\x00-\u03ff\u2000-\u22ff]{2}/.test(bare) && /[\p{L}\p{M}]{2}/u.test(bare.replace(/[\x00-\u03ff]/g, ' ')))
    return true;
  if (FOREIGN_WORD.test(bare) || (/\d/.test(bare) && STATES.test(bare))) return true;
  for (const [, first, second] of bare.matchAll(ADJACENT)) {
    const words = [first!, second!].filter((word) => !isNeutral(word) && !/^[A-Z]+$/.test(word));
    if (words.length === 2) return true;
  }
  const long = (bare.match(/[A-Za-z]{3,}/g) ?? []).filter((word) => /[aeiou]/.test(word) && !isNeutral(word));
  return long.length >= 2;
}
