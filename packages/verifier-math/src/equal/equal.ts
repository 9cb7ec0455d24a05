// The equality of two answers: which rule applies to which kinds. The asymmetries between gold and prediction block
// answers that only echo the question (an unsolved equation, the inequality itself).

import { basedValue } from '../exact/evaluate.ts';
import { clockTime } from '../parse/clock.ts';
import type { BracketNode, ListNode, Node, NodeOf, RelationNode } from '../tree/nodes.ts';
import { integer, isScalar } from '../tree/nodes.ts';
import { print } from '../tree/print.ts';
import { substitute, variablesOf } from '../tree/walk.ts';
import { equalCollections, equalInOrder, flattenItems } from './collections.ts';
import { equalContinuedRatios, isContinuedRatio } from './continued-ratio.ts';
import { type Comparison, type Decision, differentBy, equalBy } from './decision.ts';
import { equalQuantities } from './quantities.ts';
import { alignedReadings } from './readings.ts';
import { equalRealSets, isSetLike, setOfRelation } from './real-sets.ts';
import {
  type Assignment,
  assignmentOf,
  equalEquations,
  equalInequalities,
  isEquation,
  sameLeftSide,
  valueOfPrediction,
} from './relations.ts';
import { equalTexts } from './text.ts';

const MAX_DEPTH = 24;

/** Compares a gold answer with a prediction. @throws LimitReached */
export function equalNodes(gold: Node, prediction: Node, comparison: Comparison, depth = 0): Decision {
  comparison.work.spend(2);
  if (depth > MAX_DEPTH) return differentBy('nesting');
  if (print(gold) === print(prediction)) return equalBy('same');
  const again = (a: Node, b: Node): Decision => equalNodes(a, b, comparison, depth + 1);

  const [goldList, predictionList] = [groupsAsList(gold, prediction), groupsAsList(prediction, gold)];
  if (goldList) return again(goldList, prediction);
  if (predictionList) return again(gold, predictionList);
  const readings = alignedReadings(gold, prediction);
  if (readings) return again(...readings);
  if (gold.kind === 'text' || prediction.kind === 'text') return equalTexts(gold, prediction);
  if (gold.kind === 'time' || prediction.kind === 'time') return equalTimes(gold, prediction);
  if (isContinuedRatio(gold) && isContinuedRatio(prediction)) return equalContinuedRatios(gold, prediction, comparison);
  if (gold.kind === 'based' || prediction.kind === 'based') return equalBased(gold, prediction, comparison, again);
  if (gold.kind === 'relation' || prediction.kind === 'relation') {
    const decision = equalRelations(gold, prediction, comparison, again);
    if (decision) return decision;
  }
  if (gold.kind === 'relation' || prediction.kind === 'relation') return differentBy('kind');
  if (isCollection(gold) && isCollection(prediction)) {
    const sets = inequalitySets(gold, prediction, comparison);
    return sets ?? equalCollections(gold, prediction, comparison, again);
  }
  const mixed = collectionAgainstOther(gold, prediction, comparison, again);
  if (mixed) return mixed;
  if (gold.kind === 'bracket' && prediction.kind === 'bracket')
    return equalBrackets(gold, prediction, comparison, again);
  if (isSetLike(gold) && isSetLike(prediction)) return equalRealSets(gold, prediction, comparison);
  if (gold.kind === 'namedSet' || prediction.kind === 'namedSet') return differentBy('sets');
  if (isScalar(gold) && isScalar(prediction)) return equalQuantities(gold, prediction, comparison);
  const vector = vectorAgainstTuple(gold, prediction, comparison, again);
  return vector ?? differentBy('kind');
}

type Again = (a: Node, b: Node) => Decision;

const isCollection = (node: Node): node is ListNode | NodeOf<'set'> => node.kind === 'list' || node.kind === 'set';

