// Intervals with brackets turned outwards, as French and German books write them: ]0,1[ is (0,1), [0,1[ is [0,1).
import type { Token } from '../lex/tokens.ts';

/** The tokens with such brackets replaced; the same array when there are none. */
export function withInwardBrackets(tokens: Token[]): Token[] {
  const isSymbol = (token: Token | undefined, values: string): boolean =>
    token?.type === 'symbol' && values.includes(token.value);
  let result = tokens;
  for (let at = 0; at < tokens.length; at++) {
    if (!isSymbol(tokens[at], '[]') || !opens(tokens[at - 1])) continue;
    const close = closing(tokens, at);
    const outward = tokens[at]!.value === ']';
    if (close === undefined || (!outward && tokens[close]!.value === ']')) continue;
    if (result === tokens) result = [...tokens];
    if (outward) result[at] = { ...tokens[at]!, value: '(' };
    if (tokens[close]!.value === '[') result[close] = { ...tokens[close]!, value: ')' };
    at = close;
  }
  return result;
}

/** True when a bracket after this token begins something. */
const opens = (before: Token | undefined): boolean =>
  before === undefined ||
  (before.type === 'symbol' && /^(?:=|in|union|intersection|difference|,|;|or|and|\(|\{)$/.test(before.value));

/** The bracket that ends the pair, when exactly one separator and values on both of its sides lie between. */
function closing(tokens: readonly Token[], open: number): number | undefined {
  let depth = 0;
  let separators = 0;
  for (let at = open + 1; at < tokens.length; at++) {
    const { type, value } = tokens[at]!;
    if (type !== 'symbol') continue;
    if (value === '(' || value === '{' || value === '\\{') depth++;
    else if (value === '}' || value === '\\}') depth--;
    else if (value === ')') {
      if (depth === 0) return undefined;
      depth--;
    } else if (depth === 0 && (value === ',' || value === ';')) separators++;
    else if (depth === 0 && (value === '[' || value === ']')) {
      const before = tokens[at - 1]!;
      const afterValue = !(before.type === 'symbol' && /^[,;([]$/.test(before.value)) && at > open + 1;
      return separators === 1 && afterValue ? at : undefined;
    }
  }
  return undefined;
}
