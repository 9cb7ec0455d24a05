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
}

/** @param defaultTheta the family's base, where the file names none */
export function parseRope(json: Json, defaultTheta: number): RopeConfig {
  const parameters = object(json, 'rope_parameters');
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
  throw new ModelError(
    'TW_MODELS_UNSUPPORTED_ROPE',
    `config.json asks for rope type ${JSON.stringify(type)}; implemented: default, linear, llama3. ` +
      'If you only need the original context length, remove rope_scaling from config.json.',
  );
}

/** In version 4's spelling. */
export const ropeToJson = ({ ropeTheta, ropeScaling }: RopeConfig): Json => ({
  rope_theta: ropeTheta,
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
