// Sets of real numbers as sorted segments: unions merge, complements and intersections are worked out, endpoints are
// compared exactly or to 160 bits.
import { Undefined } from '../exact/evaluate.ts';
import { type Ball, balls, meet } from '../numeric/balls.ts';
import { Imprecise } from '../numeric/real.ts';
import {
  integer,
  isScalar,
  type Node,
  type NodeOf,
  negate,
  type RelationNode,
  type RelationOperator,
} from '../tree/nodes.ts';
import { some, variablesOf } from '../tree/walk.ts';
import { type Comparison, type Decision, differentBy, equalBy, undecidedBy } from './decision.ts';
import { isName } from './relations.ts';
import { equalScalars } from './scalar.ts';
import { ballValue } from './values.ts';

/** One end of a segment. `side` is -1 or 1 for the infinities. */
interface End {
  node: Node;
  side: -1 | 0 | 1;
  closed: boolean;
  value: Ball;
}

interface Segment {
  low: End;
  high: End;
}

const INFINITY: Node = { kind: 'constant', name: 'infinity' };

export function isSetLike(node: Node): boolean {
  switch (node.kind) {
    case 'setOperation':
      return true;
    case 'namedSet':
      return node.name.startsWith('R') || node.name === 'C';
    case 'set':
      return node.items.every(isScalar);
    case 'bracket':
      return node.items.length === 2 && node.items.every(isScalar);
    default:
      return false;
  }
}

/** Thrown when a set is not one of real numbers with known ends. */
class NotReal extends Error {}
const NOT_REAL = new NotReal('not a set of reals');

export function equalRealSets(gold: Node, prediction: Node, comparison: Comparison): Decision {
  try {
    const [a, b] = [segments(gold, comparison), segments(prediction, comparison)];
    if (a.length !== b.length) return differentBy('sets');
    for (const [index, { low, high }] of a.entries()) {
      const other = b[index]!;
      if (low.closed !== other.low.closed || high.closed !== other.high.closed) return differentBy('sets');
      for (const [x, y] of [
        [low, other.low],
        [high, other.high],
      ] as const) {
        if (x.side !== y.side) return differentBy('sets');
        if (x.side !== 0) continue;
        const decision = equalScalars(x.node, y.node, comparison);
        if (decision.verdict !== 'equal') return decision;
      }
    }
    return equalBy('sets');
  } catch (error) {
    if (error instanceof NotReal || error instanceof Undefined) return differentBy('sets');
    if (error instanceof Imprecise) return undecidedBy('sets');
    throw error;
  }
}

function segments(node: Node, comparison: Comparison): Segment[] {
  switch (node.kind) {
    case 'bracket':
      return interval(node, comparison);
    case 'set':
    case 'list':
      if (node.kind === 'list' && node.items.some((item) => !isScalar(item))) {
        const solutions = setOfRelation(node);
        if (solutions) return segments(solutions, comparison);
        return merge(node.items.flatMap((item) => segments(item, comparison)));
      }
      return merge(node.items.map((item) => point(item, comparison)));
    case 'namedSet':
      return namedSegments(node.name, comparison);
    case 'setOperation': {
      const [first, ...rest] = node.items.map((item) => segments(item, comparison)) as [Segment[], ...Segment[][]];
      if (node.operation === 'union') return merge([first, ...rest].flat());
      if (node.operation === 'intersection') return rest.reduce(intersect, first);
      return rest.reduce((left, right) => intersect(left, complement(right, comparison)), first);
    }
    case 'relation': {
      const set = setOfRelation(node);
      if (!set) throw NOT_REAL;
      return segments(set, comparison);
    }
    default:
      if (isScalar(node)) return [point(node, comparison)];
      throw NOT_REAL;
  }
}

