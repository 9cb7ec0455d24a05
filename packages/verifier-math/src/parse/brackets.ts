// What brackets hold: a grouped expression, a tuple or interval, a set, a set-builder.
import type { ListNode, Node } from '../tree/nodes.ts';
import type { Cursor } from './cursor.ts';
import { parseEnvironment } from './environment.ts';
import { parseList, parseRelation } from './list.ts';

/** Runs a rule with the bars of the outside forgotten: |(|x|)|. */
function inBrackets<T>(cursor: Cursor, rule: () => T): T {
  const { bars, colonSeparates } = cursor;
  cursor.bars = 0;
  cursor.colonSeparates = false;
  cursor.brackets++;
  const result = cursor.nested(rule);
  cursor.brackets--;
  Object.assign(cursor, { bars, colonSeparates });
  return result;
}

/** `( … )`, `[ … ]`, `⟨ … ⟩` and the half-open mixtures. One item with equal brackets is just grouped. */
export function parseBrackets(cursor: Cursor): Node {
  const open = cursor.next().value;
  return inBrackets(cursor, () => {
    const inside = parseList(cursor);
    const close = cursor.symbol();
    if (close !== ')' && close !== ']' && close !== '⟩') return cursor.fail();
    cursor.index++;
    if (inside.kind !== 'list') {
      const matching = (open === '(' && close === ')') || (open === '[' && close === ']');
      return matching ? inside : cursor.fail();
    }
    const items = flattenSeparators(inside);
    return { kind: 'bracket', open: open === '[' ? '[' : '(', close: close === ']' ? ']' : ')', items };
  });
}

/** (1,1;2,2): semicolons inside brackets only group the same flat sequence. */
function flattenSeparators(list: ListNode): Node[] {
  if (list.joiner !== 'semicolon') return list.items;
  return list.items.flatMap((item) => (item.kind === 'list' ? item.items : [item]));
}

/** `{ … }`: a TeX group. Items with commas between them are a list that was meant as a set. */
export function parseBraces(cursor: Cursor): Node {
  cursor.expect('{');
  if (cursor.accept('}')) return { kind: 'set', items: [] };
  // Inside a group of one item the commas outside still decide, so only a list counts as brackets.
  return cursor.nested(() => {
    const { bars } = cursor;
    cursor.bars = 0;
    const inside = parseList(cursor);
    cursor.bars = bars;
    if (cursor.symbol() === 'choose' || cursor.symbol() === 'over') {
      const over = cursor.next().value === 'over';
      const below = parseList(cursor);
      cursor.expect('}');
      return over
        ? { kind: 'divide', top: inside, bottom: below }
        : { kind: 'call', name: 'binomial', args: [inside, below] };
    }
    cursor.expect('}');
    return inside.kind === 'list' ? { ...inside, braces: true } : inside;
  });
}

/** `\{ … \}`: a set, or a set-builder, which is its condition. */
export function parseSet(cursor: Cursor): Node {
  cursor.expect('\\{');
  if (cursor.accept('\\}')) return { kind: 'set', items: [] };
  if (cursor.peek()?.type === 'command' && cursor.peek()?.value === 'begin') return bracedSystem(cursor);
  return inBrackets(cursor, () => {
    cursor.colonSeparates = true;
    cursor.bars = 1;
    const first = cursor.attempt(() => {
      const item = parseRelation(cursor);
      if (cursor.symbol() !== '|' && cursor.symbol() !== ':') cursor.fail();
      return item;
    });
    cursor.bars = 0;
    cursor.colonSeparates = false;
    if (first) {
      cursor.index++;
      const condition = parseList(cursor);
      cursor.expect('\\}');
      return { kind: 'setOperation', operation: 'union', items: [condition] };
    }
    const inside = parseList(cursor);
    cursor.expect('\\}');
    return { kind: 'set', items: inside.kind === 'list' ? inside.items : [inside] };
  });
}

/** \left\{ \begin{array} … \end{array} \right. is a system: its brace closes nowhere. */
function bracedSystem(cursor: Cursor): Node {
  cursor.index++;
  const system = parseEnvironment(cursor);
  const items = system.kind === 'matrix' ? system.rows.flat() : [system];
  if (cursor.accept('\\}')) return { kind: 'set', items };
  return items.length === 1 ? items[0]! : { kind: 'list', items, joiner: 'and' };
}
