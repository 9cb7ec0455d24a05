// \begin{…} … \end{…}: matrices of every bracket, column vectors, systems in cases, and aligned lines.
import { LimitReached } from '../limits.ts';
import type { Node } from '../tree/nodes.ts';
import type { Cursor } from './cursor.ts';
import { parseList, parseRelation } from './list.ts';

const MATRICES = /^(?:[pbBvV]?matrix|smallmatrix|array)$/;
const LINES = /^(?:cases|aligned|align|gathered|split|rcases|eqnarray|gather)$/;

export function parseEnvironment(cursor: Cursor): Node {
  const name = environmentName(cursor);
  if (name === 'array' && cursor.symbol() === '{') skipGroup(cursor);
  const { bars, brackets } = cursor;
  cursor.bars = 0;
  cursor.brackets++;
  const rows = cursor.nested(() => parseRows(cursor, LINES.test(name)));
  Object.assign(cursor, { bars, brackets });
  const closing = environmentName(cursor);
  if (closing !== name) return cursor.fail();
  if (MATRICES.test(name)) {
    if (rows.some((row) => row.length !== rows[0]!.length)) return cursor.fail();
    const matrix: Node = { kind: 'matrix', rows };
    return name === 'vmatrix' ? { kind: 'call', name: 'det', args: [matrix] } : matrix;
  }
  if (!LINES.test(name)) return cursor.fail();
  const items = rows.flat();
  return items.length === 1 ? items[0]! : { kind: 'list', items, joiner: 'and' };
}

function environmentName(cursor: Cursor): string {
  cursor.expect('{');
  let name = '';
  while (cursor.symbol() !== '}') name += cursor.next().value;
  cursor.expect('}');
  return name.replace(/\*$/, '');
}

function skipGroup(cursor: Cursor): void {
  let depth = 0;
  do {
    const { type, value } = cursor.next();
    if (type === 'symbol' && value === '{') depth++;
    if (type === 'symbol' && value === '}') depth--;
  } while (depth > 0);
}

/** One cell of a line: an expression, or its condition, with or without an "if". */
function parseCase(cursor: Cursor): Node {
  const word = (): string => (cursor.peek()?.type === 'word' ? cursor.peek()!.value.toLowerCase() : '');
  while (/^(?:if|for|when|where)$/.test(word())) cursor.index++;
  if (!/^(?:otherwise|else)$/.test(word())) return parseList(cursor);
  cursor.index++;
  return { kind: 'text', text: 'otherwise' };
}

function parseRows(cursor: Cursor, lines: boolean): Node[][] {
  const rows: Node[][] = [[]];
  let cells = 0;
  for (;;) {
    const token = cursor.peek();
    if (token === undefined) return cursor.fail();
    if (token.type === 'command' && token.value === 'end') {
      cursor.index++;
      break;
    }
    if (cursor.accept('\\\\')) {
      if (rows[rows.length - 1]!.length > 0) rows.push([]);
      continue;
    }
    if (cursor.accept('&')) continue;
    if (++cells > cursor.limits.elements * 5) throw new LimitReached('elements');
    rows[rows.length - 1]!.push(lines ? parseCase(cursor) : parseRelation(cursor));
    while (lines && (cursor.symbol() === ',' || cursor.symbol() === '.')) cursor.index++;
  }
  if (rows[rows.length - 1]!.length === 0) rows.pop();
  return rows.length === 0 ? cursor.fail() : rows;
}
