// Answers in words, and choice letters. Equality only: nothing is understood.
import type { Node } from '../tree/nodes.ts';
import { type Decision, differentBy, equalBy } from './decision.ts';

export function equalTexts(gold: Node, prediction: Node): Decision {
  const [a, b] = [wording(gold), wording(prediction)];
  if (a === undefined || b === undefined || a === '' || b === '') return differentBy('text');
  // "no solution" and "no solutions".
  const plural = a.length > 4 && (`${a}s` === b || a === `${b}s`);
  return a === b || plural ? equalBy('text') : differentBy('text');
}

/** The words of a text; the letters of a product of variables, which may be a short word. */
function wording(node: Node): string | undefined {
  switch (node.kind) {
    case 'text':
      return squeeze(node.text);
    case 'variable':
      return squeeze(node.name);
    case 'constant':
      return squeeze(node.name);
    case 'multiply':
      return node.factors.every((factor) => factor.kind === 'variable' || factor.kind === 'constant')
        ? squeeze(node.factors.map((factor) => (factor as { name: string }).name).join(''))
        : undefined;
    case 'relation':
      return node.operators.length === 1 && node.operators[0] === '=' ? wording(node.members[1]!) : undefined;
    default:
      return undefined;
  }
}

const ARTICLE = /^(?:the|an?)(?=[^a-z])/;

function squeeze(text: string): string {
  return text
    .toLowerCase()
    .replace(ARTICLE, '')
    .replace(/^d\.?n\.?e\.?$/, 'does not exist')
    .replace(/[\s.,;:!?'"()-]/g, '');
}
