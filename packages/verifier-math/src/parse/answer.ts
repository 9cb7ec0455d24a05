// From the text of one answer to its tree. What cannot be read as mathematics and is made of words is a text answer.

import { type Token, tokenize, Unreadable } from '../lex/tokens.ts';
import { normaliseUnicode } from '../lex/unicode.ts';
import { LimitReached, type Limits } from '../limits.ts';
import { isScalar, type Node } from '../tree/nodes.ts';
import { childrenOf } from '../tree/walk.ts';
import { parseClock } from './clock.ts';
import { Cursor } from './cursor.ts';
import { parseList } from './list.ts';
import { withInwardBrackets } from './outward-brackets.ts';
import { parseSpokenRatio, splitIntegerCondition, withInteger } from './spoken.ts';

export interface ParsedAnswer {
  node: Node;
  /** The text without markup, for comparing words. */
  plain: string;
  source: string;
}

export type ParseResult =
  | { status: 'parsed'; answer: ParsedAnswer }
  | { status: 'unreadable'; reason: string; plain: string; source: string }
  | { status: 'limit'; limit: keyof Limits; plain: string; source: string };

/** `plain` text knows decimal commas ("2,74"); LaTeX does not. */
export function parseAnswer(text: string, limits: Limits, style: 'plain' | 'latex'): ParseResult {
  const source = text.trim();
  if (source.length > limits.candidate) return { status: 'limit', limit: 'candidate', plain: source, source };
  let plain = source;
  try {
    // Markdown around an answer; elsewhere two stars are a power.
    let normal = normaliseUnicode(source.replace(/^(\*\*|__|`+|[*_'])([^*`']*)\1$/, '$2'));
    normal = normal.replace(ORDINAL, '$1');
    const comma = style === 'plain' ? DECIMAL_COMMA.exec(normal) : null;
    const decimal = comma !== null && !isThousands(comma);
    if (decimal) normal = normal.replace(',', '.');
    plain = plainText(normal);
    if (normal.trim() === '') return { status: 'unreadable', reason: 'nothing stands there', plain, source };
    const spoken = parseClock(plain) ?? parseSpokenRatio(plain);
    if (spoken) return { status: 'parsed', answer: { node: spoken, plain, source } };
    const condition = splitIntegerCondition(normal);
    const written = tokenize(condition?.text ?? normal, limits);
    const tokens = trimTokens(written);
    if (tokens.length === 0) return { status: 'unreadable', reason: 'only punctuation stands there', plain, source };
    const answer = isWording(tokens) ? textNode(plain) : inCurrency(parseTokens(tokens, limits, plain), written);
    const node = condition && answer.kind !== 'text' ? withInteger(answer, condition.index) : answer;
    checkHeight(node, limits);
    // "2,3" is a decimal in prose; beside a list it is one too.
    const number = node.kind === 'negate' ? node.value : node;
    if (decimal && number.kind === 'number') {
      number.groups = [comma[1]!, comma[2]!].map((part) => ({ top: BigInt(part.replace(/\D/g, '')), bottom: 1n }));
    }
    return { status: 'parsed', answer: { node, plain, source } };
  } catch (error) {
    if (error instanceof LimitReached) return { status: 'limit', limit: error.limit, plain, source };
    if (error instanceof Unreadable) return { status: 'unreadable', reason: error.message, plain, source };
    throw error;
  }
}

/** `\$5`, `5 €`: the amount in that currency. */
function inCurrency(node: Node, tokens: Token[]): Node {
  const signs = tokens.filter(({ currency }) => currency !== undefined);
  const amount = isScalar(node) && !['quantity', 'percent', 'degrees', 'matrix'].includes(node.kind);
  return signs.length === 1 && amount ? { kind: 'quantity', value: node, unit: signs[0]!.currency! } : node;
}

/** Chains such as a/b/c/… nest without brackets; whatever walks the tree later relies on its height. */
function checkHeight(root: Node, limits: Limits): void {
  let level: Node[] = [root];
  for (let height = 0; level.length > 0; height++) {
    if (height > 2 * limits.depth) throw new LimitReached('depth');
    level = level.flatMap(childrenOf);
  }
}

/** The ending of 5th, 5^{th}, 5^\\text{th} at the end of an answer. */
const ORDINAL =
  /(\d)(?:(?:st|nd|rd|th)(?=\}?$)|(?:\^\s?)?\\(?:text|textrm|mathrm)\s?\{(?:st|nd|rd|th)\}$|\^\s?\{(?:\\(?:text|textrm|mathrm|rm)\s?\{?)?\s?(?:st|nd|rd|th)\}{1,2}$)/;

const DECIMAL_COMMA = /^([-+]?\s*\d+),(\d+)(?=\s*[^\d\s,.]*\s*$)/;

const isThousands = ([, whole, fraction]: RegExpExecArray): boolean =>
  fraction!.length === 3 && /^[-+]?\s*[1-9]\d{0,2}$/.test(whole!);

function parseTokens(tokens: Token[], limits: Limits, plain: string): Node {
  const whole = complete(new Cursor([...withInwardBrackets(tokens)], limits));
  if (whole instanceof Unreadable) {
    const value = afterLastEquals(tokens, limits);
    if (value) return value;
    if (tokens.some((token) => token.type === 'word')) return textNode(plain);
    throw whole;
  }
  return whole;
}

function complete(cursor: Cursor): Node | Unreadable {
  try {
    let node = parseList(cursor);
    // "5 \\choose 2" takes everything on both sides.
    if (cursor.accept('choose')) node = { kind: 'call', name: 'binomial', args: [node, parseList(cursor)] };
    else if (cursor.accept('over')) node = { kind: 'divide', top: node, bottom: parseList(cursor) };
    if (!cursor.done) cursor.fail();
    return node;
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}

/** "Area = 10", "1 = \zzz = x = 0": the left side may be words, the last value still counts. */
function afterLastEquals(tokens: Token[], limits: Limits): Node | undefined {
  let at = -1;
  tokens.forEach((token, index) => {
    if (token.type === 'symbol' && token.value === '=') at = index;
  });
  if (at < 1 || at === tokens.length - 1) return undefined;
  const left = tokens.slice(0, at);
  // Digits on an unread left side could be a list of guesses.
  if (left.some((token) => token.type === 'symbol' && /^(?:,|;|and|or|<|>|<=|>=|!=)$/.test(token.value)))
    return undefined;
  const value = complete(new Cursor(tokens.slice(at + 1), limits));
  if (value instanceof Unreadable) return undefined;
  const name = left.map((token) => token.value).join(' ');
  return { kind: 'relation', members: [{ kind: 'text', text: name }, value], operators: ['='] };
}

/** Words and punctuation only, with at least one real word. */
function isWording(tokens: Token[]): boolean {
  const wordy = (token: Token): boolean =>
    token.type === 'word' ||
    token.type === 'letter' ||
    (token.type === 'symbol' && /^(?:[.,:;'"?!()-]|and|or|in|to|pi)$/.test(token.value));
  return (
    tokens.every(wordy) && tokens.some((token) => token.type === 'word' && (token.upright || token.value.length > 2))
  );
}

export const textNode = (plain: string): Node => ({ kind: 'text', text: comparableText(plain) });

/** Case, spaces and punctuation do not matter between two texts. */
export function comparableText(plain: string): string {
  return plain
    .toLowerCase()
    .replace(/[^\p{L}\p{N}+\-*/^=<>%.|]+/gu, ' ')
    .replace(/\.(?!\d)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const EDGES: ReadonlySet<string> = new Set(['.', ',', ';', ':', '"', '=', '~', '*']);

/** Drops dollar signs, and punctuation at both ends. */
function trimTokens(all: Token[]): Token[] {
  const isDollar = (token: Token | undefined): boolean => token?.type === 'symbol' && token.value === '$';
  // "\frac{1}{2} \$ = 5": the dollar sign ended a formula; what follows states the value.
  const broken = all.findLastIndex(
    (token, index) => isDollar(token) && all[index - 1]?.value === '}' && all[index + 1]?.value === '=',
  );
  const tokens = all
    .slice(broken + 1)
    .filter((token) => !(token.type === 'symbol' && (token.value === '$' || token.value === '"')));
  let [start, end] = [0, tokens.length];
  const edge = (token: Token | undefined): boolean =>
    token?.type === 'symbol' ? EDGES.has(token.value) : token?.type === 'command' && token.value === 'square';
  while (end > start && edge(tokens[end - 1])) end--;
  const opens = (token: Token): boolean =>
    (edge(token) && token.value !== '*') ||
    (token.type === 'symbol' && token.value === 'to') ||
    (token.type === 'word' && /^(?:approx(?:imately)?|about|roughly)$/i.test(token.value));
  while (start < end && opens(tokens[start]!)) start++;
  return tokens.slice(start, end);
}

/** Markup removed, content kept. */
export function plainText(source: string): string {
  return source
    .replace(/\\(?:text|mbox|textbf|textit|textrm|mathrm|mathbf|operatorname|boxed|hbox|emph)\s*\{/g, '{')
    .replace(/\\(?:left|right|displaystyle|[,;:!> ])/g, ' ')
    .replace(/\\[qd]?quad(?![a-z])/g, ' ')
    .replace(/[{}$~*]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
