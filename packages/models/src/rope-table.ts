// Cosines and sines of the rotary position embedding (Su et al. 2021), with linear interpolation (Chen et al. 2023) and
// Llama 3's frequency-dependent scaling. Rounded to float32 at the steps where transformers rounds, because at position
// 8,000 the rounding of an angle is worth 5e-4. Leaves out yarn, longrope and dynamic scaling.

import type { RopeConfig, RopeScaling } from './rope-config.ts';

const round = Math.fround;

interface RotaryHeads extends RopeConfig {
  headDimension: number;
}

/** Row p: D/2 cosines, then D/2 sines, of position p. Shape [positions, D], row major. */
export function ropeTable(config: RotaryHeads, positions: number): Float32Array {
  const dimension = config.headDimension;
  const half = dimension / 2;
  const frequencies = inverseFrequencies(config);
  const table = new Float32Array(positions * dimension);
  for (let position = 0; position < positions; position++)
    for (let pair = 0; pair < half; pair++) {
      const angle = round(position * frequencies[pair]!);
      table[position * dimension + pair] = Math.cos(angle);
      table[position * dimension + half + pair] = Math.sin(angle);
    }
  return table;
}

/** Radians a position for each of the D/2 pairs: theta^(-2i/D), then scaled. */
export function inverseFrequencies({ headDimension, ropeTheta, ropeScaling }: RotaryHeads): Float32Array {
  return Float32Array.from({ length: headDimension / 2 }, (_, pair) => {
    const frequency = round(1 / round(ropeTheta ** round((2 * pair) / headDimension)));
    return ropeScaling ? scaled(frequency, ropeScaling) : frequency;
  });
}

function scaled(frequency: number, scaling: RopeScaling): number {
  if (scaling.type === 'linear') return frequency / scaling.factor;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = scaling;
  const turns = (originalMaxPositions * frequency) / (2 * Math.PI); // full turns within the original context
  if (turns < lowFrequencyFactor) return frequency / factor;
  if (turns > highFrequencyFactor) return frequency;
  const smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
