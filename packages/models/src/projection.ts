// A linear layer or several side by side, with LoRA on top where the adapter has a pair: y = x Wᵀ + b + s (x Aᵀ) Bᵀ.

import {
  addBlocks,
  type ColumnBlock,
  dropout,
  gatedLinear,
  geglu,
  hashKey,
  type InputNorm,
  linear,
  type RandomKey,
  rescaledDelta,
  rmsNorm,
  swiglu,
  takeColumns,
  tf,
} from '@thinkwright/tensors';
import type { Family } from './families.ts';
import type { Adapter, AdapterPair } from './lora/adapter.ts';
import { adaptedRowNorms } from './lora/weight-norm.ts';

/** A linear layer by its module name (no `.weight`). */
export interface LinearLayer {
  name: string;
  weight: tf.Tensor2D; // [N, K]
  bias: tf.Tensor1D | null; // [N]
}

export interface ActiveAdapter {
  adapter: Adapter;
  dropoutKey: RandomKey | undefined;
}

export interface ProjectOptions {
  adapter: ActiveAdapter | undefined;
  /** x is normalised first. */
  norm?: InputNorm;
  /** [T, ΣNᵢ], added to the result. */
  residual?: tf.Tensor2D;
}

/** x [T, K] through layers with weights [Nᵢ, K] → [T, ΣNᵢ]. */
export function project(x: tf.Tensor2D, layers: LinearLayer[], options: ProjectOptions): tf.Tensor2D {
  const { adapter: active, norm, residual } = options;
  const added = residual && { addend: residual };
  const weights = layers.map(({ weight }) => weight);
  const biases = layers.map(({ bias }) => bias);
  const pairs = layers.map(({ name }) => active?.adapter.pairs.get(name));
  if (active === undefined || pairs.every((pair) => pair === undefined)) {
    return linear(x, weights, { biases, ...added, ...(norm && { norm }) });
  }
  const rows = norm ? rmsNorm(x, norm.weight, norm) : x; // the pairs read them too
  if (pairs.some((pair) => pair?.magnitude)) {
    const adapted = projectWithMagnitudes(rows, layers, active);
    return residual ? addBlocks(residual, [{ values: adapted, column: 0 }]) : adapted;
  }
  const lowRank = layers.map(({ name }, index) => {
    const pair = pairs[index];
    if (pair === undefined) return null;
    const narrow = tf.tidy(() => narrowed(droppedInput(rows, name, active), pair, active));
    return { narrow, wide: matrix(pair.b) };
  });
  return linear(rows, weights, { biases, lowRank, ...added });
}

/** activation(gate(x)) * up(x): x [T, K] → [T, F]. Only SwiGLU has a launch for all of it. */
export function projectGated(
  x: tf.Tensor2D,
  gate: LinearLayer,
  up: LinearLayer,
  { adapter, norm, activation }: Omit<ProjectOptions, 'residual'> & Pick<Family, 'activation'>,
): tf.Tensor2D {
  const isAdapted = [gate, up].some(({ name }) => adapter?.adapter.pairs.has(name));
  const unit = activation === 'silu' ? swiglu : geglu;
  if (isAdapted || unit === geglu) return unit(project(x, [gate, up], { adapter, ...(norm && { norm }) }));
  return gatedLinear(x, gate.weight, up.weight, { biases: [gate.bias, up.bias], ...(norm && { norm }) });
}

const matrix = (variable: tf.Variable) => variable as unknown as tf.Tensor2D;

function droppedInput(x: tf.Tensor2D, name: string, { adapter, dropoutKey }: ActiveAdapter): tf.Tensor2D {
  const { loraDropout } = adapter;
  return dropoutKey && loraDropout > 0 ? dropout(x, loraDropout, deriveKey(dropoutKey, name)) : x;
}

/** s x Aᵀ, [T, R] */
function narrowed(input: tf.Tensor2D, { a }: AdapterPair, { adapter }: ActiveAdapter): tf.Tensor2D {
  return tf.mul(linear(input, matrix(a)), adapter.scale);
}

/** Layers of which some have a magnitude (DoRA). */
function projectWithMagnitudes(x: tf.Tensor2D, layers: LinearLayer[], active: ActiveAdapter): tf.Tensor2D {
  return tf.tidy(() => {
    const { adapter } = active;
    const base = linear(
      x,
      layers.map(({ weight }) => weight),
      { biases: layers.map(({ bias }) => bias) },
    );
    const deltas: ColumnBlock[] = [];
    let column = 0;
    for (const layer of layers) {
      const from = column;
      column += layer.weight.shape[0];
      const pair = adapter.pairs.get(layer.name);
      if (pair === undefined) continue;
      const input = droppedInput(x, layer.name, active);
      const delta = linear(narrowed(input, pair, active), matrix(pair.b)); // [T, N]
      if (pair.magnitude === undefined) {
        deltas.push({ values: delta, column: from });
        continue;
      }
      const own = input === x ? withoutBias(takeColumns(base, from, column), layer) : linear(input, layer.weight);
      deltas.push({ values: magnitudeDelta(own, delta, layer, pair, adapter), column: from });
    }
    return addBlocks(base, deltas);
  }); // what is not kept for the backward pass goes before the next projection
}

/** What DoRA adds to the base layer: g (W x + s B A x) - W x with g = m / |W + s B A|, the norm a constant. */
function magnitudeDelta(
  own: tf.Tensor2D, // W x, [T, N]
  delta: tf.Tensor2D, // s B A x
  { name, weight }: LinearLayer,
  pair: AdapterPair,
  { baseSquares, scale }: Adapter,
): tf.Tensor2D {
  const gain = tf.div(pair.magnitude!, adaptedRowNorms(weight, baseSquares.get(name)!, pair, scale)); // [N]
  return rescaledDelta(own, delta, gain as tf.Tensor1D);
}

function withoutBias(values: tf.Tensor2D, { bias }: LinearLayer): tf.Tensor2D {
  return bias === null ? values : tf.sub(values, bias);
}

function deriveKey(key: RandomKey, name: string): RandomKey {
  return { ...key, stream: (key.stream ^ hashKey(name)) | 0 };
}