/** Beside a list, `100,200,300` is the list of its groups, and so is `-2,1`. */
function groupsAsList(node: Node, other: Node): ListNode | undefined {
  const number = node.kind === 'negate' ? node.value : node;
  if (number.kind !== 'number' || !number.groups) return undefined;
  if (!isCollection(other) && !(other.kind === 'bracket' && other.open === '(')) return undefined;
  if (other.items.length !== number.groups.length) return undefined;
  const items = number.groups.map((value): Node => ({ kind: 'number', value }));
  if (node.kind === 'negate') items[0] = { kind: 'negate', value: items[0]! };
  return { kind: 'list', items, joiner: 'comma' };
}

/** Undefined when the kinds leave it to the other rules. */
function equalRelations(gold: Node, prediction: Node, comparison: Comparison, again: Again): Decision | undefined {
  if (gold.kind === 'relation' && prediction.kind === 'relation') {
    if (isEquation(gold) && isEquation(prediction)) return equalEquationAnswers(gold, prediction, comparison, again);
    if (isEquation(gold) || isEquation(prediction)) {
      const set = assignmentOf(gold)?.value;
      if (gold.operators[0] === 'in' && set) {
        const predicted = setOfRelation(prediction);
        return comparison.options.allowSetRelation && predicted ? again(set, predicted) : differentBy('set-relation');
      }
      const predictedSet = prediction.operators[0] === 'in' ? assignmentOf(prediction)?.value : undefined;
      const goldSet = setOfRelation(gold);
      return predictedSet && goldSet ? again(goldSet, predictedSet) : differentBy('kind');
    }
    const decision = equalInequalities(gold, prediction, comparison, again);
    return decision.verdict === 'equal' ? decision : (equalSolutions(gold, prediction, again) ?? decision);
  }
  if (prediction.kind === 'relation') {
    if (isEquation(prediction)) {
      const value = valueOfPrediction(prediction, comparison, again);
      return value ? again(gold, value) : differentBy('false equation');
    }
    if (gold.kind === 'list' && gold.items.some((item) => item.kind === 'relation'))
      return inequalitySets(gold, prediction, comparison);
    const set = comparison.options.allowSetRelation ? setOfRelation(prediction) : undefined;
    return set ? again(gold, set) : differentBy('set-relation');
  }
  if (gold.kind === 'relation') {
    if (isEquation(gold)) {
      const assignment = assignmentOf(gold);
      return assignment ? again(assignment.value, prediction) : differentBy('equation against value');
    }
    const branches = prediction.kind === 'list' ? inequalitySets(gold, prediction, comparison) : undefined;
    if (branches) return branches;
    const set = setOfRelation(gold);
    return set ? again(set, prediction) : differentBy('kind');
  }
  return undefined;
}

/** |x| < 3 is -3 < x < 3: inequalities about the same unknown by their solutions. */
function equalSolutions(gold: Node, prediction: Node, again: Again): Decision | undefined {
  const [a, b] = [setOfRelation(gold), setOfRelation(prediction)];
  if (!a || !b || [...variablesOf(gold)].join() !== [...variablesOf(prediction)].join()) return undefined;
  return again(a, b);
}

/** f(t) = 2t + 1 with the argument named as in the gold's f(x). */
function sameArgument(gold: Assignment, prediction: Assignment): Assignment {
  const [a, b] = [gold.name, prediction.name];
  if (a.kind !== 'apply' || b.kind !== 'apply' || a.name !== b.name || a.args.length !== 1) return prediction;
  const [x, t] = [a.args[0]!, b.args[0]!];
  if (x.kind !== 'variable' || t.kind !== 'variable' || variablesOf(prediction.value).has(x.name)) return prediction;
  return { name: a, value: substitute(prediction.value, t.name, x) };
}

