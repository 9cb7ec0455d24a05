// Atoms: literals, names, brackets, absolute values, and commands with arguments.
import { ACCENTS } from '../lex/tables.ts';
import type { Token } from '../lex/tokens.ts';
import { isStatement, unitOf } from '../lex/units.ts';
import { integer, type Node, negate } from '../tree/nodes.ts';
import { print } from '../tree/print.ts';
import { mapChildren, some, variablesOf } from '../tree/walk.ts';
import { parseBraces, parseBrackets, parseSet } from './brackets.ts';
import type { Cursor } from './cursor.ts';
import { parseEnvironment } from './environment.ts';
import { parseExpression } from './expression.ts';
import { parseFactor } from './factor.ts';
import { parseFunction } from './function.ts';
import { parseNumber } from './number.ts';
import { parseDerivative, parseIntegral, parseLimit, parseSeries } from './operators.ts';

const NAMED_SETS: ReadonlySet<string> = new Set(['R', 'Z', 'N', 'Q', 'C']);

export function parseAtom(cursor: Cursor): Node {
  const token = cursor.peek();
  if (token === undefined) return cursor.fail();
  switch (token.type) {
    case 'number':
      return parseNumber(cursor);
    case 'letter':
      cursor.index++;
      return letter(cursor, token);
    case 'greek':
      cursor.index++;
      return { kind: 'variable', name: token.value };
    case 'function':
      return parseFunction(cursor);
    case 'set':
      cursor.index++;
      if (token.value === '1') return cursor.fail();
      return NAMED_SETS.has(token.value)
        ? { kind: 'namedSet', name: token.value }
        : { kind: 'variable', name: `set ${token.value}` };
    case 'word':
      return word(cursor, token);
    case 'command':
      return command(cursor, token);
    case 'symbol':
      return symbol(cursor, token);
  }
}

function letter(cursor: Cursor, { value }: Token): Node {
  const applied = cursor.symbol() === '(' && !cursor.peek()!.spaced;
  if (applied && /^[fghFGH]$/.test(value)) return application(cursor, value);
  if (/^[fghFGH]$/.test(value) && isInverse(cursor)) {
    cursor.index += 5;
    return application(cursor, `${value}^-1`);
  }
  if (cursor.symbol() !== '_') {
    if (value === 'e') return { kind: 'constant', name: 'e' };
    if (value === 'i' || value === 'I') return { kind: 'constant', name: 'i' };
  }
  return { kind: 'variable', name: value };
}

/** f^{-1}(x) */
function isInverse(cursor: Cursor): boolean {
  return ['^', '{', '-', '1', '}', '('].every((value, offset) => cursor.peek(offset)?.value === value);
}

/** f(x): an unknown function of its arguments. */
export function application(cursor: Cursor, name: string): Node {
  const inside = parseBrackets(cursor);
  return { kind: 'apply', name, args: inside.kind === 'bracket' ? inside.items : [inside] };
}

/** A word in a formula is the product of its letters; an upright one has no meaning there. */
function word(cursor: Cursor, { value, upright }: Token): Node {
  if (upright || value.length > 6 || isStatement(value) || unitOf(value) !== undefined) return cursor.fail();
  cursor.index++;
  const factors = [...value].map(
    (name): Node => (name === 'e' || name === 'i' ? { kind: 'constant', name } : { kind: 'variable', name }),
  );
  return { kind: 'multiply', factors };
}

function symbol(cursor: Cursor, { value }: Token): Node {
  switch (value) {
    case '(':
    case '[':
    case '⟨':
      return parseBrackets(cursor);
    case '{':
      return parseBraces(cursor);
    case '\\{':
      return parseSet(cursor);
    case '|':
    case '‖':
      return absolute(cursor, value);
    case '⌊':
      return between(cursor, '⌋', 'floor');
    case '⌈':
      return between(cursor, '⌉', 'ceil');
    case '-': {
      cursor.index++;
      return { kind: 'negate', value: parseFactor(cursor) };
    }
    case 'pi':
    case 'e':
    case 'i':
    case 'infinity':
      cursor.index++;
      return { kind: 'constant', name: value };
    case 'emptyset':
      cursor.index++;
      return { kind: 'set', items: [] };
    default:
      return cursor.fail();
  }
}

