// Readings that depend on the other side: "no solution" beside a set is the empty set, [[1,2],[3,4]] beside a matrix is
// one, a gold set-builder beside an inequality is its condition.
import type { Node, NodeOf } from '../tree/nodes.ts';

/** Both sides with one of them read anew, or undefined when they stay as they are. */
export function alignedReadings(gold: Node, prediction: Node): [Node, Node] | undefined {
  const condition = conditionOf(gold);
  if (condition && prediction.kind === 'relation') return [condition, prediction];
  const [a, b] = [readBeside(gold, prediction), readBeside(prediction, gold)];
  return a || b ? [a ?? gold, b ?? prediction] : undefined;
}

function readBeside(node: Node, other: Node): Node | undefined {
  if (node.kind === 'text') return other.kind === 'text' ? undefined : setInWords(node.text, other);
  if (node.kind === 'bracket' && other.kind === 'matrix') return rowsInBrackets(node);
  const residue = (side: Node): boolean => side.kind === 'apply' && side.name === 'congruent';
  if (node.kind === 'call' && node.name === 'mod' && residue(other))
    return { ...node, kind: 'apply', name: 'congruent' };
  return undefined;
}

const SETS: ReadonlySet<Node['kind']> = new Set(['set', 'setOperation', 'namedSet', 'bracket']);

function setInWords(text: string, other: Node): Node | undefined {
  if (!SETS.has(other.kind)) return undefined;
  const words = text.replace(/^(?:the|there (?:is|are)|x is|x can be|any)\s+/, '');
  if (/^(?:no (?:real )?solutions?|(?:the )?empty set|none)$/.test(words)) return { kind: 'set', items: [] };
  if (/^(?:set of )?(?:all |any )?(?:the )?(?:reals?|real numbers?|real values?)(?: of x)?$/.test(words))
    return { kind: 'namedSet', name: 'R' };
  return undefined;
}

/** [[1,2],[3,4]] */
function rowsInBrackets({ open, items }: NodeOf<'bracket'>): Node | undefined {
  if (!items.every((item) => item.kind === 'bracket' && item.open === open && item.open === '[')) return undefined;
  return { kind: 'matrix', rows: items.map((item) => (item as NodeOf<'bracket'>).items) };
}

/** {x : x > 2} is its condition. */
function conditionOf(node: Node): Node | undefined {
  if (node.kind !== 'setOperation' || node.operation !== 'union' || node.items.length !== 1) return undefined;
  const [condition] = node.items;
  return condition?.kind === 'relation' ? condition : undefined;
}