function namedSegments(name: string, comparison: Comparison): Segment[] {
  const [low, high] = [end(negate(INFINITY), false, comparison), end(INFINITY, false, comparison)];
  const zero = (closed: boolean): End => end(integer(0), closed, comparison);
  switch (name) {
    case 'R':
      return [{ low, high }];
    case 'R+':
    case 'R>0':
      return [{ low: zero(false), high }];
    case 'R-':
    case 'R<0':
      return [{ low, high: zero(false) }];
    case 'R>=0':
    case 'R+0':
    case 'R0+':
      return [{ low: zero(true), high }];
    case 'R<=0':
      return [{ low, high: zero(true) }];
    case 'R!=0':
    case 'R*':
      return [
        { low, high: zero(false) },
        { low: zero(false), high },
      ];
    default:
      throw NOT_REAL;
  }
}

function interval(node: NodeOf<'bracket'>, comparison: Comparison): Segment[] {
  if (node.items.length !== 2) throw NOT_REAL;
  const low = end(node.items[0]!, node.open === '[', comparison);
  const high = end(node.items[1]!, node.close === ']', comparison);
  const order = compareEnds(low, high);
  if (order > 0) throw NOT_REAL;
  return order === 0 && !(low.closed && high.closed) ? [] : [{ low, high }];
}

function point(node: Node, comparison: Comparison): Segment {
  const both = end(node, true, comparison);
  if (both.side !== 0) throw NOT_REAL;
  return { low: both, high: both };
}

function end(node: Node, closed: boolean, comparison: Comparison): End {
  if (node.kind === 'relation') {
    // [x = 1, ...] is no end.
    throw NOT_REAL;
  }
  const value = { mantissa: 0n, exponent: 0, error: Number.NEGATIVE_INFINITY };
  if (isInfinity(node)) return { node, side: 1, closed: false, value };
  if (node.kind === 'negate' && isInfinity(node.value)) return { node, side: -1, closed: false, value };
  if (!isScalar(node) || variablesOf(node).size > 0 || some(node, isInfinity)) throw NOT_REAL;
  const found = ballValue(node.kind === 'quantity' ? node.value : node, comparison, false);
  if (typeof found === 'string') throw NOT_REAL;
  return { node, side: 0, closed, value: found.re };
}

const isInfinity = (node: Node): boolean => node.kind === 'constant' && node.name === 'infinity';

function compareEnds(a: End, b: End): number {
  if (a.side !== b.side) return a.side - b.side;
  if (a.side !== 0 || meet(a.value, b.value) === 'together') return 0;
  return balls.sign(balls.add(a.value, balls.negate(b.value)));
}

/** Sorted, without overlaps; segments that touch in a covered point become one. */
function merge(all: Segment[]): Segment[] {
  const sorted = [...all].sort((a, b) => compareEnds(a.low, b.low) || Number(b.low.closed) - Number(a.low.closed));
  const merged: Segment[] = [];
  for (const segment of sorted) {
    const last = merged[merged.length - 1];
    const order = last ? compareEnds(segment.low, last.high) : 1;
    if (!last || order > 0 || (order === 0 && !segment.low.closed && !last.high.closed)) {
      merged.push(segment);
      continue;
    }
    const tail = compareEnds(segment.high, last.high);
    const high = tail > 0 || (tail === 0 && segment.high.closed) ? segment.high : last.high;
    merged[merged.length - 1] = { low: last.low, high };
  }
  return merged;
}

function intersect(a: Segment[], b: Segment[]): Segment[] {
  const found: Segment[] = [];
  for (const x of a) {
    for (const y of b) {
      const lowOrder = compareEnds(x.low, y.low);
      const low = lowOrder > 0 || (lowOrder === 0 && !x.low.closed) ? x.low : y.low;
      const highOrder = compareEnds(x.high, y.high);
      const high = highOrder < 0 || (highOrder === 0 && !x.high.closed) ? x.high : y.high;
      const order = compareEnds(low, high);
      if (order < 0 || (order === 0 && low.closed && high.closed)) found.push({ low, high });
    }
  }
  return merge(found);
}

