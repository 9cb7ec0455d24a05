// Equations and inequalities. Nothing is solved: two equations are the same when their residuals are proportional.
import { exactValue, Undefined } from '../exact/evaluate.ts';
import { evaluations, isPole, primeOf } from '../exact/identity.ts';
import { rationalToNumber } from '../exact/rational.ts';
import { isScalar, type Node, type RelationNode, type RelationOperator, subtract } from '../tree/nodes.ts';
import { print } from '../tree/print.ts';
import { some, variablesOf } from '../tree/walk.ts';
import { type Comparison, type Decision, differentBy, equalBy, every } from './decision.ts';
import { resolveOperators } from './operators.ts';
import { residualRatio } from './ratio.ts';
import { equalScalars } from './scalar.ts';

type Again = (a: Node, b: Node) => Decision;

/** Chains of = (and of ≈, which keeps what stands before it), and membership in one set. */
export function isEquation(node: Node): node is RelationNode {
  if (node.kind !== 'relation') return false;
  return (
    node.operators.every((operator) => operator === '=' || operator === '~') ||
    (node.operators.length === 1 && node.operators[0] === 'in')
  );
}

export interface Assignment {
  name: Node;
  value: Node;
}

/** `x = … = value`, with a name that holds nothing but symbols. Undefined for anything that still has to be solved. */
export function assignmentOf(node: Node): Assignment | undefined {
  if (!isEquation(node)) return undefined;
  const members = exactMembers(node);
  const value = members[members.length - 1]!;
  const name = members.find((member) => isName(member));
  if (name !== undefined && name !== value) return { name, value };
  // "5 = x" is x = 5.
  if (members.length === 2 && name === value && !isName(members[0]!)) return { name: value, value: members[0]! };
  return members.length > 1 && members[0]!.kind === 'text' ? { name: members[0]!, value } : undefined;
}

/** The members up to the first ≈, unless that is how a name gets its value. */
function exactMembers(node: RelationNode): Node[] {
  const at = node.operators.indexOf('~');
  if (at < 0 || (at === 0 && isName(node.members[0]!)))
    return at < 0 ? node.members : node.members.slice(0, cut(node, at));
  return node.members.slice(0, at + 1);
}

function cut(node: RelationNode, first: number): number {
  const next = node.operators.indexOf('~', first + 1);
  return next < 0 ? node.members.length : next + 1;
}

/** A variable, f(x), a product or ratio of letters such as AB or NO/BO, a tuple of names, words. */
export function isName(node: Node): boolean {
  switch (node.kind) {
    case 'variable':
      return true;
    case 'text':
      return node.text !== '...';
    case 'constant':
      return node.name === 'e' || node.name === 'i';
    case 'apply':
      return true;
    case 'multiply':
      // P(X = 2) reads as a product with a condition.
      return node.factors.every((factor, index) => isName(factor) || (index > 0 && factor.kind === 'relation'));
    case 'series':
    case 'integral':
    case 'limit':
      return true;
    case 'divide':
      return isName(node.top) && isName(node.bottom);
    case 'power':
      return (
        isName(node.base) && node.base.kind === 'variable' && node.exponent.kind !== 'number' && isName(node.exponent)
      );
    case 'bracket':
      return node.items.every(isName);
    case 'call':
      return (
        node.args.every(isName) &&
        [
          'sin',
          'cos',
          'tan',
          'cot',
          'abs',
          'norm',
          'max',
          'min',
          'gcd',
          'lcm',
          'det',
          'deg',
          'dim',
          're',
          'im',
          'arg',
        ].includes(node.name)
      );
    case 'setOperation':
      return node.items.every(isName);
    default:
      return false;
  }
}

/** Left sides that may carry the same value: the same name, a function named with and without argument, words. */
export function sameLeftSide(a: Node, b: Node): boolean {
  if (print(a) === print(b) || a.kind === 'text' || b.kind === 'text') return true;
  const base = (node: Node): string => (node.kind === 'apply' ? node.name : print(node));
  const isFunction = (node: Node): boolean => node.kind === 'apply';
  if (base(a) === base(b)) return !(isFunction(a) && isFunction(b));
  const isY = (node: Node): boolean => node.kind === 'variable' && node.name === 'y';
  return (isFunction(a) && isY(b)) || (isY(a) && isFunction(b));
}

/**
 * The value that a predicted equation states. Undefined when a member with a value contradicts it: a false chain that
 * ends in the right number earns nothing.
 */
export function valueOfPrediction(node: RelationNode, comparison: Comparison, _again: Again): Node | undefined {
  const members = exactMembers(node);
  if (node.operators[0] === 'in') return isName(members[0]!) ? members[1] : undefined;
  const assignment = assignmentOf(node);
  const value = assignment?.value ?? members[members.length - 1]!;
  // "7 ~ 8" approximates nothing.
  if (node.members.some((member) => !members.includes(member) && farApart(member, value, comparison))) return undefined;
  for (const member of members) {
    if (member === value || !isScalar(member) || !isScalar(value)) continue;
    if (variablesOf(member).size > 0 || variablesOf(value).size > 0) continue;
    if (some(member, ({ kind }) => kind === 'apply')) continue;
    if (
      some(
        member,
        ({ kind }) => kind === 'quantity' || kind === 'degrees' || kind === 'percent' || kind === 'plusMinus',
      )
    )
      continue;
    if (equalScalars(value, member, comparison).verdict === 'different' && !roundsTo(member, value, comparison))
      return undefined;
  }
  return value;
}