function absolute(cursor: Cursor, bar: '|' | '‖'): Node {
  cursor.index++;
  cursor.bars++;
  const inside = cursor.nested(() => parseExpression(cursor));
  cursor.bars--;
  cursor.expect(bar);
  if (inside.kind === 'matrix') return { kind: 'call', name: 'det', args: [inside] };
  return { kind: 'call', name: bar === '|' ? 'abs' : 'norm', args: [inside] };
}

function between(cursor: Cursor, close: string, name: string): Node {
  cursor.index++;
  const { bars } = cursor;
  cursor.bars = 0;
  const inside = cursor.nested(() => parseExpression(cursor));
  cursor.bars = bars;
  cursor.expect(close);
  return { kind: 'call', name, args: [inside] };
}

function command(cursor: Cursor, { value }: Token): Node {
  cursor.index++;
  switch (value) {
    case 'frac':
    case 'dfrac':
    case 'tfrac':
    case 'cfrac':
      return parseDerivative(cursor) ?? { kind: 'divide', top: argument(cursor), bottom: argument(cursor) };
    case 'sqrt':
      return root(cursor);
    case 'cbrt':
      return { kind: 'root', radicand: radicand(cursor), index: integer(3) };
    case 'binom':
    case 'dbinom':
    case 'tbinom':
      return binomial(cursor);
    case 'sum':
    case 'prod':
      return parseSeries(cursor, value === 'sum' ? 'sum' : 'product');
    case 'int':
      return parseIntegral(cursor);
    case 'lim':
      return parseLimit(cursor);
    case 'begin':
      return parseEnvironment(cursor);
    case 'R':
    case 'Z':
    case 'N':
    case 'Q':
    case 'C':
      return { kind: 'namedSet', name: value };
    case 'square':
      return { kind: 'variable', name: 'square' };
    case 'angle':
    case 'measuredangle':
    case 'triangle':
      return { kind: 'variable', name: `${value} ${letters(cursor)}` };
    default: {
      const accent = ACCENTS.get(value);
      if (accent === undefined) {
        cursor.index--;
        return cursor.fail();
      }
      const below = argument(cursor);
      return (accent === 'bar' && conjugate(below)) || { kind: 'variable', name: `${accent} ${print(below)}` };
    }
  }
}

/** \overline{3+4i} is 3-4i; a bar over anything with a variable only names something. */
function conjugate(node: Node): Node | undefined {
  const isImaginary = (part: Node): boolean => part.kind === 'constant' && part.name === 'i';
  if (!some(node, isImaginary) || variablesOf(node).size > 0) return undefined;
  const flip = (part: Node): Node => (isImaginary(part) ? negate(part) : mapChildren(part, flip));
  return flip(node);
}

function letters(cursor: Cursor): string {
  let name = '';
  const braced = cursor.accept('{');
  while (cursor.peek()?.type === 'letter' || cursor.peek()?.type === 'word' || cursor.peek()?.type === 'greek') {
    name += cursor.next().value;
  }
  if (braced) cursor.expect('}');
  return name === '' ? cursor.fail() : name;
}

/** A braced argument, or one token: `\frac12`. */
function argument(cursor: Cursor): Node {
  return cursor.nested(() => {
    if (cursor.accept('-')) return { kind: 'negate', value: argument(cursor) };
    const digit = cursor.peek()?.type === 'number' ? cursor.takeDigit() : undefined;
    return digit === undefined ? parseAtom(cursor) : integer(digit);
  });
}

function root(cursor: Cursor): Node {
  let index: Node = integer(2);
  if (cursor.symbol() === '[') {
    cursor.index++;
    index = cursor.nested(() => parseExpression(cursor));
    cursor.expect(']');
  }
  return { kind: 'root', radicand: radicand(cursor), index };
}

function radicand(cursor: Cursor): Node {
  return cursor.nested(() => parseAtom(cursor));
}

function binomial(cursor: Cursor): Node {
  if (cursor.symbol() === '(') {
    const inside = parseBrackets(cursor);
    if (inside.kind !== 'bracket' || inside.items.length !== 2) return cursor.fail();
    return { kind: 'call', name: 'binomial', args: inside.items };
  }
  return { kind: 'call', name: 'binomial', args: [argument(cursor), argument(cursor)] };
}
