// Reads one number literal: thousands marks, decimal point, exponent, repeating decimals. Which commas are thousands
// marks is decided where the surroundings are known (parse/number.ts); here they are only found.

export interface ScannedNumber {
  /** Digits before the point, without marks. */
  whole: string;
  /** Digits after the point; undefined without a point. */
  fraction: string | undefined;
  /** Digits of the repeating part. */
  repeating: string | undefined;
  exponent: string | undefined;
  /** Groups split by plain commas, when the literal has any: `1,234` has ['1', '234']. */
  groups: string[] | undefined;
  /** Position after the first group: where the number ends if its commas are separators. */
  firstGroupEnd: number;
  end: number;
}

const HARD_MARK = /(?:,\\!\s{0,2}|\{,\}|\\[,;: ]|\{\\,\}|')(?=\d{3}(?!\d))/y;
const SOFT_MARK = /[, ](?=\d{3}(?!\d))/y;
const DIGITS = /\d+/y;
const EXPONENT = /[eE][+-]?\d{1,9}(?![\d.])/y;
const OVERLINE = /\\(?:overline|bar|dot|overparen|widebar)\s*\{?(\d{1,200})\}?/y;
const DOTS = /(?:\\(?:ldots|dots|cdots)(?![a-zA-Z])|\.\.\.)/y;

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

/** Scans the number that begins at `at` (a digit, or a point before one). */
export function scanNumber(source: string, at: number): ScannedNumber {
  let end = at;
  let whole = match(DIGITS, source, at)?.[0] ?? '';
  end += whole.length;
  const firstGroupEnd = end;
  let groups: string[] | undefined;
  let mark = '';
  if (whole.length >= 1 && whole.length <= 3 && whole[0] !== '0') {
    for (;;) {
      const found = match(HARD_MARK, source, end) ?? match(SOFT_MARK, source, end);
      // One kind of mark a number: "1,234 567" are two numbers.
      if (!found || (mark !== '' && found[0].trim() !== mark.trim())) break;
      mark = found[0];
      const next = source.slice(end + mark.length, end + mark.length + 3);
      if (mark === ',') groups = [...(groups ?? [whole]), next];
      whole += next;
      end += mark.length + 3;
    }
  }
  let fraction: string | undefined;
  let repeating: string | undefined;
  if (source[end] === '.' && source[end + 1] !== '.') {
    const digits = match(DIGITS, source, end + 1)?.[0];
    const over = match(OVERLINE, source, end + 1 + (digits?.length ?? 0));
    const round = digits !== undefined || over ? null : match(/\((\d{1,200})\)/y, source, end + 1);
    if (digits !== undefined || over || round) {
      fraction = digits ?? '';
      end += 1 + fraction.length;
      const repeated = over ?? round ?? match(/\((\d{1,200})\)(?![\d.])/y, source, end);
      if (repeated) {
        repeating = repeated[1]!;
        end += repeated[0].length;
      } else {
        const dots = match(DOTS, source, end);
        const tail = dots ? repeatedTail(fraction) : undefined;
        if (dots && tail) {
          repeating = tail;
          end += dots[0].length;
        }
      }
    } else if (!/[a-zA-Z\\(]/.test(source[end + 1] ?? '') && whole !== '') {
      // "5." before a space or the end is the integer with its full stop.
      if (source[end + 1] === undefined) end += 1;
    }
  }
  const exponent = repeating === undefined ? match(EXPONENT, source, end)?.[0] : undefined;
  if (exponent) end += exponent.length;
  return { whole, fraction, repeating, exponent: exponent?.slice(1), groups, firstGroupEnd, end };
}

/** "0.333..." repeats its last digit when that stands three times; "0.121212..." its last pair. */
function repeatedTail(fraction: string): string | undefined {
  for (const width of [1, 2, 3]) {
    const tail = fraction.slice(-width);
    if (fraction.length >= width * 3 && fraction.endsWith(tail.repeat(3))) return tail;
    if (width > 1 && fraction.length >= width * 2 && fraction === tail.repeat(fraction.length / width)) return tail;
  }
  return undefined;
}
