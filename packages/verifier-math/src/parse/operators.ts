// Operators with bounds: sums, products, integrals, limits.
import { integer, type Node } from '../tree/nodes.ts';
import { mapChildren } from '../tree/walk.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseProduct } from './expression.ts';
import { parseScript } from './factor.ts';

/** \sum_{k=1}^{n} body, \prod likewise; the body is the product that follows. */
export function parseSeries(cursor: Cursor, operation: 'sum' | 'product'): Node {
  let index: string | undefined;
  let from: Node | undefined;
  let to: Node | undefined;
  for (let script = 0; script < 2; script++) {
    if (cursor.accept('_')) {
      cursor.expect('{');
      index = cursor.next().value;
      cursor.expect('=');
      from = parseExpression(cursor);
      cursor.expect('}');
    } else if (cursor.accept('^')) to = parseScript(cursor);
  }
  if (index === undefined || from === undefined || to === undefined) return cursor.fail();
  const body = bindIndex(parseProduct(cursor), index);
  return { kind: 'series', operation, index, from, to, body };
}

/** An index called i or e is a variable in the body. */
function bindIndex(body: Node, index: string): Node {
  if (index !== 'i' && index !== 'e') return body;
  const bind = (node: Node): Node =>
    node.kind === 'constant' && node.name === index ? { kind: 'variable', name: index } : mapChildren(node, bind);
  return bind(body);
}

export function parseLimit(cursor: Cursor): Node {
  cursor.expect('_');
  cursor.expect('{');
  const variable = cursor.next().value;
  cursor.expect('to');
  dropSide(cursor);
  const at = parseExpression(cursor);
  cursor.expect('}');
  return { kind: 'limit', variable, at, body: parseProduct(cursor) };
}

/** x \to 0^+: the side from which the limit is taken is cut out of the tokens. */
function dropSide({ tokens, index }: Cursor): void {
  for (let at = index; at < tokens.length; at++) {
    const spelled = tokens
      .slice(at, at + 5)
      .map(({ value }) => value)
      .join(' ');
    const side = /^\^ (?:[+-] \}|\{ [+-] \} \})/.exec(spelled);
    if (side) {
      tokens.splice(at, side[0].startsWith('^ {') ? 4 : 2);
      return;
    }
  }
}

/** \int_a^b body dx; the differential may stand in the numerator or in braces. */
export function parseIntegral(cursor: Cursor): Node {
  let from: Node | undefined;
  let to: Node | undefined;
  for (let script = 0; script < 2; script++) {
    if (cursor.accept('_')) from = parseScript(cursor);
    else if (cursor.accept('^')) to = parseScript(cursor);
  }
  if ((from === undefined) !== (to === undefined)) return cursor.fail();
  const variable = takeDifferential(cursor);
  const written = cursor.done ? integer(1) : parseExpression(cursor);
  const body = written.kind === 'set' && written.items.length === 1 ? written.items[0]! : written;
  return { kind: 'integral', variable, ...(from && to ? { from, to } : {}), body };
}

/** Finds `dx` ahead, cuts it out of the tokens and returns the variable; a 1 is left where nothing else stood. */
function takeDifferential(cursor: Cursor): string {
  const { tokens } = cursor;
  for (let at = cursor.index; at < tokens.length; at++) {
    const token = tokens[at]!;
    const next = tokens[at + 1];
    if (token.type === 'letter' && token.value === 'd' && (next?.type === 'letter' || next?.type === 'greek')) {
      const alone = isDelimiter(tokens[at - 1]?.value) && isDelimiter(tokens[at + 2]?.value);
      const times = tokens[at - 1]?.value === '*' ? 1 : 0;
      const filler =
        alone && !times
          ? [
              {
                ...token,
                type: 'number' as const,
                value: '1',
                number: {
                  whole: '1',
                  fraction: undefined,
                  repeating: undefined,
                  exponent: undefined,
                  groups: undefined,
                  firstGroupEnd: 0,
                  end: 0,
                },
              },
            ]
          : [];
      tokens.splice(at - times, 2 + times, ...filler);
      return next.value;
    }
  }
  return cursor.fail();
}

const isDelimiter = (value: string | undefined): boolean => value === undefined || value === '{' || value === '}';

/** \frac{d}{dx} before the product it acts on; undefined for any other fraction, and where nothing follows. */
export function parseDerivative(cursor: Cursor): Node | undefined {
  const names = [0, 1, 2, 3, 4, 5, 6].map((offset) => cursor.peek(offset)?.value ?? '');
  if (!/^\{ d \} \{ d [a-z]+ \}$/.test(names.join(' ')) || cursor.peek(5)?.type === 'word') return undefined;
  const next = cursor.peek(7);
  if (next === undefined || (next.type === 'symbol' && !/^[({|]$/.test(next.value))) return undefined;
  cursor.index += 7;
  return { kind: 'call', name: 'derivative', args: [parseProduct(cursor), { kind: 'variable', name: names[5]! }] };
}
