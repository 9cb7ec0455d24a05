// Turns an answer into tokens: one pass, no backtracking, bounded in number. LaTeX and plain text share it; the content
// of \text{...} is read in place with its tokens marked upright.
import { LimitReached, type Limits } from '../limits.ts';
import { scanNumber } from './numbers.ts';
import {
  ACCENTS,
  ASCII_MEANING,
  ASCII_OPERATORS,
  FUNCTIONS,
  GLUED_FUNCTIONS,
  GREEK,
  HIDDEN_COMMANDS,
  SKIPPED_COMMANDS,
  SPACE_COMMANDS,
  STYLE_COMMANDS,
  SYMBOL_COMMANDS,
  TEXT_COMMANDS,
  WORD_SYMBOLS,
} from './tables.ts';
import { unitOf } from './units.ts';

export interface Token {
  type: 'number' | 'letter' | 'word' | 'symbol' | 'command' | 'function' | 'greek' | 'set';
  value: string;
  /** White space stands before it. */
  spaced: boolean;
  /** It stands in \text{...} or the like. */
  upright: boolean;
  /** For currency signs: the canonical unit. A bare dollar sign only delimits mathematics. */
  currency?: string;
  /** For numbers: the digits before and after the point, exponent, repeating part. */
  number?: ReturnType<typeof scanNumber>;
}

/** What the tokenizer cannot read. Caught at the package's edge: the answer is then unreadable. */
export class Unreadable extends Error {
  readonly at: number;

  constructor(reason: string, at = -1) {
    super(reason);
    this.at = at;
  }
}

interface State {
  tokens: Token[];
  spaced: boolean;
  limits: Limits;
}

/** @throws Unreadable for an unknown command; LimitReached beyond `limits.tokens`. */
export function tokenize(source: string, limits: Limits): Token[] {
  const state: State = { tokens: [], spaced: false, limits };
  scan(source, state, false, 0);
  return state.tokens;
}

function push(state: State, token: Omit<Token, 'spaced'>): void {
  if (state.tokens.length >= state.limits.tokens) throw new LimitReached('tokens');
  state.tokens.push({ ...token, spaced: state.spaced });
  state.spaced = false;
}

function scan(source: string, state: State, upright: boolean, nesting: number): void {
  if (nesting > 20) throw new LimitReached('depth');
  let at = 0;
  while (at < source.length) {
    const character = source[at]!;
    if (character === ' ' || character === '\n' || character === '\t' || character === '\r' || character === '~') {
      state.spaced = true;
      at++;
      continue;
    }
    if (character === '\\') {
      at = scanCommand(source, at, state, upright, nesting);
      continue;
    }
    const digit = character >= '0' && character <= '9';
    if (digit || (character === '.' && /[0-9]/.test(source[at + 1] ?? ''))) {
      const number = scanNumber(source, at);
      push(state, { type: 'number', value: source.slice(at, number.end), upright, number });
      at = number.end;
      continue;
    }
    if (isLetter(character)) {
      let end = at + 1;
      while (end < source.length && isLetter(source[end]!)) end++;
      pushWord(source.slice(at, end), state, upright);
      at = end;
      continue;
    }
    const operator = ASCII_OPERATORS.find((candidate) => source.startsWith(candidate, at));
    if (operator) {
      push(state, { type: 'symbol', value: ASCII_MEANING.get(operator) ?? operator, upright });
      at += operator.length;
      continue;
    }
    at += pushCharacter(character, source.codePointAt(at)!, state, upright);
  }
}

const isLetter = (character: string): boolean =>
  (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');

const CURRENCIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '€': 'eur',
    '£': 'gbp',
    '¥': 'yen',
    '₹': 'rupee',
    $: 'usd',
    pounds: 'gbp',
    euro: 'eur',
    yen: 'yen',
  }),
);

function pushCharacter(character: string, code: number, state: State, upright: boolean): number {
  const currency = character === '$' ? undefined : CURRENCIES.get(character);
  if (currency) {
    push(state, { type: 'symbol', value: '$', upright, currency });
    return 1;
  }
  if (code < 0x20 || code === 0x7f) throw new Unreadable('a control character');
  if (code >= 0xd800 && code <= 0xdfff) throw new Unreadable('half of a surrogate pair');
  const text = String.fromCodePoint(code);
  if (code < 0x80) push(state, { type: 'symbol', value: text, upright });
  // A letter of another script is a variable of its own; any other sign has no meaning here.
  else if (/\p{L}/u.test(text)) push(state, { type: 'letter', value: text, upright });
  else throw new Unreadable(`the character ${text}`);
  return text.length;
}

function pushWord(word: string, state: State, upright: boolean): void {
  for (const [type, value] of readWord(word, upright)) push(state, { type, value, upright });
}

/** A run of letters: a name, a function, a symbol, a unit, or letters side by side. */
function readWord(word: string, upright: boolean): [Token['type'], string][] {
  if (word.length === 1) return [['letter', word]];
  const symbol = WORD_SYMBOLS.get(word.toLowerCase());
  if (symbol) return [['symbol', symbol]];
  if (FUNCTIONS.has(word)) return [['function', FUNCTIONS.get(word)!]];
  if (word === 'sqrt' || word === 'cbrt' || word === 'binom') return [['command', word]];
  if (!upright && GREEK.has(word)) return [['greek', word]];
  if (upright || unitOf(word) !== undefined || /^no$/i.test(word)) return [['word', word]];
  const glued = GLUED_FUNCTIONS.find((name) => word.startsWith(name) && word.length - name.length <= 2);
  if (glued) return [['function', FUNCTIONS.get(glued)!], ...readWord(word.slice(glued.length), upright)];
  return word.length === 2 ? [...word].map((letter) => ['letter', letter]) : [['word', word]];
}

