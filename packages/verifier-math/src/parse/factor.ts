import { type Node, negate } from '../tree/nodes.ts';
import { print } from '../tree/print.ts';
import { parseAtom } from './atom.ts';
import type { Cursor } from './cursor.ts';
import { basedLiteral } from './number.ts';

/** factor := atom { ^ … | _ … | ! | % | ' | ° } */
export function parseFactor(cursor: Cursor): Node {
  return cursor.nested(() => {
    const start = cursor.index;
    const atom = parseAtom(cursor);
    return parsePostfix(cursor, atom, start);
  });
}

export function parsePostfix(cursor: Cursor, atom: Node, start: number): Node {
  let result = atom;
  for (;;) {
    const symbol = cursor.symbol();
    if (symbol === '^') {
      cursor.index++;
      result = parsePower(cursor, result);
    } else if (symbol === '_') {
      cursor.index++;
      result = subscripted(cursor, result, start);
    } else if (symbol === '!' && cursor.symbol(1) !== '=') {
      let marks = 0;
      while (cursor.accept('!')) marks++;
      // Two marks side by side are the double factorial; more are repeated ones.
      if (marks === 2) result = { kind: 'call', name: 'doubleFactorial', args: [result] };
      else {
        if (marks > cursor.limits.depth) cursor.fail();
        for (let mark = 0; mark < marks; mark++) result = { kind: 'call', name: 'factorial', args: [result] };
      }
    } else if (symbol === '%') {
      cursor.index++;
      result = { kind: 'percent', value: result };
    } else if (symbol === '°') {
      cursor.index++;
      result = degrees(cursor, result);
    } else if (symbol === "'") {
      cursor.index++;
      result = primed(cursor, result);
    } else return result;
  }
}

function primed(cursor: Cursor, base: Node): Node {
  if (base.kind === 'variable') {
    const name = `${base.name}'`;
    const prime: Node = { kind: 'variable', name };
    if (cursor.symbol() !== '(') return prime;
    cursor.index++;
    const argument = parseAtomGroup(cursor);
    return { kind: 'apply', name, args: [argument] };
  }
  // 5'000 was read by the tokenizer; a mark after anything else has no meaning.
  return cursor.fail();
}

function parseAtomGroup(cursor: Cursor): Node {
  cursor.index--;
  return parseAtom(cursor);
}

function degrees(cursor: Cursor, value: Node): Node {
  const scale = cursor.peek();
  if (scale?.type === 'letter' && (scale.value === 'C' || scale.value === 'F')) {
    cursor.index++;
    return { kind: 'quantity', value, unit: scale.value === 'C' ? 'celsius' : 'fahrenheit' };
  }
  return { kind: 'degrees', value };
}

function parsePower(cursor: Cursor, base: Node): Node {
  if (cursor.accept('°')) return degrees(cursor, base);
  if (cursor.symbol() === '{' && cursor.symbol(1) === '°' && cursor.symbol(2) === '}') {
    cursor.index += 3;
    return degrees(cursor, base);
  }
  const primes = /^'+$/.test(cursor.symbol() ?? '') || (cursor.symbol() === '{' && cursor.symbol(1) === "'");
  if (primes) {
    const braced = cursor.accept('{');
    let result = base;
    while (cursor.accept("'")) result = primed(cursor, result);
    if (braced) cursor.expect('}');
    return result;
  }
  if (base.kind === 'namedSet') return markedSet(cursor, base.name);
  const exponent = parseScript(cursor);
  // x^{a}^{b} is not TeX, but people write it; powers group from the right.
  const tower = cursor.accept('^') ? cursor.nested(() => parsePower(cursor, exponent)) : exponent;
  return { kind: 'power', base, exponent: tower };
}

/** \mathbb{R}^+, \mathbb{R}_{>0}, \mathbb{R}^n */
function markedSet(cursor: Cursor, name: string): Node {
  if (!cursor.accept('{')) return { kind: 'namedSet', name: `${name}${cursor.next().value}` };
  let marks = '';
  while (cursor.symbol() !== '}') marks += cursor.next().value;
  cursor.expect('}');
  return { kind: 'namedSet', name: `${name}${marks}` };
}

/** What follows `^` or `_`: a braced expression, a whole number, or one atom, each possibly signed. */
export function parseScript(cursor: Cursor): Node {
  return cursor.nested(() => {
    if (cursor.accept('-')) return negate(parseScript(cursor));
    if (cursor.accept('+')) return parseScript(cursor);
    const atom = parseAtom(cursor);
    return cursor.accept('!') ? { kind: 'call', name: 'factorial', args: [atom] } : atom;
  });
}

function subscripted(cursor: Cursor, base: Node, start: number): Node {
  const first = cursor.tokens[start];
  if (base.kind === 'namedSet') return markedSet(cursor, base.name);
  if (base.kind === 'number' && first?.type === 'number') {
    const named = baseInWords(cursor);
    if (named !== undefined) return basedLiteral(first.number!.whole, named) ?? cursor.fail();
    const subscript = parseScript(cursor);
    if (subscript.kind !== 'number' || base.decimals !== undefined) return cursor.fail();
    return basedLiteral(first.number!.whole, Number(subscript.value.top)) ?? cursor.fail();
  }
  const subscript = cursor.symbol() === '{' ? parseSubscriptText(cursor) : print(parseScript(cursor));
  if (base.kind === 'variable') return { kind: 'variable', name: `${base.name}_${subscript}` };
  // A subscripted e or i is a variable again.
  if (base.kind === 'constant') return { kind: 'variable', name: `${base.name}_${subscript}` };
  if (base.kind === 'power' && base.base.kind === 'variable') {
    return { ...base, base: { kind: 'variable', name: `${base.base.name}_${subscript}` } };
  }
  return cursor.fail();
}

const BASES: ReadonlyMap<string, number> = new Map(
  Object.entries({ two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, sixteen: 16 }),
);

/** 1011_{\text{two}} */
function baseInWords(cursor: Cursor): number | undefined {
  const base = cursor.symbol() === '{' && cursor.symbol(2) === '}' ? BASES.get(cursor.peek(1)!.value) : undefined;
  if (base !== undefined) cursor.index += 3;
  return base;
}

/** The tokens of a braced subscript side by side: x_{i,j} and x_{i, j} name the same variable. */
function parseSubscriptText(cursor: Cursor): string {
  cursor.expect('{');
  let depth = 1;
  let text = '';
  for (;;) {
    const { value, type } = cursor.next();
    if (type === 'symbol' && value === '{') depth++;
    if (type === 'symbol' && value === '}' && --depth === 0) return text;
    text += value;
  }
}
