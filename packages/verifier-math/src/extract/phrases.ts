// "The answer is ...": the clause after the last such phrase. Only a window of bounded length is looked at.
import type { ResolvedOptions } from '../options.ts';
import { type Candidate, type Readable, styleOf } from './candidate.ts';
import { hedged, statesNoValue } from './hedges.ts';
import { lastAnswer } from './last-answer.ts';
import { lastNumbers } from './numbers.ts';
import { findSpans, lastSpanGroup } from './spans.ts';

const ANCHOR =
  /(?:final\s{1,9}answers?|answers?|solutions?|results?|(?:correct|right)\s{1,9}(?:option|choice))(?:\s{0,9}\*\*)?\s{0,9}(?:is|are|would be|will be|should be|must be|becomes|equals|:|=|：|→)|\*\*\s{0,9}(?:final\s{1,9})?answer\s{0,9}\*\*|(?:^|\n)[ \t]{0,8}#{0,6}[ \t]{0,8}final answer\b|(?:^|\n)[ \t]{0,8}(?:ans\.?|A|so|hence|thus|total)\s{0,4}[:：=]|答案|答え|réponse\s{0,9}(?:est|:)|respuesta\s{0,9}(?:es|:)|antwort\s{0,9}(?:ist|:|lautet)|ответ\s{0,9}[:：-]|risposta\s{0,9}(?:è|:)|resposta\s{0,9}(?:é|:)/gi;
