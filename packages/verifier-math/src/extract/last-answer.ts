// Where nothing announces the answer: the rightmost of the last math span, the last plain formula and the last number
// that can be read.
import type { ResolvedOptions } from '../options.ts';
import { type Candidate, type Readable, styleOf } from './candidate.ts';
import { hedged, rejected } from './hedges.ts';
import { lastNumbers } from './numbers.ts';
import { lastFormula } from './plain-formula.ts';
import { findSpans, lastSpanGroup, type Span } from './spans.ts';

/** The last readable candidate of a text, or undefined. */
export function lastAnswer(text: string, options: ResolvedOptions, readable: Readable): Candidate | undefined {
  const spans = options.targets.includes('latex') ? findSpans(text) : [];
  const plain = options.targets.includes('expr') || spans.length === 0;
  const numbers = plain ? lastNumbers(text, 6) : [];
  const formula = plain ? lastFormula(text) : undefined;
  if (spans.length === 0 && listsNumbers(text, numbers)) return undefined;
  const inSpan = ({ start, end }: Span): boolean => spans.some((span) => span.start < end && start < span.end);
  const inFormula = ({ end }: Span): boolean => formula !== undefined && formula.start < end && end <= formula.end;
  const candidates = [
    ...spans.slice(-6).map((_, index, tail) => {
      const group = lastSpanGroup(text, spans, spans.length - tail.length + index);
      return { end: group.end, text: group.content, style: 'latex' as const, rule: 'span' as const };
    }),
    ...(formula && !inSpan(formula) && !rejected(text, formula) ? [offered(text, formula, 0.5)] : []),
    ...numbers
      .filter((number) => !spans.some((span) => span.start < number.end && number.end <= span.end))
      .filter((number) => !rejected(text, number))
      .map((number) => offered(text, number, inFormula(number) ? -formula!.end : 0)),
  ].sort((a, b) => b.end - a.end);
  for (const { text: content, style, rule } of candidates) {
    if (content.trim() === '') continue;
    if (readable(content, style)) return { text: content, style, rule };
    if (rule === 'number') {
      const digits = /-?[\d.,]*\d%?$/.exec(content)?.[0];
      if (digits && readable(digits, 'plain')) return { text: digits, style: 'plain', rule };
    }
  }
  return lastWords(spans[spans.length - 1]);
}

/** $\\text{east}$ where no mathematics can be read. */
function lastWords(span: Span | undefined): Candidate | undefined {
  const words = /^\s*\\(?:text|mbox|textbf|mathrm)\s*\{[^{}\d]{1,40}\}\s*$/.test(span?.content ?? '');
  return span && words ? { text: span.content, style: 'latex', rule: 'span' } : undefined;
}

/** The number with one that is offered beside it. `shift` ranks it among candidates that end at the same place. */
function offered(text: string, span: Span, shift: number) {
  const other = hedged(text, span);
  const content = other === undefined ? span.content : `${other} or ${span.content}`;
  return { end: span.end + shift, text: content, style: styleOf(content), rule: 'number' as const };
}

/** Nothing but several numbers: a list of guesses. */
function listsNumbers(text: string, numbers: readonly Span[]): boolean {
  return numbers.length > 1 && !/[\p{L}=#]/u.test(text) && !text.includes('\n');
}
