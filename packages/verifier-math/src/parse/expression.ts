// Sums and products: signs, plus-minus, division, implicit products, mixed numbers, trailing units.
// Implicit products bind like written ones, so `a/bc` is (a/b)c.
import { integer, multiply, type Node, negate } from '../tree/nodes.ts';
import type { Cursor } from './cursor.ts';
import { parseFactor } from './factor.ts';
import { parseUnit } from './unit.ts';

/** expression := [sign] product { (+ | - | ± | ∓) product } */
export function parseExpression(cursor: Cursor): Node {
  let result = parseSigned(cursor);
  let terms: Node[] = [];
  for (;;) {
    const symbol = cursor.symbol();
    if (symbol === '+' || symbol === '-') {
      cursor.index++;
      const term = parseSigned(cursor);
      if (terms.length === 0) terms = [result];
      terms.push(symbol === '-' ? negate(term) : term);
    } else if (symbol === '±' || symbol === '∓') {
      cursor.index++;
      const left = terms.length > 0 ? ({ kind: 'add', terms } as const) : result;
      terms = [];
      result = { kind: 'plusMinus', left, right: parseSigned(cursor), flipped: symbol === '∓' };
    } else break;
  }
  if (terms.length === 0) return result;
  return withoutElements(terms) ?? { kind: 'add', terms };
}

/** \mathbb{R} - \{0\} is a difference of sets. */
function withoutElements([first, second, ...rest]: Node[]): Node | undefined {
  if (first?.kind !== 'namedSet' || second?.kind !== 'negate' || rest.length > 0) return undefined;
  const { value } = second;
  return value.kind === 'set' ? { kind: 'setOperation', operation: 'difference', items: [first, value] } : undefined;
}

/** A product after any number of signs. */
function parseSigned(cursor: Cursor): Node {
  let negative = false;
  for (;;) {
    if (cursor.accept('-')) negative = !negative;
    else if (!cursor.accept('+')) break;
  }
  const symbol = cursor.symbol();
  if (symbol === '±' || symbol === '∓') {
    cursor.index++;
    const right = parseProduct(cursor);
    return { kind: 'plusMinus', right, flipped: (symbol === '∓') !== negative };
  }
  const product = parseProduct(cursor);
  if (!negative) return product;
  // -7 mod 3 is the remainder of -7.
  if (product.kind === 'call' && product.name === 'mod') {
    return { ...product, args: [negate(product.args[0]!), product.args[1]!] };
  }
  return negate(product);
}

const STOPS: ReadonlySet<string> = new Set(
  ') } ] + - ± ∓ , ; = < > <= >= != in ~ \\} & \\\\ ⌋ ⌉ ⟩ and or union intersection difference to choose over . ... ? " pmod'.split(
    ' ',
  ),
);

/** True when no further factor can begin here. */
export function stopsProduct(cursor: Cursor): boolean {
  const token = cursor.peek();
  if (token === undefined) return true;
  if (token.type === 'command') return token.value === 'end';
  if (token.type !== 'symbol') return false;
  if (token.value === '|') return cursor.bars > 0;
  if (token.value === '(') return cursor.symbol(1) === 'mod';
  if (token.value === '‖') return cursor.bars > 0;
  return STOPS.has(token.value) || (token.value === ':' && cursor.colonSeparates);
}