/** Reads the command at `at` and returns the position after it. */
function scanCommand(source: string, at: number, state: State, upright: boolean, nesting: number): number {
  const match = /^\\([a-zA-Z]+\*?|.)/su.exec(source.slice(at, at + 80));
  // A stray backslash at the end prints nothing.
  if (!match) return source.length;
  let name = match[1]!;
  let end = at + match[0].length;
  // A doubled backslash before a command is one written through a string literal; before anything else it ends a row.
  if (name === '\\' && /[a-zA-Z]/.test(source[end] ?? '')) {
    const follower = /^[a-zA-Z]+/.exec(source.slice(end, end + 40))![0];
    if (isKnown(follower) && follower.length > 1) return scanCommand(source, end - 1, state, upright, nesting);
  }
  if (name.endsWith('*') && name !== 'operatorname*') {
    name = name.slice(0, -1);
    end--;
  }
  if (!isKnown(name)) {
    const prefix = knownPrefix(name);
    if (prefix) {
      end -= name.length - prefix.length;
      name = prefix;
    }
  }
  if (name === '\\') {
    // \\[4pt] sets the distance of rows.
    const distance = /^\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm)\s*\]/.exec(source.slice(end, end + 40));
    if (distance) end += distance[0].length;
  }
  if (SPACE_COMMANDS.has(name)) {
    state.spaced = true;
    return end;
  }
  if (name === 'left' || name === 'right') return source[end] === '.' ? end + 1 : end;
  if (SKIPPED_COMMANDS.has(name)) return end;
  if (HIDDEN_COMMANDS.has(name)) {
    state.spaced = true;
    return skipArgument(source, end);
  }
  if (name === 'char') throw new Unreadable('\\char');
  if (name === 'mathbb' || name === 'Bbb') {
    const [content, after] = argument(source, end);
    push(state, { type: 'set', value: content.trim(), upright });
    return after;
  }
  if (TEXT_COMMANDS.has(name)) {
    const [content, after] = argument(source, end);
    scan(content.replace(/(?<!\\)\$/g, ''), state, true, nesting + 1);
    state.spaced ||= content.endsWith(' ');
    return after;
  }
  if (STYLE_COMMANDS.has(name)) return end;
  const symbol = SYMBOL_COMMANDS.get(name);
  const currency = CURRENCIES.get(name);
  if (currency) push(state, { type: 'symbol', value: '$', upright, currency });
  else if (symbol !== undefined) push(state, { type: 'symbol', value: symbol, upright });
  else if (GREEK.has(name) && name !== 'Gamma') push(state, { type: 'greek', value: name, upright });
  else if (FUNCTIONS.has(name)) push(state, { type: 'function', value: FUNCTIONS.get(name)!, upright });
  else push(state, { type: 'command', value: name === 'Box' ? 'square' : name, upright });
  return end;
}

const STRUCTURAL: ReadonlySet<string> = new Set(
  'frac dfrac tfrac cfrac sqrt cbrt binom dbinom tbinom sum prod int lim begin end angle measuredangle triangle mathbb Bbb not iint oint cases dotfill prescript square Box R Z N Q C left right char'.split(
    ' ',
  ),
);

function isKnown(name: string): boolean {
  return (
    STRUCTURAL.has(name) ||
    SYMBOL_COMMANDS.has(name) ||
    GREEK.has(name) ||
    FUNCTIONS.has(name) ||
    SPACE_COMMANDS.has(name) ||
    SKIPPED_COMMANDS.has(name) ||
    HIDDEN_COMMANDS.has(name) ||
    TEXT_COMMANDS.has(name) ||
    STYLE_COMMANDS.has(name) ||
    ACCENTS.has(name)
  );
}

/** `\quadx` and `\cdotx`: a command that ran into the letter after it. */
function knownPrefix(name: string): string | undefined {
  for (let length = name.length - 1; length >= 3; length--) {
    const prefix = name.slice(0, length);
    if (SPACE_COMMANDS.has(prefix) || SYMBOL_COMMANDS.has(prefix)) return prefix;
  }
  return undefined;
}

/** The braced argument at `at` (or the next character) and the position after it. */
function argument(source: string, at: number): [string, number] {
  let start = at;
  while (source[start] === ' ') start++;
  if (source[start] !== '{') return [source[start] ?? '', start + 1];
  const end = closingBrace(source, start);
  if (end < 0) throw new Unreadable('an unclosed brace', start);
  return [source.slice(start + 1, end), end + 1];
}

function skipArgument(source: string, at: number): number {
  return source[at] === '{' ? argument(source, at)[1] : at;
}

/** Position of the brace that closes the one at `open`, or -1. Escaped braces do not count. */
export function closingBrace(source: string, open: number): number {
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') at++;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at;
  }
  return -1;
}
