// Antiderivatives of sums of powers, exponentials, sines and cosines of linear arguments. No substitution, no parts:
// what is not in this table stays undecided.
import { exactValue } from '../exact/evaluate.ts';
import type { Work } from '../limits.ts';
import { integer, multiply, type Node, negate } from '../tree/nodes.ts';
import { variablesOf } from '../tree/walk.ts';
import { derivative } from './derivative.ts';

const divide = (top: Node, bottom: Node): Node => ({ kind: 'divide', top, bottom });

/** A function whose derivative by the variable is the body, or undefined. */
export function antiderivative(body: Node, variable: string, work: Work): Node | undefined {
  const depends = (node: Node): boolean => variablesOf(node).has(variable);
  if (!depends(body)) return multiply(body, { kind: 'variable', name: variable });
  switch (body.kind) {
    case 'add': {
      const terms = body.terms.map((term) => antiderivative(term, variable, work));
      return terms.every((term) => term !== undefined) ? { kind: 'add', terms: terms as Node[] } : undefined;
    }
    case 'negate': {
      const inner = antiderivative(body.value, variable, work);
      return inner && negate(inner);
    }
    case 'variable':
      return powerRule(body, integer(1), work);
    case 'root':
      return body.radicand.kind === 'variable' && !depends(body.index)
        ? powerRule(body.radicand, divide(integer(1), body.index), work)
        : undefined;
    case 'power':
      if (!depends(body.exponent)) {
        return body.base.kind === 'variable' ? powerRule(body.base, body.exponent, work) : undefined;
      }
      return depends(body.base) ? undefined : exponentialRule(body, variable);
    case 'call':
      return trigonometricRule(body.name, body.args[0]!, variable);
    case 'multiply': {
      const depending = body.factors.filter(depends);
      const rest = body.factors.filter((factor) => !depending.includes(factor));
      const inner = depending.length === 1 ? antiderivative(depending[0]!, variable, work) : undefined;
      return inner && multiply(...rest, inner);
    }
    case 'divide': {
      if (!depends(body.bottom)) {
        const inner = antiderivative(body.top, variable, work);
        return inner && divide(inner, body.bottom);
      }
      if (depends(body.top)) return undefined;
      const inner = antiderivative(reciprocal(body.bottom), variable, work);
      return inner && multiply(body.top, inner);
    }
    default:
      return undefined;
  }
}

/** x^-n for x^n, so that the power rule sees it. */
function reciprocal(node: Node): Node {
  return node.kind === 'power'
    ? { ...node, exponent: negate(node.exponent) }
    : { kind: 'power', base: node, exponent: integer(-1) };
}

function powerRule(base: Node, exponent: Node, work: Work): Node | undefined {
  const value = exactValue(exponent, work);
  if (value && value.top === -value.bottom) return { kind: 'call', name: 'ln', args: [base] };
  const raised: Node = { kind: 'add', terms: [exponent, integer(1)] };
  return divide({ kind: 'power', base, exponent: raised }, raised);
}

/** The constant slope of a linear argument, or undefined. */
function slope(argument: Node, variable: string): Node | undefined {
  const rate = derivative(argument, variable);
  return rate && !variablesOf(rate).has(variable) ? rate : undefined;
}

function exponentialRule(body: Extract<Node, { kind: 'power' }>, variable: string): Node | undefined {
  const rate = slope(body.exponent, variable);
  return rate && divide(body, multiply(rate, { kind: 'call', name: 'ln', args: [body.base] }));
}

function trigonometricRule(name: string, argument: Node, variable: string): Node | undefined {
  if (name !== 'sin' && name !== 'cos') return undefined;
  const rate = slope(argument, variable);
  if (!rate) return undefined;
  const other: Node = { kind: 'call', name: name === 'sin' ? 'cos' : 'sin', args: [argument] };
  return divide(name === 'sin' ? negate(other) : other, rate);
}
