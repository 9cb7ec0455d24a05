// Units after a value: "10 cm^2", "\text{ square units}", "72 clips", "km/h", "5 million dollars", "40 percent".
import { canBeNoun, SCALES, UNIT_POWERS, unitOf } from '../lex/units.ts';
import type { Cursor } from './cursor.ts';

export interface ParsedUnit {
  /** Canonical name; empty when only a scale word stood there; `%` for percent. */
  name: string;
  /** From words such as "million". */
  scale: bigint;
}

const ENDS: ReadonlySet<string> = new Set(') ] } \\} , ; = < > <= >= != ~ and or . + - \\\\ &'.split(' '));

/** Reads a unit when one stands here and ends the item; else leaves the cursor and returns undefined. */
export function parseUnit(cursor: Cursor): ParsedUnit | undefined {
  const first = cursor.peek();
  // "30 min" at the end of an item is a time, not a minimum.
  if (first?.type === 'function' && first.value === 'min') {
    const after = cursor.peek(1);
    if (after !== undefined && !(after.type === 'symbol' && ENDS.has(after.value))) return undefined;
    cursor.index++;
    return { name: 'min', scale: 1n };
  }
  const fraction = first?.type === 'command' && first.value.endsWith('frac');
  if (first === undefined || !(fraction || first.type === 'word' || (first.type === 'letter' && first.upright)))
    return undefined;
  const start = cursor.index;
  const result = fraction ? unitFraction(cursor) : readUnit(cursor);
  const ended = cursor.done || ENDS.has(cursor.symbol() ?? '');
  if (result === undefined || !ended) {
    cursor.index = start;
    return undefined;
  }
  return result;
}

function readUnit(cursor: Cursor): ParsedUnit | undefined {
  let scale = 1n;
  let power = 1;
  let below = false;
  let nouns = 0;
  const parts: string[] = [];
  for (;;) {
    const token = cursor.peek();
    if (token === undefined) break;
    if (token.type === 'symbol') {
      if ((token.value === '/' || token.value === '*') && parts.length > 0 && isUnitToken(cursor, 1)) {
        below ||= token.value === '/';
        cursor.index++;
        continue;
      }
      if (token.value === '.' && parts.length > 0 && isUnitToken(cursor, 1)) {
        cursor.index++;
        continue;
      }
      if (token.value === '^' && parts.length > 0) {
        const exponent = readExponent(cursor);
        if (exponent === undefined) return undefined;
        if (exponent !== 1) parts.push(raised(parts.pop()!, exponent));
        continue;
      }
      if (token.value === '%' && parts.length === 0 && scale === 1n) return undefined;
      break;
    }
    if (token.type !== 'word' && token.type !== 'letter') break;
    const word = token.value;
    if (token.type === 'letter' && !token.upright) break;
    const lower = word.toLowerCase();
    if (SCALES.has(lower) && parts.length === 0) scale *= SCALES.get(lower)!;
    else if (lower === 'per' && parts.length > 0) below = true;
    else if (lower === 'of' && parts.length > 0 && nouns > 0) nouns++;
    else if (UNIT_POWERS.has(lower)) {
      if (lower.endsWith('ed')) {
        if (parts.length === 0) return undefined;
        parts[parts.length - 1] += `^${UNIT_POWERS.get(lower)}`;
      } else power = UNIT_POWERS.get(lower)!;
    } else {
      const unit = unitOf(word);
      if (unit === undefined && !isNoun(word, token.upright, token.spaced)) return undefined;
      if (unit === undefined && ++nouns > 3) return undefined;
      const name = `${unit ?? singular(lower)}${power === 1 ? '' : `^${power}`}`;
      power = 1;
      parts.push(below ? `/${name}` : name);
      below = false;
    }
    cursor.index++;
  }
  if (power !== 1 || (parts.length === 0 && scale === 1n)) return undefined;
  return { name: parts.sort(byPlace).join(' '), scale };
}

/** s^-2 is /s^2. */
function raised(part: string, exponent: number): string {
  const below = part.startsWith('/') !== exponent < 0;
  const size = Math.abs(exponent);
  return `${below ? '/' : ''}${part.replace('/', '')}${size === 1 ? '' : `^${size}`}`;
}

/** Numerator before denominator, then by name. */
const byPlace = (a: string, b: string): number =>
  Number(a.startsWith('/')) - Number(b.startsWith('/')) || (a < b ? -1 : Number(a > b));

/** \\frac{\\text{km}}{\\text{h}} */
function unitFraction(cursor: Cursor): ParsedUnit | undefined {
  cursor.index++;
  const braced = (): ParsedUnit | undefined => {
    if (!cursor.accept('{') || !isUnitToken(cursor, 0)) return undefined;
    const unit = readUnit(cursor);
    return unit && unit.scale === 1n && cursor.accept('}') ? unit : undefined;
  };
  const [top, bottom] = [braced(), braced()];
  if (!top || !bottom) return undefined;
  const below = bottom.name.split(' ').map((part) => (part.startsWith('/') ? part.slice(1) : `/${part}`));
  return { name: [...top.name.split(' '), ...below].sort(byPlace).join(' '), scale: 1n };
}

function isUnitToken(cursor: Cursor, offset: number): boolean {
  const token = cursor.peek(offset);
  return (
    token !== undefined &&
    (token.type === 'word' || (token.type === 'letter' && token.upright)) &&
    unitOf(token.value) !== undefined
  );
}

function isNoun(word: string, upright: boolean, spaced: boolean): boolean {
  if (!canBeNoun(word)) return false;
  return upright || (spaced && word.length >= 4 && /[aeiouy]/i.test(word));
}

function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : word;
}

function readExponent(cursor: Cursor): number | undefined {
  cursor.index++;
  const braced = cursor.accept('{');
  const negative = cursor.accept('-');
  const token = cursor.peek();
  if (token?.type !== 'number' || !/^\d$/.test(token.value)) return undefined;
  cursor.index++;
  if (braced && !cursor.accept('}')) return undefined;
  return negative ? -Number(token.value) : Number(token.value);
}
