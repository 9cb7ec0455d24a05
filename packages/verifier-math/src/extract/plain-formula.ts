// The last formula without dollar signs in a prose text that holds more than numbers: "the line is y = 2x + 1", "the
// point (3, 4)", "we get 2\\sqrt{5}".
// Numbers and arithmetic alone are found by numbers.ts. Only the end of the text is looked at.
import { FUNCTIONS, GREEK, WORD_SYMBOLS } from '../lex/tables.ts';
import type { Span } from './spans.ts';

const WINDOW = 1000;
const TOKEN =
  /\s+|\\(?:text|mbox|textbf|mathrm|operatorname)\s?\{[^{}\n]{0,80}\}|\\(?:begin|end)\s?\{[a-z*]{1,12}\}|\\[a-zA-Z]+|\\.|[A-Za-z]+|\d(?:[\d.,]*\d)?|[-−+*/^=()[\]{},<>≤≥√π∞|!°×·÷±_²³½¼¾]|./gsu;
const GLUE = /^(?:[-−+*/^=<>≤≥√×·÷±(),[\]|{}_&]|\\.*)$/s;

/** The last formula with a variable or a tuple in it, as a span of the text. */
export function lastFormula(text: string): Span | undefined {
  const from = Math.max(0, text.length - WINDOW);
  const tokens = [...text.slice(from).matchAll(TOKEN)].map((match) => ({ text: match[0], at: from + match.index }));
  let end = tokens.length;
  while (end > 0) {
    while (end > 0 && !isMath(tokens, end - 1)) end--;
    let start = end;
    while (start > 0 && continues(tokens, start - 1)) start--;
    if (start === end) return undefined;
    const span = trimmed(text, tokens[start]!.at, tokens[end - 1]!.at + tokens[end - 1]!.text.length);
    if (span) return span;
    end = start;
  }
  return undefined;
}

/** A letter at a number that is no unit: `3x`, not `3m`. */
const COEFFICIENT = /\d[abknpqrxyz](?![A-Za-z])/;

interface Piece {
  text: string;
  at: number;
}

const isBlank = (piece: Piece | undefined): boolean => piece === undefined || /^\s+$/.test(piece.text);

/** A number, an operator, a bracket, a name of one letter or a known function. */
function isMath(pieces: Piece[], index: number): boolean {
  const { text } = pieces[index]!;
  // A box that closes nowhere is no answer.
  if (/^\\(?:boxed|fbox|framebox)$/.test(text)) return false;
  if (/^\d/.test(text) || /^[²³½¼¾!°∞π]$/.test(text) || GLUE.test(text)) return true;
  if (!/^[A-Za-z]+$/.test(text)) return false;
  if (FUNCTIONS.has(text) || GREEK.has(text) || text === 'sqrt' || WORD_SYMBOLS.get(text) === 'pi') return true;
  if (text.length === 1) return true;
  return text.length <= 3 && (/^\d/.test(pieces[index - 1]?.text ?? '') || /^[A-Z]+$/.test(text));
}

/** True when the piece belongs to the same formula as what follows it. */
function continues(pieces: Piece[], index: number): boolean {
  const piece = pieces[index]!;
  if (!isBlank(piece)) return isMath(pieces, index);
  if (/\n/.test(piece.text)) return false;
  const [before, after] = [pieces[index - 1], pieces[index + 1]];
  if (before === undefined || !isMath(pieces, index - 1)) return false;
  // A space inside a formula stands beside an operator: "is a 5" is no product.
  const joins = (neighbour: Piece | undefined): boolean => neighbour !== undefined && GLUE.test(neighbour.text);
  return joins(before) || joins(after);
}

function trimmed(text: string, first: number, last: number): Span | undefined {
  let content = text.slice(first, last);
  const lead = /^[\s,=*)\]}.:]+/.exec(content)?.[0].length ?? 0;
  content = content.slice(lead).replace(/(?:[\s,=*([{.:;<>/^_+-])+$/, '');
  const start = first + lead;
  const end = start + content.length;
  const equals = content.lastIndexOf('=');
  const [left, side] = equals < 0 ? ['', content] : [content.slice(0, equals), content.slice(equals + 1)];
  const tuple = /^\s*[([][^()[\]]*,[^()[\]]*[)\]]\s*$/.test(side);
  const symbolic =
    side.includes('\\') ||
    /\d_\{?\d/.test(side) ||
    (/(?<![A-Za-z])[A-Za-z](?![A-Za-z])|sqrt|pi|[√π]/.test(side) &&
      (/[-+−*/^(√·×]/.test(side) || COEFFICIENT.test(side)));
  const named = /^\s*(?:\\?[A-Za-z](?:\s*\([A-Za-z, ]{1,12}\))?|[A-Z]{2,3}|\([a-z, ]{1,12}\))\s*$/.test(left);
  const equation = !named && /(?<![A-Za-z])[A-Za-z](?![A-Za-z])/.test(left) && /[-+−*/^]|\d[A-Za-z]/.test(left);
  if (!tuple && !symbolic && !equation) return undefined;
  return { start, end, content: named || equation || equals < 0 ? content : side.trim() };
}
