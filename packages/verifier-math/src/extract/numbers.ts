// The last plain number or arithmetic expression of a prose text, e.g. "so 2 * 9 = $18 a day" gives 18.
import type { Span } from './spans.ts';

const NUMBER = /(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+)(?:[.,]\d+)?(?:\s?√\s?\d+|\s?π)?(?:\/\d+)?|\.\d+|√\d+(?:\/\d+)?/g;
const FRACTION = /\\[dt]?frac\s*\{[^{}]{1,60}\}\s*\{[^{}]{1,60}\}/g;
const EXPRESSION_CHARACTER = /[-+*/^().,\d\s$€£×÷−=%!]/;
const LONGEST = 200;

/** The last numbers, rightmost first, as spans of the text. */
export function lastNumbers(text: string, most: number): Span[] {
  const found: Span[] = [];
  for (const pattern of [FRACTION, NUMBER]) {
    pattern.lastIndex = 0;
    const spans: Span[] = [];
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const [start, end] = [match.index, match.index + match[0].length];
      // x2 and AZYUK2A hold no number.
      if (pattern === NUMBER && /[A-Za-z_\\{]/.test(text[start - 1] ?? '')) continue;
      spans.push({ start, end, content: match[0] });
      if (spans.length > 200) spans.shift();
    }
    found.push(...spans.slice(-most));
  }
  return found
    .sort((a, b) => b.end - a.end || a.start - b.start)
    .slice(0, most)
    .map((span) => withSurroundings(text, span));
}

/** The expression that ends with this number: operators and numbers before it back to an equals sign or a word. */
function withSurroundings(text: string, { start, end, content }: Span): Span {
  let last = end;
  const tail = /^(?:!|\s*\\?%|\s?(?:percent|pct|per cent)\b)/i.exec(text.slice(end, end + 12));
  if (tail) last += tail[0].length;
  const suffix = tail ? (tail[0].includes('!') ? '!' : '%') : '';
  let first = start;
  while (first > 0 && start - first < LONGEST && EXPRESSION_CHARACTER.test(text[first - 1]!)) first--;
  const run = text.slice(first, start);
  const before = text[first - 1] ?? '';
  const equals = run.lastIndexOf('=');
  const line = run.lastIndexOf('\n');
  let prefix = run.slice(Math.max(equals, line) + 1);
  // After a word only a sign that touches its number belongs to it; "x - 5" is no minus five.
  if (equals < 0 || line > equals) prefix = /[A-Za-z]/.test(before) || line >= 0 ? touchingSign(prefix) : prefix;
  const expression = balanced(`${prefix}${content}`.replace(/[$€£]/g, ''));
  return { start: first, end: last, content: `${expression.trim()}${suffix}` };
}

function touchingSign(prefix: string): string {
  return /(?:^|\s)[-−]\$?$/.test(prefix) ? '-' : '';
}

/** Without opening brackets that do not close. */
function balanced(expression: string): string {
  let depth = 0;
  for (const character of expression) depth += character === '(' ? 1 : character === ')' ? -1 : 0;
  if (depth === 0) return expression;
  return depth > 0 ? expression.replace(/^[\s(]+/, '') : expression.replace(/[)\s]+$/, '');
}
