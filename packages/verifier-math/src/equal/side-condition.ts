// `x = pi/4 + k pi, k ∈ Z`: what the index runs over is a remark to the answer, and its name does not matter.
import type { Node, RelationNode } from '../tree/nodes.ts';
import { substitute, variablesOf } from '../tree/walk.ts';

interface Family {
  node: Node;
  /** The integer that counts the solutions, if one is declared. */
  index: string | undefined;
}

/** Both answers without their side conditions, with one name for the index. */
export function withoutSideConditions(gold: Node, prediction: Node): [Node, Node] {
  const [a, b] = [familyOf(gold), familyOf(prediction)];
  const [nameA, nameB] = [a.index ?? indexLike(a.node, b.index), b.index ?? indexLike(b.node, a.index)];
  if (nameA === undefined || nameB === undefined || nameA === nameB) return [a.node, b.node];
  if (variablesOf(b.node).has(nameA)) return [a.node, b.node];
  return [a.node, substitute(b.node, nameB, { kind: 'variable', name: nameA })];
}

function familyOf(node: Node): Family {
  const whole = { node, index: undefined };
  if (node.kind !== 'list' || node.items.length < 2) return whole;
  const condition = node.items[node.items.length - 1]!;
  const answers = node.items.slice(0, -1);
  const answer: Node = answers.length === 1 ? answers[0]! : { ...node, items: answers };
  if (condition.kind !== 'relation' || condition.operators.length !== 1) return whole;
  const start = startOf(condition, answer);
  if (start !== undefined) return { node: answer, index: start };
  if (condition.operators[0] !== 'in') return whole;
  const [index, set] = condition.members as [Node, Node];
  const named = set.kind === 'namedSet' && /^[ZN]/.test(set.name) && index.kind === 'variable';
  return named && variablesOf(answer).has(index.name) ? { node: answer, index: index.name } : whole;
}

/** a_n = 2^n, n >= 1: from where the index runs. */
function startOf({ members, operators }: RelationNode, answer: Node): string | undefined {
  const [index, bound] = members as [Node, Node];
  if (index.kind !== 'variable' || !/^[klmn]$/.test(index.name) || bound.kind !== 'number') return undefined;
  const equation = answer.kind === 'relation' && answer.operators.every((operator) => operator === '=');
  return equation && /^>=?$/.test(operators[0]!) && variablesOf(answer).has(index.name) ? index.name : undefined;
}

/** The one variable that may be an index where only the other side declares one. */
function indexLike(node: Node, declared: string | undefined): string | undefined {
  if (declared === undefined) return undefined;
  const names = [...variablesOf(node)].filter((name) => /^[klmn]$/.test(name));
  return names.length === 1 ? names[0] : undefined;
}
