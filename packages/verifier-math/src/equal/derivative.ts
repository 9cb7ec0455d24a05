// Symbolic derivatives of elementary expressions, unsimplified: they are only evaluated afterwards.
import { integer, multiply, type Node, negate, subtract } from '../tree/nodes.ts';
import { variablesOf } from '../tree/walk.ts';

const add = (...terms: Node[]): Node => ({ kind: 'add', terms });
const divide = (top: Node, bottom: Node): Node => ({ kind: 'divide', top, bottom });
const power = (base: Node, exponent: Node): Node => ({ kind: 'power', base, exponent });
const call = (name: string, argument: Node): Node => ({ kind: 'call', name, args: [argument] });
const square = (node: Node): Node => power(node, integer(2));

const isZero = (node: Node): boolean => node.kind === 'number' && node.value.top === 0n;

/** A sum without its zeros, so that the slope of 3x + 1 has no x left. */
function total(terms: Node[]): Node {
  const rest = terms.filter((term) => !isZero(term));
  return rest.length === 1 ? rest[0]! : rest.length === 0 ? integer(0) : add(...rest);
}

/** f'(u) for the functions of one argument. */
const OUTER: ReadonlyMap<string, (u: Node) => Node> = new Map<string, (u: Node) => Node>([
  ['sin', (u) => call('cos', u)],
  ['cos', (u) => negate(call('sin', u))],
  ['tan', (u) => square(call('sec', u))],
  ['sinh', (u) => call('cosh', u)],
  ['cosh', (u) => call('sinh', u)],
  ['ln', (u) => divide(integer(1), u)],
  ['arctan', (u) => divide(integer(1), add(integer(1), square(u)))],
  ['arcsin', (u) => divide(integer(1), { kind: 'root', radicand: subtract(integer(1), square(u)), index: integer(2) })],
]);

/** The derivative by one variable, or undefined where no rule applies. */
export function derivative(node: Node, variable: string): Node | undefined {
  if (!variablesOf(node).has(variable)) return integer(0);
  const of = (part: Node): Node | undefined => derivative(part, variable);
  switch (node.kind) {
    case 'variable':
      return integer(1);
    case 'negate': {
      const inner = of(node.value);
      return inner && negate(inner);
    }
    case 'add': {
      const terms = node.terms.map(of);
      return terms.every((term) => term !== undefined) ? total(terms as Node[]) : undefined;
    }
    case 'multiply': {
      const rates = node.factors.map(of);
      if (rates.some((rate) => rate === undefined)) return undefined;
      const rest = (at: number): Node[] => node.factors.filter((_, index) => index !== at);
      return total(rates.map((rate, at) => (isZero(rate!) ? rate! : multiply(rate!, ...rest(at)))));
    }
    case 'divide': {
      const [top, bottom] = [of(node.top), of(node.bottom)];
      if (!top || !bottom) return undefined;
      return divide(subtract(multiply(top, node.bottom), multiply(node.top, bottom)), square(node.bottom));
    }
    case 'root':
      return derivative(power(node.radicand, divide(integer(1), node.index)), variable);
    case 'power': {
      const [base, exponent] = [of(node.base), of(node.exponent)];
      if (!base || !exponent) return undefined;
      const fromBase = multiply(node.exponent, power(node.base, subtract(node.exponent, integer(1))), base);
      if (!variablesOf(node.exponent).has(variable)) return fromBase;
      const fromExponent = multiply(node, call('ln', node.base), exponent);
      return variablesOf(node.base).has(variable) ? add(fromBase, fromExponent) : fromExponent;
    }
    case 'call': {
      const [outer, inner] = [OUTER.get(node.name), of(node.args[0]!)];
      return outer && inner && node.args.length === 1 ? multiply(outer(node.args[0]!), inner) : undefined;
    }
    default:
      return undefined;
  }
}