function complement(set: Segment[], comparison: Comparison): Segment[] {
  const found: Segment[] = [];
  let low = end(negate(INFINITY), false, comparison);
  for (const segment of set) {
    const high = { ...segment.low, closed: segment.low.side === 0 && !segment.low.closed };
    const order = compareEnds(low, high);
    if (order < 0 || (order === 0 && low.closed && high.closed)) found.push({ low, high });
    low = { ...segment.high, closed: segment.high.side === 0 && !segment.high.closed };
  }
  const high = end(INFINITY, false, comparison);
  if (compareEnds(low, high) < 0) found.push({ low, high });
  return found;
}

/** The solutions of inequalities in one unknown: x < 3, 1 < x <= 2, |x| > 1, x != 0, lists joined by "or". */
export function setOfRelation(node: Node): Node | undefined {
  if (node.kind === 'list') {
    const parts = node.items.map(setOfRelation);
    if (parts.some((part) => part === undefined)) return undefined;
    return {
      kind: 'setOperation',
      operation: node.joiner === 'and' && !disjoint(node) ? 'intersection' : 'union',
      items: parts as Node[],
    };
  }
  if (node.kind !== 'relation') return undefined;
  if (node.operators.length === 1) return single(node);
  if (node.operators.length === 2) return double(node);
  return undefined;
}

/** "x < 1 and x > 3" names two branches: nobody answers with the empty set that way. */
function disjoint(node: NodeOf<'list'>): boolean {
  const [a, b] = node.items;
  return (
    node.items.length === 2 &&
    a?.kind === 'relation' &&
    b?.kind === 'relation' &&
    a.operators.length === 2 &&
    b.operators.length === 2
  );
}

const closes = (operator: RelationOperator): boolean => operator === '<=' || operator === '>=';
const points = (operator: RelationOperator): 'less' | 'greater' | undefined =>
  operator === '<' || operator === '<=' ? 'less' : operator === '>' || operator === '>=' ? 'greater' : undefined;

function between(low: Node, lowClosed: boolean, high: Node, highClosed: boolean): Node {
  return { kind: 'bracket', open: lowClosed ? '[' : '(', close: highClosed ? ']' : ')', items: [low, high] };
}

function single({ members, operators }: RelationNode): Node | undefined {
  const operator = operators[0]!;
  const [left, right] = members as [Node, Node];
  if (operator === 'in' || operator === '=')
    return isName(left) ? (operator === 'in' ? right : { kind: 'set', items: [right] }) : undefined;
  const named = isName(left) ? left : isName(right) ? right : undefined;
  const bound = named === left ? right : left;
  if (!named || !isScalar(bound) || variablesOf(bound).size > 0) return undefined;
  const inner = absoluteOf(named);
  if (operator === '!=') {
    if (inner) return undefined;
    return {
      kind: 'setOperation',
      operation: 'difference',
      items: [
        { kind: 'namedSet', name: 'R' },
        { kind: 'set', items: [bound] },
      ],
    };
  }
  const less = (points(operator) === 'less') === (named === left);
  const closed = closes(operator);
  if (inner) {
    return less
      ? between(negate(bound), closed, bound, closed)
      : {
          kind: 'setOperation',
          operation: 'union',
          items: [between(negate(INFINITY), false, negate(bound), closed), between(bound, closed, INFINITY, false)],
        };
  }
  return less ? between(negate(INFINITY), false, bound, closed) : between(bound, closed, INFINITY, false);
}

function double({ members, operators }: RelationNode): Node | undefined {
  const [first, middle, last] = members as [Node, Node, Node];
  const [a, b] = operators as [RelationOperator, RelationOperator];
  if (!isName(middle) || points(a) === undefined || points(a) !== points(b)) return undefined;
  const [low, lowClosed, high, highClosed] =
    points(a) === 'less' ? [first, closes(a), last, closes(b)] : [last, closes(b), first, closes(a)];
  const range = between(low, lowClosed, high, highClosed);
  if (!absoluteOf(middle)) return range;
  return {
    kind: 'setOperation',
    operation: 'union',
    items: [between(negate(high), highClosed, negate(low), lowClosed), range],
  };
}

function absoluteOf(node: Node): Node | undefined {
  return node.kind === 'call' && node.name === 'abs' ? node.args[0] : undefined;
}