const STRONG = /^(?:final\s+)?answer|^(?:correct|right)|^\*\*|final answer|答|^r[ée]|^antwort|^ответ|^ris/i;
/** "5 is our answer", "that's the final answer": what stands before it is meant. */
const LOOKS_BACK =
  /(?:\b(?:that|this|which|it)(?:'s|’s|\s+is)|\bis|\bare|\bas)\s{1,9}(?:our|the|my)\s{1,9}(?:final\s{1,9}|correct\s{1,9})?answers?\b(?=\s*(?:[.!,;)*]|$|\n))/gi;
const WINDOW = 400;
const TRIES = 6;

export type PhraseResult = Candidate | 'negated' | undefined;

export function phraseAnswer(text: string, readable: Readable, options: ResolvedOptions): PhraseResult {
  let negated = false;
  for (const { at, back } of anchors(text).reverse().slice(0, TRIES)) {
    if (back) {
      const found = lastAnswer(text.slice(Math.max(0, at - WINDOW), at), options, readable);
      if (found) return { ...found, rule: 'phrase' };
      continue;
    }
    const found = clauseAnswer(clauseAfter(text, at), readable);
    if (found === 'negated') negated = true;
    else if (found) return { ...found, rule: 'phrase' };
  }
  return negated ? 'negated' : undefined;
}

interface Anchor {
  /** Where the answer begins, or ends when the phrase looks back. */
  at: number;
  back: boolean;
}

function anchors(text: string): Anchor[] {
  const found: Anchor[] = [];
  ANCHOR.lastIndex = 0;
  for (let match = ANCHOR.exec(text); match; match = ANCHOR.exec(text)) {
    const at = ANCHOR.lastIndex;
    // "the solution is" and "the result is" introduce many things; they count only when no result follows.
    if (!STRONG.test(match[0].trim())) {
      if (text.length - at > 120) continue;
      const clause = clauseAfter(text, at);
      if (/[\d$]/.test(text.slice(text.indexOf(clause, at) + clause.length))) continue;
    }
    found.push({ at, back: false });
    if (found.length > 64) found.shift();
  }
  const tail = Math.max(0, text.length - 20 * WINDOW);
  for (const match of text.slice(tail).matchAll(LOOKS_BACK)) found.push({ at: tail + match.index, back: true });
  return found.sort((a, b) => a.at - b.at);
}

/** Up to the end of the sentence or line; a line break right after the phrase does not count. */
function clauseAfter(text: string, at: number): string {
  const window = text.slice(at, at + WINDOW).replace(/^(?:\s|[:：=>#*_]|\*\*|是|为|は|à)+/, '');
  let math = false;
  for (let index = 0; index < window.length; index++) {
    const character = window[index]!;
    if (character === '\\') {
      if (/[[(\])]/.test(window[index + 1] ?? '')) math = window[index + 1] === '[' || window[index + 1] === '(';
      index++;
    } else if (character === '$') {
      math = !math;
      if (window[index + 1] === '$') index++;
    } else if (math) continue;
    else if (character === '\n' || character === '。') return window.slice(0, index);
    else if (/[.!]/.test(character) && /^(?:\s|\*|"|$)/.test(window.slice(index + 1))) {
      if (character !== '!' || !/\d$/.test(window.slice(0, index))) return window.slice(0, index);
    }
  }
  return window;
}

const FILLER =
  /^(?:(?:is|are|be|equals?|equal to|that|approximately|about|roughly|around|simply|just|indeed|therefore|thus|hence|so|exactly|given by|either|both|now|clearly|probably|the number|the value|for sure|definitely|:|=)(?![a-z])\s*|\*\*|__|["“])+/i;
const NEGATION = /^(?:not|n't|never|wrong|incorrect|unknown|none)\b/i;
/** "The answer is correct" states none. */
const REMARK =
  /^(?:correct|right|verified|confirmed|found|complete|reasonable|consistent|valid|clear|obtained|as follows|below|above|given|shown)[\s.!:]*$/i;

/** The answer that a clause states. */
export function clauseAnswer(
  raw: string,
  readable: Readable,
): (Omit<Candidate, 'rule'> & { rule: 'phrase' }) | 'negated' | undefined {
  const clause = raw
    .replace(/^[-–—]\s+/, '')
    .replace(FILLER, '')
    .replace(/\*\*/g, '')
    .replace(/^(?:negative|minus)\s+(?=[\d$\\.])/i, '-')
    .trim();
  if (NEGATION.test(clause) || statesNoValue(clause)) return 'negated';
  if (clause === '' || REMARK.test(clause)) return undefined;
  const answer = (text: string, style = styleOf(text)) => ({ text, style, rule: 'phrase' as const });
  const spans = findSpans(clause);
  if (spans.length > 0) {
    const first = spans[0]!;
    const whole = clause.replace(/\$|\\[()[\]]/g, ' ');
    if (first.start === 0 && spans.length === 1) {
      const rest = clause.slice(first.end).trim();
      const offers = /^,?\s*(?:or|and)\b/i.test(rest);
      if (!offers || !readable(whole, 'latex')) return answer(lastSpanGroup(clause, spans).content, 'latex');
    }
    if (readable(whole, 'latex')) return answer(whole, 'latex');
    if (first.start === 0) return answer(joinedFrom(clause, spans), 'latex');
    return answer(lastSpanGroup(clause, spans).content, 'latex');
  }
  if (readable(clause, styleOf(clause))) return answer(clause);
  const numbers = lastNumbers(clause, 8);
  if (numbers.length > 0) {
    const starts = /^[-−$€£(]*[\d.\\]/.test(clause) ? numbers[numbers.length - 1]! : numbers[0]!;
    const other = hedged(clause, numbers[0]!);
    if (other !== undefined) return answer(`${other} or ${numbers[0]!.content}`);
    return answer(starts.content);
  }
  return clause.split(/\s+/).length <= 6 ? answer(clause) : undefined;
}

/** The spans from the first one on, as long as only separators lie between them. */
function joinedFrom(clause: string, spans: ReturnType<typeof findSpans>): string {
  let last = 0;
  while (
    last + 1 < spans.length &&
    /^[\s,;]*(?:and|or)?\s*$/i.test(clause.slice(spans[last]!.end, spans[last + 1]!.start))
  )
    last++;
  return lastSpanGroup(clause, spans, last).content;
}