function equalEquationAnswers(
  gold: RelationNode,
  prediction: RelationNode,
  comparison: Comparison,
  again: Again,
): Decision {
  const [solved, stated] = [assignmentOf(gold), assignmentOf(prediction)];
  const answered = solved && stated ? sameArgument(solved, stated) : stated;
  if (solved && answered && sameLeftSide(solved.name, answered.name)) {
    const values = again(solved.value, answered.value);
    if (values.verdict === 'equal') return values;
    if (print(solved.name) === print(answered.name)) return values;
  }
  // A solved gold wants a solved answer: 2x = 6 only repeats the question.
  if (solved && !answered && isConstant(solved.value)) return differentBy('unsolved');
  if (solved && !isScalar(solved.value)) return differentBy('kind');
  return equalEquations(gold, prediction, comparison);
}

function isConstant(node: Node): boolean {
  return !isScalar(node) || !/[a-zA-Z]/.test(print(node).replace(/root|pi|sin|cos|tan|ln|logBase|\be\b|\bi\b/g, ''));
}

/** A list of inequalities is the union (or) or intersection (and) of their solutions. */
function inequalitySets(gold: Node, prediction: Node, comparison: Comparison): Decision | undefined {
  const inequality = (node: Node): boolean => node.kind === 'relation' && !isEquation(node);
  const goldHas = gold.kind === 'list' && gold.items.some(inequality);
  const predictionHas = prediction.kind === 'list' && prediction.items.some(inequality);
  if (!goldHas && !predictionHas) return undefined;
  if (predictionHas && !goldHas && gold.kind !== 'relation' && !comparison.options.allowSetRelation)
    return differentBy('set-relation');
  if (goldHas && predictionHas) {
    const inOrder = (gold as ListNode).items.length === (prediction as ListNode).items.length;
    if (inOrder) {
      const matched = equalCollections(gold as ListNode, prediction as ListNode, comparison, (a, b) =>
        equalNodes(a, b, comparison, 8),
      );
      if (matched.verdict === 'equal') return matched;
    }
  }
  const [a, b] = [setOfRelation(gold) ?? gold, setOfRelation(prediction) ?? prediction];
  return isSetLike(a) && isSetLike(b) ? equalRealSets(a, b, comparison) : undefined;
}

/** A list against something single, a tuple, or a set of numbers. */
function collectionAgainstOther(
  gold: Node,
  prediction: Node,
  comparison: Comparison,
  again: Again,
): Decision | undefined {
  if (
    gold.kind === 'list' &&
    gold.items.some((item) => item.kind === 'relation') &&
    isSetLike(prediction) &&
    prediction.kind !== 'bracket'
  ) {
    const sets = inequalitySets(gold, prediction, comparison);
    if (sets) return sets;
  }
  if (gold.kind === 'list' && prediction.kind === 'bracket') {
    const sets = inequalitySets(gold, prediction, comparison);
    if (sets) return sets;
    // a=1, b=2 answers in the order of its names; a bare gold list has no order to match a tuple by.
    const named = gold.items.every((item) => item.kind === 'relation');
    return named && prediction.open === '(' && prediction.close === ')'
      ? equalInOrder(gold.items, prediction.items, again, 'tuple')
      : differentBy('kind');
  }
  if (gold.kind === 'bracket' && prediction.kind === 'list') {
    const items = prediction.items;
    const bare = items.every((item) => item.kind !== 'relation') || items.every((item) => item.kind === 'relation');
    return bare && gold.open === '(' && gold.close === ')' && prediction.joiner !== 'or'
      ? equalInOrder(gold.items, items, again, 'tuple')
      : differentBy('kind');
  }
  if (isCollection(gold) && isSetLike(prediction)) return equalRealSets(gold, prediction, comparison);
  if (isCollection(prediction) && isSetLike(gold)) return equalRealSets(gold, prediction, comparison);
  const single = (node: Node): Node | undefined =>
    isCollection(node) ? singleItem(node, comparison, again) : undefined;
  const [goldItem, predictionItem] = [single(gold), single(prediction)];
  if (goldItem && !isCollection(prediction)) return again(goldItem, prediction);
  if (predictionItem && !isCollection(gold)) return again(gold, predictionItem);
  if (isCollection(gold) || isCollection(prediction)) return differentBy('kind');
  return undefined;
}

