// Runs a zod schema over a source text and turns its first issue into one clear line: place, what was found, what was expected.

import type { z } from 'zod';
import { RecipeError } from '../errors.ts';
import { nearestName, snakeCase } from './key-names.ts';
import type { Path, SourceText } from './source-map.ts';

interface AnySchema {
  _zod: {
    def: {
      type: string;
      innerType?: AnySchema;
      element?: AnySchema;
      shape?: Record<string, AnySchema>;
      options?: AnySchema[];
      in?: AnySchema;
    };
  };
}

/** Keys that an object schema knows at `path` below `schema` (through optional, default, array and union wrappers). */
export function knownKeys(schema: AnySchema, path: Path): string[] {
  const def = schema._zod.def;
  if (def.innerType) return knownKeys(def.innerType, path);
  if (def.type === 'pipe' && def.in) return knownKeys(def.in, path);
  if (def.options) return [...new Set(def.options.flatMap((option) => knownKeys(option, path)))];
  if (path.length === 0) return Object.keys(def.shape ?? {});
  if (def.type === 'array' && def.element) return knownKeys(def.element, path.slice(1));
  const child = def.shape?.[String(path[0])];
  return child ? knownKeys(child, path.slice(1)) : [];
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text === undefined ? 'nothing' : text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);

/** Names the keys of `path` as the file spells them: `stages[1].options.learning_rate`. */
export const pathName = (path: Path): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${snakeCase(key)}`))
    .join('')
    .replace(/^\./, '');

function unknownKey(key: string, known: string[], place: string, inside: Path): RecipeError {
  const nearest = nearestName(key, known);
  const hint = nearest
    ? `Did you mean "${snakeCase(nearest)}"?`
    : `Known keys: ${known.map(snakeCase).sort().join(', ')}.`;
  const scope = inside.length ? ` in ${pathName(inside)}` : '';
  return new RecipeError('TW_RECIPES_UNKNOWN_KEY', `${place}: unknown key "${snakeCase(key)}"${scope}. ${hint}`);
}

/**
 * Validates `value` (default: the whole text), which sits at `base` in `source`.
 * @throws RecipeError TW_RECIPES_UNKNOWN_KEY | TW_RECIPES_INVALID, with file and line.
 */
export function validate<S extends z.ZodType>(
  schema: S,
  source: SourceText,
  base: Path = [],
  value: unknown = source.value,
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw issueError(parsed.error.issues, schema, source, base, value);
}

/** The error for the first (unknown keys first) of zod's issues. Exported for schemas that other packages own. */
export function issueError(
  issues: readonly z.core.$ZodIssue[],
  schema: unknown,
  source: SourceText,
  base: Path,
  value: unknown,
): RecipeError {
  const flat = issues.flatMap((issue) =>
    issue.code === 'invalid_union' && issue.errors?.length ? deepest(issue) : [issue],
  );
  const issue = flat.find((each) => each.code === 'unrecognized_keys') ?? flat[0]!;
  const path = issue.path.filter((key): key is string | number => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    return unknownKey(key, knownKeys(schema as AnySchema, path), source.where([...base, ...path, key]), [
      ...base,
      ...path,
    ]);
  }
  const full = [...base, ...path];
  const found = valueAt(value, path);
  const what = found === undefined ? 'is missing' : `is ${show(found)}`;
  const nearest =
    issue.code === 'invalid_value' && typeof found === 'string' && nearestName(found, issue.values.map(String));
  return new RecipeError(
    'TW_RECIPES_INVALID',
    `${source.where(full)}: ${pathName(full) || 'the recipe'} ${what}. ${issue.message.replace(/^Invalid input: /, 'Here: ')}.${nearest ? ` Did you mean "${nearest}"?` : ''}`,
  );
}

/** Of a union's branches, the one that failed furthest inside is the one that was meant. */
function deepest(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] {
  const depth = (branch: z.core.$ZodIssue[]) =>
    Math.max(...branch.map((each) => (each.code === 'invalid_type' && each.path.length === 0 ? -1 : each.path.length)));
  const branch = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
  return branch.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}