/** Two numbers that differ by more than a twentieth: nobody rounds like that. */
function farApart(member: Node, value: Node, { work }: Comparison): boolean {
  if (!isScalar(member) || !isScalar(value)) return false;
  try {
    const [a, b] = [exactValue(member, work), exactValue(value, work)];
    if (!a || !b) return false;
    const [x, y] = [rationalToNumber(a), rationalToNumber(b)];
    return Math.abs(x - y) > 0.05 * Math.max(Math.abs(x), Math.abs(y));
  } catch (error) {
    if (error instanceof Undefined) return true;
    throw error;
  }
}

/** 2/3 = 0.67: a decimal after an equals sign may be rounded. */
function roundsTo(member: Node, value: Node, comparison: Comparison): boolean {
  const decimals = (node: Node): number | undefined => (node.kind === 'number' ? node.decimals : undefined);
  const digits = decimals(value) ?? decimals(member);
  if (digits === undefined) return false;
  try {
    const [a, b] = [exactValue(member, comparison.work), exactValue(value, comparison.work)];
    if (!a || !b) return true;
    return Math.abs(rationalToNumber(a) - rationalToNumber(b)) <= 10 ** -digits;
  } catch (error) {
    if (error instanceof Undefined) return false;
    throw error;
  }
}

/** Both sides to one residual; equal when one is a non-zero constant times the other. */
export function equalEquations(gold: RelationNode, prediction: RelationNode, comparison: Comparison): Decision {
  const [a, b] = [exactMembers(gold), exactMembers(prediction)];
  if (a.length !== 2 || b.length !== 2 || ![...a, ...b].every(isScalar)) {
    if (a.length === b.length && [...a, ...b].every(isScalar)) {
      return every(
        a.map((member, index) => equalScalars(member, b[index]!, comparison)),
        'chain',
      );
    }
    return differentBy('equation');
  }
  return proportional(subtract(a[0]!, a[1]!), subtract(b[0]!, b[1]!), comparison) === undefined
    ? differentBy('equation')
    : equalBy('equation');
}

/** The sign of the constant ratio of two residuals; undefined when they are not proportional. */
function proportional(left: Node, right: Node, comparison: Comparison): 1 | -1 | undefined {
  const [a, b] = [resolveOperators(left, comparison.work), resolveOperators(right, comparison.work)];
  const ratio = residualRatio(a, b, comparison);
  if (ratio === undefined || ratio === 0 || !modularRatio(a, b, comparison)) return undefined;
  return ratio > 0 ? 1 : -1;
}

/** No proof, only a veto: polynomial residuals whose ratio differs from point to point modulo primes. */
function modularRatio(a: Node, b: Node, comparison: Comparison): boolean {
  const points = evaluations(comparison.work);
  try {
    const [first, second] = points;
    const [a1, b1, a2, b2] = [first!.value(a), first!.value(b), second!.value(a), second!.value(b)];
    if (first!.opaque || second!.opaque) return true;
    const prime = primeOf(0);
    return (a1 * b2) % prime === (a2 * b1) % prime;
  } catch (error) {
    if (isPole(error)) return true;
    throw error;
  }
}

const FLIPPED: Readonly<Record<RelationOperator, RelationOperator>> = {
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '=': '=',
  '!=': '!=',
  in: 'in',
  '~': '~',
};

/** Single inequalities up to a constant factor with its sign; chains member by member, in either direction. */
export function equalInequalities(
  gold: RelationNode,
  prediction: RelationNode,
  comparison: Comparison,
  again: Again,
): Decision {
  if (gold.operators.length !== prediction.operators.length) return differentBy('relation');
  if (gold.operators.length === 1) {
    const [goldSides, predictionSides] = [gold.members, prediction.members] as [Node[], Node[]];
    if (![...goldSides, ...predictionSides].every(isScalar)) return differentBy('relation');
    const sign = proportional(
      subtract(goldSides[0]!, goldSides[1]!),
      subtract(predictionSides[0]!, predictionSides[1]!),
      comparison,
    );
    if (sign === undefined) return differentBy('inequality');
    const operator = sign > 0 ? prediction.operators[0]! : FLIPPED[prediction.operators[0]!];
    return operator === gold.operators[0] ? equalBy('inequality') : differentBy('inequality');
  }
  const direct = chain(gold, prediction.members, prediction.operators, again);
  if (direct.verdict === 'equal') return direct;
  const turned = chain(
    gold,
    [...prediction.members].reverse(),
    [...prediction.operators].reverse().map((operator) => FLIPPED[operator]),
    again,
  );
  return turned.verdict === 'equal' ? turned : direct;
}

function chain(gold: RelationNode, members: Node[], operators: RelationOperator[], again: Again): Decision {
  if (operators.some((operator, index) => operator !== gold.operators[index])) return differentBy('inequality');
  return every(
    gold.members.map((member, index) => again(member, members[index]!)),
    'inequality',
  );
}
