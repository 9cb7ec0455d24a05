// Operators that have a closed form are replaced by it before comparing: determinants, derivatives, limits by
// substitution, elementary integrals, values of based literals in arithmetic.
import { exactValue } from '../exact/evaluate.ts';
import type { Work } from '../limits.ts';
import { integer, type Node, negate, subtract } from '../tree/nodes.ts';
import { mapChildren, some, substitute, variablesOf } from '../tree/walk.ts';
import { antiderivative } from './antiderivative.ts';
import { derivative } from './derivative.ts';
import { determinant, matrixOf } from './matrices.ts';

/** The tree with every resolvable operator resolved; others stay and leave the comparison undecided. */
export function resolveOperators(node: Node, work: Work): Node {
  const inner = mapChildren(node, (child) => resolveOperators(child, work));
  if (inner.kind === 'call' && inner.name === 'det') {
    const rows = matrixOf(inner.args[0]!, work);
    return (rows && determinant(rows)) ?? inner;
  }
  if (inner.kind === 'call' && inner.name === 'derivative' && inner.args[1]!.kind === 'variable') {
    return derivative(inner.args[0]!, inner.args[1]!.name) ?? inner;
  }
  if (inner.kind === 'limit' && !variablesOf(inner.body).has(inner.variable)) return inner.body;
  if (inner.kind === 'series' && inner.operation === 'product' && !variablesOf(inner.body).has(inner.index)) {
    // The same factor over and over: a power, also for bounds without a value.
    return {
      kind: 'power',
      base: inner.body,
      exponent: { kind: 'add', terms: [inner.to, negate(inner.from), integer(1)] },
    };
  }
  if (inner.kind === 'integral') {
    const primitive = antiderivative(inner.body, inner.variable, work);
    if (!primitive) return inner;
    if (!inner.from || !inner.to) return primitive;
    if (hasPole(inner.body, inner.variable) && !oneSide(inner.from, inner.to, work)) return inner;
    return subtract(substitute(primitive, inner.variable, inner.to), substitute(primitive, inner.variable, inner.from));
  }
  return inner;
}

/** True when the variable stands in a denominator, where a primitive says nothing across zero. */
function hasPole(body: Node, variable: string): boolean {
  return some(
    body,
    (part) =>
      (part.kind === 'divide' && variablesOf(part.bottom).has(variable)) ||
      (part.kind === 'power' && part.exponent.kind === 'negate' && variablesOf(part.base).has(variable)),
  );
}

/** Both bounds on one side of zero. */
function oneSide(from: Node, to: Node, work: Work): boolean {
  const [low, high] = [exactValue(from, work), exactValue(to, work)];
  return low !== undefined && high !== undefined && low.top * high.top > 0n;
}
