// Matrix expressions: entries are worked out symbolically (sum, product, scalar multiples, transpose), then compared.
import { exactValue } from '../exact/evaluate.ts';
import type { Work } from '../limits.ts';
import { LimitReached } from '../limits.ts';
import { multiply, type Node, negate } from '../tree/nodes.ts';
import { type Comparison, type Decision, differentBy, every } from './decision.ts';

const LARGEST = 64;

/** The entries of a matrix-valued expression, or undefined when it is none. @throws LimitReached */
export function matrixOf(node: Node, work: Work): Node[][] | undefined {
  switch (node.kind) {
    case 'matrix':
      if (node.rows.length > LARGEST || node.rows[0]!.length > LARGEST) throw new LimitReached('elements');
      return node.rows;
    case 'negate': {
      const rows = matrixOf(node.value, work);
      return rows && map(rows, negate);
    }
    case 'divide': {
      const rows = matrixOf(node.top, work);
      return rows && map(rows, (entry) => ({ kind: 'divide', top: entry, bottom: node.bottom }));
    }
    case 'add': {
      const matrices = node.terms.map((term) => matrixOf(term, work));
      return matrices.reduce((a, b) => add(a, b));
    }
    case 'multiply':
      return onlyRows(node.factors.map((factor): Factor => matrixOf(factor, work) ?? factor).reduce(times));
    case 'power':
      return powerOf(node.base, node.exponent, work);
    default:
      return undefined;
  }
}

type Factor = Node[][] | Node;

/** A product without a matrix in it, or of matrices that do not fit, has no entries. */
const onlyRows = (factor: Factor): Node[][] | undefined => (Array.isArray(factor) ? factor : undefined);

const map = (rows: Node[][], change: (entry: Node) => Node): Node[][] => rows.map((row) => row.map(change));

function add(a: Node[][] | undefined, b: Node[][] | undefined): Node[][] | undefined {
  if (!a || !b || a.length !== b.length || a[0]!.length !== b[0]!.length) return undefined;
  return a.map((row, i) => row.map((entry, j) => ({ kind: 'add', terms: [entry, b[i]![j]!] })));
}

function times(a: Factor, b: Factor): Factor {
  if (!Array.isArray(a)) return Array.isArray(b) ? map(b, (entry) => multiply(a, entry)) : multiply(a, b);
  if (!Array.isArray(b)) return map(a, (entry) => multiply(entry, b));
  if (a[0]!.length !== b.length || a.length * b[0]!.length * b.length > 4096)
    return { kind: 'text', text: 'no product' };
  return a.map((row) =>
    b[0]!.map((_, j): Node => ({ kind: 'add', terms: row.map((entry, k) => multiply(entry, b[k]![j]!)) })),
  );
}

function powerOf(base: Node, exponent: Node, work: Work): Node[][] | undefined {
  const rows = matrixOf(base, work);
  if (!rows) return undefined;
  if (exponent.kind === 'variable' && exponent.name === 'T') return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
  const value = exactValue(exponent, work);
  if (value?.bottom !== 1n || value.top < 1n || value.top > 6n || rows.length !== rows[0]!.length || rows.length > 4) {
    return undefined;
  }
  let result: Factor = rows;
  for (let step = 1n; step < value.top; step++) result = times(result, rows);
  return result as Node[][];
}

/** The determinant by expansion along the first row; at most 5 x 5. */
export function determinant(rows: Node[][]): Node | undefined {
  if (rows.length !== rows[0]!.length || rows.length > 5) return undefined;
  if (rows.length === 1) return rows[0]![0]!;
  const terms = rows[0]!.map((entry, column): Node => {
    const minor = determinant(rows.slice(1).map((row) => row.filter((_, index) => index !== column)))!;
    const term = multiply(entry, minor);
    return column % 2 === 0 ? term : negate(term);
  });
  return { kind: 'add', terms };
}

/** Entry by entry, for matrices of the same shape. */
export function equalMatrices(
  a: Node[][],
  b: Node[][],
  comparison: Comparison,
  compare: (a: Node, b: Node, comparison: Comparison) => Decision,
): Decision {
  if (a.length !== b.length || a[0]!.length !== b[0]!.length) return differentBy('shape');
  function* entries(): Generator<Decision> {
    for (const [i, row] of a.entries())
      for (const [j, entry] of row.entries()) yield compare(entry, b[i]![j]!, comparison);
  }
  return every(entries(), 'matrix');
}
