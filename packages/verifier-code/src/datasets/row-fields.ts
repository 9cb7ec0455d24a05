// Reads fields of data set rows, and says which one is missing.
import { CodeVerifierError } from '../errors.ts';

export type DataRow = Record<string, unknown>;

/** @throws CodeVerifierError TW_VERIFIER_CODE_ROW when the field is not text */
export function textField(row: DataRow, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw missing(row, name, 'text', value);
  return value;
}

export function optionalText(row: DataRow, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : '';
}

/** A list, also when it is written as JSON text. */
export function listField(row: DataRow, name: string): unknown[] {
  const value = parsedField(row, name);
  if (!Array.isArray(value)) throw missing(row, name, 'a list', value);
  return value;
}

export function optionalList(row: DataRow, name: string): unknown[] {
  return row[name] === undefined || row[name] === null ? [] : listField(row, name);
}

/** A value, parsed when it is written as JSON text. */
export function parsedField(row: DataRow, name: string): unknown {
  const value = row[name];
  if (typeof value !== 'string') return value;
  try {
    return parseExactly(value);
  } catch {
    return value;
  }
}

/**
 * JSON with its large integers as bigint: answers modulo nothing do not fit into a float.
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  const exact = (_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '') ? BigInt(source!) : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

export function missing(row: DataRow, name: string, expected: string, found: unknown): CodeVerifierError {
  const id = row.task_id ?? row.id ?? row.question_id ?? row.problem_id ?? '?';
  return new CodeVerifierError(
    'TW_VERIFIER_CODE_ROW',
    `row ${String(id)}: ${name} must be ${expected}, found ${found === null ? 'null' : typeof found}.`,
  );
}
