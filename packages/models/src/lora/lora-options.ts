// Options of low-rank adaptation under PEFT's names, and which linear layers they select.

import type { ModelConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import { projectionName, projections } from '../parameter-specs.ts';

export interface LoraOptions {
  /** Rank R of the update. Default 16. */
  r?: number;
  /** The update is scaled by loraAlpha / r (or / √r, see useRslora). Default 2 r. */
  loraAlpha?: number;
  /** Dropout on the adapter's input while training. Default 0. */
  loraDropout?: number;
  /** Module names, full or endings (`q_proj`), or `all-linear` for all but the head. Default `all-linear`. */
  targetModules?: string[] | 'all-linear';
  /** Scale by loraAlpha / √r (Kalajdzievski 2023), which keeps large ranks effective. Default false. */
  useRslora?: boolean;
  /** Train a magnitude for each output beside the direction (DoRA, https://arxiv.org/abs/2402.09353). Default false. */
  useDora?: boolean;
  /** Fixes the initial A. Default 0. */
  seed?: number;
}

export type LoraSettings = Required<Omit<LoraOptions, 'seed'>>;

/** Fills in defaults. @throws ModelError `TW_MODELS_BAD_ADAPTER` for values out of range */
export function resolveLoraOptions(options: LoraOptions): LoraSettings {
  const { r = 16, loraDropout = 0, targetModules = 'all-linear', useRslora = false, useDora = false } = options;
  const { loraAlpha = 2 * r } = options;
  if (!Number.isInteger(r) || r < 1) throw badAdapter(`r is ${r}; use a whole number of at least 1`);
  if (!Number.isFinite(loraAlpha)) throw badAdapter(`loraAlpha is ${loraAlpha}; use a number such as ${2 * r}`);
  if (!(loraDropout >= 0 && loraDropout < 1))
    throw badAdapter(`loraDropout is ${loraDropout}; use 0 or a fraction below 1`);
  return { r, loraAlpha, loraDropout, targetModules, useRslora, useDora };
}

/** What the low-rank product is multiplied by. */
export function loraScale({ r, loraAlpha, useRslora }: LoraSettings): number {
  return loraAlpha / (useRslora ? Math.sqrt(r) : r);
}

/**
 * Names of the adapted linear layers, in the order of the computation.
 * @throws ModelError `TW_MODELS_BAD_ADAPTER` when a target selects nothing
 */
export function targetLayers(config: ModelConfig, targetModules: string[] | 'all-linear'): string[] {
  const names = Array.from({ length: config.layerCount }, (_, layer) =>
    projections.map((projection) => projectionName(layer, projection)),
  ).flat();
  if (targetModules === 'all-linear') return names;
  const selects = (target: string) => (name: string) => name === target || name.endsWith(`.${target}`);
  const missing = targetModules.filter((target) => !names.some(selects(target)));
  if (missing.length > 0 || targetModules.length === 0)
    throw badAdapter(
      `targetModules ${JSON.stringify(missing)} select no linear layer; use "all-linear" or some of ` +
        projections.map((projection) => projection.split('.')[1]).join(', '),
    );
  return names.filter((name) => targetModules.some((target) => selects(target)(name)));
}

export const badAdapter = (what: string) => new ModelError('TW_MODELS_BAD_ADAPTER', `Adapter: ${what}.`);
