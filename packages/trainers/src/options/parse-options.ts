// Options are checked by strict zod schemas before anything is loaded: an unknown key is an error that names the nearest known one.

import { z } from 'zod';
import { TrainerError } from '../errors.ts';
import { nearestName } from './names.ts';

/**
 * Checked options with every default filled in.
 * @param trainer name for messages, such as "createSftTrainer".
 * @throws TrainerError OPTION_UNKNOWN or OPTION_INVALID, listing every problem.
 */
export function parseOptions<Schema extends z.ZodObject>(
  schema: Schema,
  options: unknown,
  trainer: string,
): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  let code: 'TW_TRAINERS_OPTION_UNKNOWN' | 'TW_TRAINERS_OPTION_INVALID' = 'TW_TRAINERS_OPTION_INVALID';
  const lines = result.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [`${issue.path.join('.') || 'options'}: ${reasonOf(issue)}`];
    code = 'TW_TRAINERS_OPTION_UNKNOWN';
    return issue.keys.map((key) => {
      const known = keysAt(schema, issue.path);
      const nearest = nearestName(key, known);
      const path = (name: string) => [...issue.path, name].join('.');
      return `unknown option "${path(key)}"${nearest ? `; did you mean "${path(nearest)}"?` : `; known: ${known.join(', ')}.`}`;
    });
  });
  throw new TrainerError(code, `${trainer}: ${lines.join('; ')}`);
}

/** Of a union the message of the branch that lists names, instead of "Invalid input". */
function reasonOf(issue: z.core.$ZodIssue): string {
  const branches = issue.code === 'invalid_union' ? issue.errors.flat() : [];
  return branches.find(({ code }) => code === 'invalid_value')?.message ?? issue.message;
}

/** Names that the object at `path` within `schema` may have. */
function keysAt(schema: unknown, [key, ...rest]: readonly PropertyKey[]): string[] {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) {
    inner = inner.unwrap();
  }
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  return key === undefined ? Object.keys(inner.shape) : keysAt(inner.shape[String(key)], rest);
}