/** The only element: repeated ones count once. */
function singleItem(node: ListNode | NodeOf<'set'>, _comparison: Comparison, again: Again): Node | undefined {
  const items = flattenItems(node);
  const [first, ...rest] = items;
  if (first === undefined || rest.length > 8) return undefined;
  return rest.every((item) => again(first, item).verdict === 'equal') ? first : undefined;
}

function equalBrackets(gold: BracketNode, prediction: BracketNode, comparison: Comparison, again: Again): Decision {
  if (gold.items.length !== prediction.items.length) return differentBy('length');
  if (gold.open !== prediction.open || gold.close !== prediction.close) {
    // Two items may be an interval, where the brackets matter; longer ones are vectors, where only the shape does.
    const degenerate = gold.items.length === 2 && isSetLike(gold) && isSetLike(prediction);
    return degenerate ? equalRealSets(gold, prediction, comparison) : differentBy('brackets');
  }
  return equalInOrder(gold.items, prediction.items, again, gold.items.length === 2 ? 'pair' : 'tuple');
}

/** A column or row against a tuple of the same numbers. */
function vectorAgainstTuple(gold: Node, prediction: Node, _comparison: Comparison, again: Again): Decision | undefined {
  const [matrix, bracket] = gold.kind === 'matrix' ? [gold, prediction] : [prediction, gold];
  if (matrix.kind !== 'matrix' || bracket.kind !== 'bracket') return undefined;
  const flat =
    matrix.rows.length === 1
      ? matrix.rows[0]!
      : matrix.rows.every((row) => row.length === 1)
        ? matrix.rows.map((row) => row[0]!)
        : undefined;
  if (!flat || flat.length !== bracket.items.length || (bracket.open === '[') !== (bracket.close === ']'))
    return undefined;
  return gold.kind === 'matrix'
    ? equalInOrder(flat, bracket.items, again, 'vector')
    : equalInOrder(bracket.items, flat, again, 'vector');
}

/** 20:34 beside a clock time is one. */
function equalTimes(gold: Node, prediction: Node): Decision {
  const seconds = (node: Node): number | undefined => {
    if (node.kind === 'time') return node.seconds;
    if (node.kind !== 'divide' || !node.ratio || node.top.kind !== 'number' || node.bottom.kind !== 'number')
      return undefined;
    const time = clockTime(Number(node.top.value.top), Number(node.bottom.value.top), 0);
    return time?.kind === 'time' ? time.seconds : undefined;
  };
  const [a, b] = [seconds(gold), seconds(prediction)];
  return a !== undefined && a === b ? equalBy('time') : differentBy('time');
}

/** Literals with a base: the same digits in the same base, unless the options say otherwise. */
function equalBased(gold: Node, prediction: Node, { options }: Comparison, again: Again): Decision {
  if (gold.kind === 'based' && prediction.kind === 'based') {
    if (options.baseSuffix === 'required') return differentBy('base');
  } else if (options.baseSuffix === 'required') {
    return prediction.kind === 'list' || prediction.kind === 'relation'
      ? unwrapBased(gold, prediction, again)
      : differentBy('base');
  }
  const plain = (node: Node): Node =>
    node.kind !== 'based'
      ? node
      : integer(
          options.baseSuffix === 'value'
            ? basedValue(node.digits, node.base)
            : BigInt(/^\d+$/.test(node.digits) ? node.digits : '0'),
        );
  return again(plain(gold), plain(prediction));
}

function unwrapBased(gold: Node, prediction: Node, again: Again): Decision {
  if (prediction.kind !== 'relation' || !isEquation(prediction)) return differentBy('base');
  return again(gold, prediction.members[prediction.members.length - 1]!);
}
