// Named functions: powers and bases between name and argument, arguments with and without brackets.
// Without brackets the argument is the product up to the next function, sum or relation: "2 sin b cos a".
import { integer, multiply, type Node } from '../tree/nodes.ts';
import { parseBrackets, parseSet } from './brackets.ts';
import type { Cursor } from './cursor.ts';
import { stopsProduct } from './expression.ts';
import { parseFactor, parsePostfix, parseScript } from './factor.ts';

const INVERSES: ReadonlyMap<string, string> = new Map([
  ...['sin', 'cos', 'tan', 'cot', 'sec', 'csc'].map((name) => [name, `arc${name}`] as const),
  ...['sinh', 'cosh', 'tanh'].map((name) => [name, `ar${name}`] as const),
]);

export function parseFunction(cursor: Cursor): Node {
  return cursor.nested(() => {
    const name = cursor.next().value;
    let power: Node | undefined;
    let base: Node | undefined;
    for (;;) {
      if (power === undefined && cursor.accept('^')) power = parseScript(cursor);
      else if (base === undefined && cursor.accept('_')) base = parseBase(cursor);
      else break;
    }
    const args = parseArguments(cursor);
    if (power && isMinusOne(power) && INVERSES.has(name)) {
      return { kind: 'call', name: INVERSES.get(name)!, args };
    }
    const call = build(name, args, base);
    return power ? { kind: 'power', base: call, exponent: power } : call;
  });
}

function build(name: string, args: Node[], base: Node | undefined): Node {
  if (name === 'log' || name === 'ln') {
    if (base) return { kind: 'call', name: 'logBase', args: [args[0]!, base] };
    return name === 'ln'
      ? { kind: 'call', name, args }
      : { kind: 'call', name: 'logBase', args: [args[0]!, integer(10)] };
  }
  if (name === 'log10') return { kind: 'call', name: 'logBase', args: [args[0]!, integer(10)] };
  if (name === 'cis') return cis(args[0]!);
  if (name === 'exp') return { kind: 'power', base: { kind: 'constant', name: 'e' }, exponent: args[0]! };
  return { kind: 'call', name, args };
}

/** `\log_28` is log_2 8 where no argument follows; `\log_10 x` has the base ten. */
function parseBase(cursor: Cursor): Node {
  const token = cursor.peek();
  const runsOn = token?.type === 'number' && /^\d{2,}$/.test(token.value) && cursor.peek(1) === undefined;
  const digit = runsOn ? cursor.takeDigit() : undefined;
  return digit === undefined ? parseScript(cursor) : integer(digit);
}

/** cis x = cos x + i sin x */
function cis(angle: Node): Node {
  const [cosine, sine] = ['cos', 'sin'].map((name): Node => ({ kind: 'call', name, args: [angle] })) as [Node, Node];
  return { kind: 'add', terms: [cosine, multiply({ kind: 'constant', name: 'i' }, sine)] };
}

function isMinusOne(node: Node): boolean {
  return (
    node.kind === 'negate' &&
    node.value.kind === 'number' &&
    node.value.value.top === 1n &&
    node.value.value.bottom === 1n
  );
}

function parseArguments(cursor: Cursor): Node[] {
  const open = cursor.symbol();
  if (open === '(' || open === '[') {
    const start = cursor.index;
    const inside = parseBrackets(cursor);
    if (inside.kind === 'bracket') return inside.items;
    // sin(x)! and sin(x)^2: what follows belongs to the function, except in sin(x+1)(x-1)y, where the bracket ends it.
    return [cursor.symbol() === '!' ? parsePostfix(cursor, inside, start) : inside];
  }
  if (open === '\\{') {
    const inside = parseSet(cursor);
    return inside.kind === 'set' ? inside.items : [inside];
  }
  if (open === '{') {
    const start = cursor.index;
    const inside = parseFactor(cursor);
    if (inside.kind === 'list') return inside.items;
    if (cursor.tokens[cursor.index - 1]?.value === '}' && start >= 0) return [inside];
    return [inside];
  }
  return [bareArgument(cursor)];
}

function bareArgument(cursor: Cursor): Node {
  if (cursor.accept('-')) return { kind: 'negate', value: bareArgument(cursor) };
  cursor.accept('+');
  const factors: Node[] = [parseFactor(cursor)];
  for (;;) {
    if (stopsProduct(cursor)) break;
    const token = cursor.peek()!;
    if (token.type === 'function' || (token.type === 'command' && token.value === 'end')) break;
    if (token.type === 'word' || token.type === 'set') break;
    if (token.type === 'symbol') {
      if (token.value === '/') {
        cursor.index++;
        const bottom = parseFactor(cursor);
        const top = multiply(...factors);
        factors.length = 0;
        factors.push({ kind: 'divide', top, bottom });
        continue;
      }
      if (!['pi', 'e', 'i', '{'].includes(token.value)) break;
    }
    factors.push(parseFactor(cursor));
  }
  return multiply(...factors);
}
