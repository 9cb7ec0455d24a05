// The rotary embedding in config.json: its base and how positions beyond the trained context are squeezed, in both spellings
// (transformers 4: rope_theta and rope_scaling; transformers 5: rope_parameters).

import { ModelError } from './errors.ts';
import { count, type Json, object, positive } from './json-fields.ts';

/** How positions beyond the trained context are squeezed. `yarn`, `longrope` and `dynamic` are not implemented. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | {
      type: 'llama3';
      factor: number;
      lowFrequencyFactor: number;
      highFrequencyFactor: number;
      originalMaxPositions: number;
    };

export interface RopeConfig {
  ropeTheta: number;
  ropeScaling?: RopeScaling;
  /** The base of layers with a sliding window, which have no scaling then (Gemma 3). Absent: as the others. */
  localRopeTheta?: number;
}

/** A family's bases, where the file names none. */
type RopeDefaults = Pick<RopeConfig, 'ropeTheta' | 'localRopeTheta'>;

export function parseRope(json: Json, defaults: RopeDefaults): RopeConfig {
  const parameters = object(json, 'rope_parameters');
  const everywhere = parameters && object(parameters, 'full_attention');
  const local = parameters && object(parameters, 'sliding_attention');
  if (defaults.localRopeTheta === undefined) {
    if (everywhere || local) throw unsupported('rope parameters that differ by layer');
    return parseOne(json, parameters, defaults.ropeTheta);
  }
  if (local && parseScaling(local)) throw unsupported('scaled rotary positions in layers with a window');
  const localRopeTheta = local
    ? positive(local, 'rope_theta', defaults.localRopeTheta)
    : positive(json, 'rope_local_base_freq', defaults.localRopeTheta);
  return { ...parseOne(json, everywhere, defaults.ropeTheta), localRopeTheta };
}

/** @param parameters in version 5's spelling, if the file has them */
function parseOne(json: Json, parameters: Json | undefined, defaultTheta: number): RopeConfig {
  const scaling = parameters ?? object(json, 'rope_scaling');
  const ropeTheta = positive(parameters?.rope_theta === undefined ? json : parameters, 'rope_theta', defaultTheta);
  const ropeScaling = scaling && parseScaling(scaling);
  return ropeScaling ? { ropeTheta, ropeScaling } : { ropeTheta };
}

function parseScaling(scaling: Json): RopeScaling | undefined {
  const type: unknown = scaling.rope_type ?? scaling.type ?? 'default';
  switch (type) {
    case 'default':
      return undefined;
    case 'linear':
      return { type, factor: positive(scaling, 'factor') };
    case 'llama3':
      return {
        type,
        factor: positive(scaling, 'factor'),
        lowFrequencyFactor: positive(scaling, 'low_freq_factor'),
        highFrequencyFactor: positive(scaling, 'high_freq_factor'),
        originalMaxPositions: count(scaling, 'original_max_position_embeddings'),
      };
  }
  throw unsupported(`rope type ${JSON.stringify(type)}`);
}

function unsupported(what: string): ModelError {
  return new ModelError(
    'TW_MODELS_UNSUPPORTED_ROPE',
    `config.json asks for ${what}; implemented: default, linear, llama3. ` +
      'If you only need the original context length, remove rope_scaling from config.json.',
  );
}

/** In version 4's spelling. */
export const ropeToJson = ({ ropeTheta, ropeScaling, localRopeTheta }: RopeConfig): Json => ({
  rope_theta: ropeTheta,
  ...(localRopeTheta !== undefined && { rope_local_base_freq: localRopeTheta }),
  rope_scaling: scalingToJson(ropeScaling),
});

function scalingToJson(scaling: RopeScaling | undefined): Json | null {
  if (!scaling) return null;
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalMaxPositions,
  };
}
