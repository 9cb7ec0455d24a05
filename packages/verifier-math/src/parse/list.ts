// Lists, relations and set operations: the levels above an expression.
//   list := item { (, ; and or) item }      relation := set { (= < > …) set }      set := expression { (∪ ∩ \) expression }
import { LimitReached } from '../limits.ts';
import {
  isScalar,
  type ListNode,
  type Node,
  type RelationNode,
  type RelationOperator,
  type SetOperation,
} from '../tree/nodes.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expression.ts';

type Separator = ListNode['joiner'];

const SEPARATORS: ReadonlyMap<string, Separator> = new Map([
  [',', 'comma'],
  [';', 'semicolon'],
  ['and', 'and'],
  ['or', 'or'],
]);

/** A single relation, or a list of them. */
export function parseList(cursor: Cursor): Node {
  const items: Node[] = [item(cursor)];
  const separators: Separator[] = [];
  for (;;) {
    let separator: Separator | undefined;
    // ", and" is one separator; the word says more than the comma.
    for (let next = SEPARATORS.get(cursor.symbol() ?? ''); next; next = SEPARATORS.get(cursor.symbol() ?? '')) {
      if (separator === undefined || (separator === 'comma' && next !== 'comma')) separator = next;
      else return cursor.fail();
      cursor.index++;
    }
    if (separator === undefined) break;
    if (cursor.done || endsCell(cursor)) break;
    separators.push(separator);
    items.push(item(cursor));
    if (items.length > cursor.limits.elements) throw new LimitReached('elements');
  }
  return separators.length === 0 ? items[0]! : nest(items, separators);
}

/** A comma before the next cell or line of a table only ends the one before. */
const endsCell = (cursor: Cursor): boolean =>
  cursor.symbol() === '&' || cursor.symbol() === '\\\\' || cursor.peek()?.value === 'end';

function item(cursor: Cursor): Node {
  if (cursor.symbol() === '...') {
    cursor.index++;
    return { kind: 'text', text: '...' };
  }
  return parseRelation(cursor);
}

/** Groups by semicolon first, then by and / or where the groups are alike, then by comma. */
function nest(items: Node[], separators: Separator[]): Node {
  if (separators.includes('semicolon')) {
    const groups = split(items, separators, (separator) => separator === 'semicolon');
    return { kind: 'list', items: groups.map((group) => build(group.items, group.separators)), joiner: 'semicolon' };
  }
  return build(items, separators);
}

function build(items: Node[], separators: Separator[]): Node {
  if (items.length === 1) return items[0]!;
  const joiner = separators.includes('or') ? 'or' : separators.includes('and') ? 'and' : 'comma';
  if (joiner !== 'comma') {
    const groups = split(items, separators, (separator) => separator !== 'comma');
    const size = groups[0]!.items.length;
    const alike =
      size > 1 &&
      groups.every((group) => group.items.length === size && group.items.every((member) => member.kind === 'relation'));
    if (alike) {
      return {
        kind: 'list',
        items: groups.map((group) => ({ kind: 'list', items: group.items, joiner: 'comma' })),
        joiner,
      };
    }
  }
  return { kind: 'list', items, joiner };
}

function split(
  items: Node[],
  separators: Separator[],
  at: (separator: Separator) => boolean,
): { items: Node[]; separators: Separator[] }[] {
  const groups = [{ items: [items[0]!], separators: [] as Separator[] }];
  separators.forEach((separator, index) => {
    if (at(separator)) groups.push({ items: [items[index + 1]!], separators: [] });
    else {
      const group = groups[groups.length - 1]!;
      group.items.push(items[index + 1]!);
      group.separators.push(separator);
    }
  });
  return groups;
}

const RELATIONS: ReadonlySet<string> = new Set(['=', '<', '>', '<=', '>=', '!=', 'in', '~']);

/** A chain such as `1 < x \le 3`, or what stands there without one. */
export function parseRelation(cursor: Cursor): Node {
  const members: Node[] = [parseSetExpression(cursor)];
  const operators: RelationOperator[] = [];
  for (;;) {
    const operator = relationOperator(cursor);
    if (operator === undefined) break;
    cursor.index++;
    // "= <" and the like: "=\le" is no relation, but a sign written twice is one.
    while (cursor.symbol() === operator) cursor.index++;
    operators.push(operator);
    members.push(parseSetExpression(cursor));
  }
  return operators.length === 0 ? members[0]! : branches({ kind: 'relation', members, operators });
}

/** `x < -2 \cup x > 2` joins two conditions, not -2 and x. */
function branches(relation: RelationNode): Node {
  const { members, operators } = relation;
  const middle = members[1]!;
  if (operators.length !== 2 || middle.kind !== 'setOperation' || middle.items.length !== 2) return relation;
  if (middle.operation === 'difference' || !middle.items.every(isScalar)) return relation;
  const [left, right] = middle.items as [Node, Node];
  return {
    kind: 'list',
    joiner: middle.operation === 'union' ? 'or' : 'and',
    items: [
      { kind: 'relation', members: [members[0]!, left], operators: [operators[0]!] },
      { kind: 'relation', members: [right, members[2]!], operators: [operators[1]!] },
    ],
  };
}

function relationOperator(cursor: Cursor): RelationOperator | undefined {
  const symbol = cursor.symbol();
  if (symbol !== undefined) {
    if (symbol === '!' && cursor.symbol(1) === '=') return undefined;
    return RELATIONS.has(symbol) ? (symbol as RelationOperator) : undefined;
  }
  const token = cursor.peek();
  const membership =
    token?.type === 'word' && token.value === 'in' && /^(?:[([{⟨]|\\\{|\\mathbb)$/.test(cursor.symbol(1) ?? '');
  return membership || (token?.value === 'in' && cursor.peek(1)?.type === 'set') ? 'in' : undefined;
}

const SET_OPERATIONS: ReadonlySet<string> = new Set(['union', 'intersection', 'difference']);

/** Set operations of one precedence, from the left. */
export function parseSetExpression(cursor: Cursor): Node {
  let result = parseExpression(cursor);
  for (;;) {
    const symbol = cursor.symbol();
    if (symbol === undefined || !SET_OPERATIONS.has(symbol)) return result;
    cursor.index++;
    const right = parseExpression(cursor);
    const operation = symbol as SetOperation;
    if (isScalar(result) && isScalar(right) && operation === 'difference') return cursor.fail();
    result =
      result.kind === 'setOperation' && result.operation === operation && operation !== 'difference'
        ? { ...result, items: [...result.items, right] }
        : { kind: 'setOperation', operation, items: [result, right] };
  }
}