/** product := factor { [* / : mod] factor } */
export function parseProduct(cursor: Cursor): Node {
  let result = parseFactor(cursor);
  let factors: Node[] = [result];
  const collapse = (): Node => multiply(...factors);
  for (;;) {
    if (stopsProduct(cursor)) break;
    const symbol = cursor.symbol();
    if (symbol === '*') {
      cursor.index++;
      factors.push(parseSignedFactor(cursor));
    } else if (symbol === '/' || symbol === ':') {
      cursor.index++;
      const bottom = parseSignedFactor(cursor);
      const top = collapse();
      result =
        symbol === ':'
          ? top.kind === 'divide' && top.ratio
            ? { kind: 'apply', name: 'ratio', args: [top.top, top.bottom, bottom] }
            : top.kind === 'apply' && top.name === 'ratio'
              ? { ...top, args: [...top.args, bottom] }
              : { kind: 'divide', top, bottom, ratio: true }
          : { kind: 'divide', top, bottom };
      factors = [result];
    } else if (symbol === 'mod') {
      cursor.index++;
      factors = [{ kind: 'call', name: 'mod', args: [collapse(), parseSignedFactor(cursor)] }];
    } else {
      const unit = parseUnit(cursor);
      if (unit !== undefined) {
        const value = unit.scale === 1n ? collapse() : multiply(...factors, integer(unit.scale));
        factors = [
          unit.name === ''
            ? value
            : unit.name === '%'
              ? { kind: 'percent', value }
              : { kind: 'quantity', value, unit: unit.name },
        ];
        continue;
      }
      const mixed = parseMixed(cursor, factors);
      if (mixed) factors[factors.length - 1] = mixed;
      else {
        // Two numbers side by side say nothing: "38 37" is no product.
        if (cursor.peek()!.type === 'number' && endsInLiteral(cursor, factors[factors.length - 1]!)) cursor.fail();
        factors.push(parseFactor(cursor));
      }
    }
  }
  // "3 (mod 7)": the residue class.
  const spelled = cursor.symbol() === '(' && cursor.symbol(1) === 'mod';
  if (cursor.symbol() === 'pmod' || spelled) {
    cursor.index += spelled ? 2 : 1;
    const modulus = parseFactor(cursor);
    if (spelled) cursor.expect(')');
    return { kind: 'apply', name: 'congruent', args: [collapse(), modulus] };
  }
  return collapse();
}

function parseSignedFactor(cursor: Cursor): Node {
  let negative = false;
  for (;;) {
    if (cursor.accept('-')) negative = !negative;
    else if (!cursor.accept('+')) break;
  }
  const factor = parseFactor(cursor);
  return negative ? negate(factor) : factor;
}

function endsInLiteral(cursor: Cursor, factor: Node): boolean {
  const isLiteral = factor.kind === 'number' || factor.kind === 'percent';
  return isLiteral && !/^[)\]}]$/.test(cursor.peek(-1)?.value ?? '');
}

/** An integer right before a numeric fraction is a mixed number: `3\frac12`, `11 5/6`. */
function parseMixed(cursor: Cursor, factors: Node[]): Node | undefined {
  const whole = factors[factors.length - 1]!;
  if (factors.length !== 1 || whole.kind !== 'number' || whole.decimals !== undefined || whole.value.bottom !== 1n) {
    return undefined;
  }
  if (cursor.peek(-1)?.type !== 'number') return undefined;
  const token = cursor.peek()!;
  if (token.type === 'command' && token.value.endsWith('frac')) {
    const start = cursor.index;
    const fraction = parseFactor(cursor);
    if (fraction.kind === 'divide' && fraction.top.kind === 'number' && fraction.bottom.kind === 'number') {
      return { kind: 'add', terms: [whole, fraction] };
    }
    if (fraction.kind === 'percent' && fraction.value.kind === 'divide') {
      return { kind: 'percent', value: { kind: 'add', terms: [whole, fraction.value] } };
    }
    cursor.index = start;
    return undefined;
  }
  const isWhole = (offset: number): boolean => /^\d+$/.test(cursor.peek(offset)?.value ?? '');
  if (token.spaced && isWhole(0) && cursor.symbol(1) === '/' && isWhole(2)) {
    const [top, bottom] = [BigInt(token.value), BigInt(cursor.peek(2)!.value)];
    cursor.index += 3;
    return { kind: 'add', terms: [whole, { kind: 'divide', top: integer(top), bottom: integer(bottom) }] };
  }
  return undefined;
}
