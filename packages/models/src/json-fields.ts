// Reading the fields of a config.json, each checked when it is read: the file is somebody else's.

import { ModelError } from './errors.ts';

export type Json = Record<string, unknown>;

export const badConfig = (what: string) => new ModelError('TW_MODELS_BAD_CONFIG', `config.json: ${what}.`);

export function positive(json: Json, key: string, fallback?: number): number {
  const value = json[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    throw badConfig(`${key} is ${JSON.stringify(json[key])}; expected a positive number`);
  return value;
}

export function count(json: Json, key: string, fallback?: number): number {
  const value = positive(json, key, fallback);
  if (!Number.isInteger(value) || value > 2 ** 31 - 1)
    throw badConfig(`${key} is ${value}; expected a whole number below 2^31`);
  return value;
}

export function flag(json: Json, key: string, fallback: boolean): boolean {
  const value = json[key] ?? fallback;
  if (typeof value !== 'boolean') throw badConfig(`${key} is ${JSON.stringify(value)}; expected true or false`);
  return value;
}

export function object(json: Json, key: string): Json | undefined {
  const value = json[key] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw badConfig(`${key} is not an object`);
  return value as Json;
}

/** One entry for each layer; undefined where the field is absent. */
export function listOfLayers(json: Json, key: string, layerCount: number): unknown[] | undefined {
  const value = json[key] ?? undefined;
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw badConfig(`${key} is ${JSON.stringify(value)}; expected a list`);
  if (value.length !== layerCount)
    throw badConfig(`${key} has ${value.length} entries, but num_hidden_layers is ${layerCount}`);
  return value;
}

export function tokenIds(json: Json, key: string): number[] {
  const value = json[key] ?? [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  for (const id of ids)
    if (!Number.isInteger(id)) throw badConfig(`${key} is ${JSON.stringify(value)}; expected token ids`);
  return (ids as number[]).filter((id) => id >= 0);
}

export function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
