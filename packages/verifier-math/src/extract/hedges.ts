// Numbers that are offered beside others or turned down: "5 or 6", "42 is wrong". Only short windows are looked at.
import type { Span } from './spans.ts';

const OFFERED_BEFORE =
  /(-?\d[\d.,/]{0,30})\s*(?:\*\*|\?{1,3})?\s*[,(]?\s*(?:or|(?:and |or )?(?:maybe|perhaps|possibly))\b[^.\d]{0,20}$/i;
const REJECTED_AFTER = /^[^.\n\d]{0,12}?\b(?:is|was|are)?\s*(?:not|isn't|wasn't|wrong|incorrect|false)\b/i;
const REJECTED_BEFORE =
  /\b(?:not|never|isn't|cannot be|can't be|can not be|wasn't)\s*(?:equal to\s*|be\s*|necessarily\s*)?\$?$/i;

/** "5 or 6", "maybe 5, maybe 6": the number before belongs to the answer too. */
export function hedged(text: string, { start }: Span): string | undefined {
  return OFFERED_BEFORE.exec(text.slice(Math.max(0, start - 60), start))?.[1]?.replace(/[.,/]+$/, '');
}

/** "42 is wrong", "not 42": the number is named only to be turned down. */
export function rejected(text: string, { start, end }: Span): boolean {
  return (
    REJECTED_AFTER.test(text.slice(end, end + 40)) || REJECTED_BEFORE.test(text.slice(Math.max(0, start - 24), start))
  );
}

const BOUND =
  /^(?:at (?:least|most)|no (?:more|less|fewer) than|(?:more|less|greater|fewer|larger|smaller|bigger|higher|lower) than|up to|over|under|above|below|between|one of|among|any (?:of|number)|either of|in the range)\b/i;
const CONDITIONAL = /\bif\b[^.\n]{0,80}?\d[^.\n]{0,40}\b(?:otherwise|else|if)\b/i;

/** "at least 37", "one of 36, 37, 38", "37 if n is even and 38 otherwise": no single value is stated. */
export const statesNoValue = (clause: string): boolean => BOUND.test(clause) || CONDITIONAL.test(clause);
