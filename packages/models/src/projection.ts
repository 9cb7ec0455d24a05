// A linear layer or several side by side, with LoRA on top where the adapter has a pair: y = x Wᵀ + b + s (x Aᵀ) Bᵀ.

import { addBlocks, type ColumnBlock, dropout, hashKey, linear, type RandomKey, tf } from '@thinkwright/tensors';
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

/** x [T, K] through layers with weights [Nᵢ, K] → [T, ΣNᵢ]. */
export function project(x: tf.Tensor2D, layers: LinearLayer[], active?: ActiveAdapter): tf.Tensor2D {
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
    const pair = active?.adapter.pairs.get(layer.name);
    if (active === undefined || pair === undefined) continue;
    const input = droppedInput(x, layer.name, active);
    const delta = adapterDelta(input, pair, active.adapter.scale);
    if (pair.magnitude === undefined) {
      deltas.push({ values: delta, column: from });
      continue;
    }
    const own = input === x ? withoutBias(columns(base, from, column), layer) : linear(input, layer.weight);
    deltas.push({ values: magnitudeDelta(own, delta, layer, pair, active.adapter), column: from });
  }
  return deltas.length === 0 ? base : addBlocks(base, deltas);
}

function droppedInput(x: tf.Tensor2D, name: string, { adapter, dropoutKey }: ActiveAdapter): tf.Tensor2D {
  const { loraDropout } = adapter;
  return dropoutKey && loraDropout > 0 ? dropout(x, loraDropout, deriveKey(dropoutKey, name)) : x;
}

function adapterDelta(input: tf.Tensor2D, { a, b }: AdapterPair, scale: number): tf.Tensor2D {
  const narrow = linear(input, a as unknown as tf.Tensor2D); // [T, R]
  return linear(tf.mul(narrow, scale), b as unknown as tf.Tensor2D); // [T, N]
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
  return tf.add(tf.mul(own, tf.sub(gain, 1)), tf.mul(delta, gain));
}

function columns(values: tf.Tensor2D, from: number, to: number): tf.Tensor2D {
  return to - from === values.shape[1] ? values : tf.slice(values, [0, from], [-1, to - from]);
}

function withoutBias(values: tf.Tensor2D, { bias }: LinearLayer): tf.Tensor2D {
  return bias === null ? values : tf.sub(values, bias);
}

function deriveKey(key: RandomKey, name: string): RandomKey {
  return { ...key, stream: (key.stream ^ hashKey(name)) | 0 };
}
