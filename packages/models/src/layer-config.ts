// What differs from layer to layer: which layers see a sliding window only and which have no rotary positions, read from and
// written to config.json as each family of transformers does. Leaves out chunked and linear attention.

import { ModelError } from './errors.ts';
import type { Family } from './families.ts';
import { badConfig, count, flag, type Json, listOfLayers } from './json-fields.ts';

export interface SlidingWindow {
  /** Positions that a token sees in these layers, its own the last of them. */
  size: number;
  /** Layers with the window, ascending, at least one; the others see everything. */
  layers: number[];
}

export interface LayerConfig {
  /** Absent: every layer sees all positions before. */
  slidingWindow?: SlidingWindow;
  /** Layers whose queries and keys are not rotated, ascending, at least one (NoPE, SmolLM3). Absent: none. */
  layersWithoutRope?: number[];
}

const FULL = 'full_attention';
const SLIDING = 'sliding_attention';

export function parseLayers(json: Json, family: Family, layerCount: number): LayerConfig {
  const layersWithoutRope = family.windows === 'withoutRope' ? parseWithoutRope(json, layerCount) : [];
  const slidingWindow = parseWindow(json, family, layerCount, layersWithoutRope);
  return { ...(slidingWindow && { slidingWindow }), ...(layersWithoutRope.length > 0 && { layersWithoutRope }) };
}

/** A 1 at a layer's place means that it has rotary positions; by default every fourth has none. */
function parseWithoutRope(json: Json, layerCount: number): number[] {
  const interval = count(json, 'no_rope_layer_interval', 4);
  const listed = listOfLayers(json, 'no_rope_layers', layerCount);
  return indices(layerCount, (layer) => {
    if (!listed) return (layer + 1) % interval === 0;
    const mark = listed[layer];
    if (mark !== 0 && mark !== 1) throw badConfig(`no_rope_layers holds ${JSON.stringify(mark)}; expected 0 or 1`);
    return mark === 0;
  });
}

function parseWindow(
  json: Json,
  family: Family,
  layerCount: number,
  layersWithoutRope: number[],
): SlidingWindow | undefined {
  const listed = listOfTypes(json, layerCount);
  const size = windowSize(json, family);
  if (size === undefined) {
    if (listed ? listed.includes(SLIDING) : family.windows === 'pattern') throw noWindow(family);
    return undefined;
  }
  const isWindowed = defaultWindows(json, family, layersWithoutRope);
  const layers = indices(layerCount, (layer) => (listed ? listed[layer] === SLIDING : isWindowed(layer)));
  if (family.windows === 'all' && layers.length < layerCount)
    throw badConfig(
      `layer_types names layers with full attention, but every layer of a ${family.className} has its window`,
    );
  return layers.length > 0 ? { size, layers } : undefined;
}

function listOfTypes(json: Json, layerCount: number): unknown[] | undefined {
  const listed = listOfLayers(json, 'layer_types', layerCount);
  const other = listed?.find((type) => type !== FULL && type !== SLIDING);
  if (other === undefined) return listed;
  throw new ModelError(
    'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
    `config.json has layer_types with ${JSON.stringify(other)}; only "${FULL}" and "${SLIDING}" are implemented.`,
  );
}

/** Undefined where no window is in use. */
function windowSize(json: Json, { windows, className }: Family): number | undefined {
  if (windows === 'none') {
    if (json.use_sliding_window === true && json.sliding_window) throw noWindow({ windows, className });
    return undefined;
  }
  const isUsed = windows === 'all' || windows === 'pattern' || flag(json, 'use_sliding_window', false);
  if (!isUsed || json.sliding_window === null) return undefined;
  if (json.sliding_window === undefined && windows === 'withoutRope') return undefined;
  return count(json, 'sliding_window', 4096);
}

/** Which layers a family gives the window where the file does not list them. */
function defaultWindows(json: Json, { windows }: Family, layersWithoutRope: number[]): (layer: number) => boolean {
  switch (windows) {
    case 'none':
      return () => false;
    case 'all':
      return () => true;
    case 'late': {
      const first = json.max_window_layers === 0 ? 0 : count(json, 'max_window_layers', 28);
      return (layer) => layer >= first;
    }
    case 'withoutRope':
      return (layer) => layersWithoutRope.includes(layer);
    case 'pattern': {
      const period = count(json, 'sliding_window_pattern', 6);
      return (layer) => (layer + 1) % period !== 0;
    }
  }
}

function noWindow({ windows, className }: Pick<Family, 'windows' | 'className'>): ModelError {
  if (windows !== 'none')
    return badConfig(
      `layers are to have "${SLIDING}", but use_sliding_window and sliding_window name no window in use`,
    );
  return new ModelError(
    'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
    `config.json asks for attention in a sliding window (use_sliding_window, layer_types), which a ${className} does not have.`,
  );
}

/** What transformers 4 and 5 read back as the same layers. */
export function layersToJson(
  { slidingWindow, layersWithoutRope = [] }: LayerConfig,
  family: Family,
  layerCount: number,
): Json {
  const windowed = slidingWindow?.layers ?? [];
  const size = slidingWindow?.size ?? null;
  const types = indices(layerCount, () => true).map((layer) => (windowed.includes(layer) ? SLIDING : FULL));
  switch (family.windows) {
    case 'none':
      return {};
    case 'all':
      return { sliding_window: size };
    case 'pattern':
      return { sliding_window: size, layer_types: types };
    case 'late':
      if (!slidingWindow) return { use_sliding_window: false };
      return { use_sliding_window: true, sliding_window: size, max_window_layers: windowed[0], layer_types: types };
    case 'withoutRope':
      return {
        use_sliding_window: slidingWindow !== undefined,
        sliding_window: size,
        layer_types: types,
        no_rope_layers: types.map((_, layer) => (layersWithoutRope.includes(layer) ? 0 : 1)),
      };
  }
}

function indices(layerCount: number, isIn: (layer: number) => boolean): number[] {
  return Array.from({ length: layerCount }, (_, layer) => layer).filter(isIn);
}
