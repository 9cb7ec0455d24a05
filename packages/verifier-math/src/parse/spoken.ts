// Phrases around an answer that have a mathematical meaning: "3 to 2", "for any integer k", "(k \in \mathbb{Z})".
import { integer, type Node } from '../tree/nodes.ts';

/** "3 to 2" is the ratio 3 : 2. */
export function parseSpokenRatio(plain: string): Node | undefined {
  if (!/^\d{1,9}(?: to \d{1,9}){1,5}$/.test(plain)) return undefined;
  const terms = plain.split(' to ').map((term): Node => integer(BigInt(term)));
  const [top, bottom] = terms;
  return terms.length === 2
    ? { kind: 'divide', top: top!, bottom: bottom!, ratio: true }
    : { kind: 'apply', name: 'ratio', args: terms };
}

const TEXT = String.raw`(?:\\(?:text|mbox|textrm|mathrm)\s*\{\s*)?`;
const FOR_INTEGER = new RegExp(
  String.raw`[,;(]?\s*${TEXT}[,(]?\s*(?:where|for|with)\s+(?:(?:any|all|every|some|each|an)\s+)?integers?\s*\}?\s*\$?([a-zA-Z])\$?\s*[})]*\.?$`,
);
const IS_INTEGER = new RegExp(
  String.raw`[,;(]?\s*${TEXT}[,(]?\s*(?:where|for|with)\s*\}?\s*\$?([a-zA-Z])\$?\s*${TEXT}is\s+(?:an|any)\s+integer\s*[})]*\.?$`,
);

const IN_INTEGERS =
  /(?:[,;]|\\[,;]|\\q?quad|~|\s)*\(\s*\$?([a-zA-Z])\s*\\in\s*(?:\\mathbb\s*\{?\s*)?\\?([ZN])\s*\}?\$?\s*\)\.?$/;

/** The text without a closing "for any integer k", and the name of that integer. */
export function splitIntegerCondition(text: string): { text: string; index: string } | undefined {
  const match = text.includes('integer')
    ? (FOR_INTEGER.exec(text) ?? IS_INTEGER.exec(text))
    : text.includes('\\in')
      ? IN_INTEGERS.exec(text)
      : null;
  return match ? { text: text.slice(0, match.index), index: match[1]! } : undefined;
}

/** The answer with its condition, as it would stand in `…, k \in \mathbb{Z}`. */
export const withInteger = (answer: Node, index: string): Node => ({
  kind: 'list',
  joiner: 'comma',
  items: [
    answer,
    {
      kind: 'relation',
      operators: ['in'],
      members: [
        { kind: 'variable', name: index },
        { kind: 'namedSet', name: 'Z' },
      ],
    },
  ],
});
