// LoRA (Hu et al. 2021): beside each chosen weight W [N, K], a pair A [R, K], B [N, R]; the layer adds s B A x.
// DoRA (Liu et al. 2024) adds a magnitude m [N] that replaces the norm of each row: m (W + s B A) / |W + s B A|.
// Holds the pairs; the forward pass is in projection.ts. Leaves out biases and embeddings.

import { hashKey, normal, type Parameter, tf } from '@thinkwright/tensors';
import type { ModelConfig } from '../config.ts';
import { type Projection, projectionShape } from '../parameter-specs.ts';
import {
  badAdapter,
  type LoraOptions,
  type LoraSettings,
  loraScale,
  resolveLoraOptions,
  targetLayers,
} from './lora-options.ts';
import { rowSquares } from './weight-norm.ts';

export interface AdapterPair {
  a: tf.Variable; // [R, K]
  b: tf.Variable; // [N, R]
  /** DoRA's m [N]. */
  magnitude?: tf.Variable;
}

/** A's and B's name on disk and in optimizers, as PEFT writes them. */
export const pairNames = (layer: string) => ({
  a: `base_model.model.${layer}.lora_A.weight`,
  b: `base_model.model.${layer}.lora_B.weight`,
  magnitude: `base_model.model.${layer}.lora_magnitude_vector`,
});

/** [N, K] of a linear layer by its full name. */
export function layerShape(config: ModelConfig, layer: string): [number, number] {
  return projectionShape(config, layer.split('.').slice(3).join('.') as Projection);
}

export class Adapter {
  readonly settings: LoraSettings;
  /** By full layer name, `model.layers.0.self_attn.q_proj`. */
  readonly pairs: ReadonlyMap<string, AdapterPair>;
  readonly scale: number;
  /** |W|² of each row by layer, while the adapter is on a model (DoRA). */
  readonly baseSquares = new Map<string, tf.Tensor1D>();
  /** |W + s B A| of each row by layer, while it is merged into a model (DoRA): what unmerging divides out. */
  readonly mergedNorms = new Map<string, tf.Tensor1D>();
  /** A fresh adapter's magnitudes are the norms of the first model that it is attached to. */
  #magnitudesAreFresh: boolean;

  constructor(settings: LoraSettings, pairs: ReadonlyMap<string, AdapterPair>, { fresh = false } = {}) {
    this.settings = settings;
    this.pairs = pairs;
    this.scale = loraScale(settings);
    this.#magnitudesAreFresh = fresh && settings.useDora;
  }

  get loraDropout(): number {
    return this.settings.loraDropout;
  }

  parameters(): Parameter[] {
    return [...this.pairs].flatMap(([layer, { a, b, magnitude }]) => {
      const names = pairNames(layer);
      const own = [
        { name: names.a, variable: a, decay: true },
        { name: names.b, variable: b, decay: true },
      ];
      return magnitude ? [...own, { name: names.magnitude, variable: magnitude, decay: true }] : own;
    });
  }

  /** @throws ModelError `TW_MODELS_BAD_ADAPTER` when a pair does not fit the model's layer */
  checkFits(config: ModelConfig): void {
    const known = new Set(targetLayers(config, 'all-linear'));
    for (const [layer, { a, b }] of this.pairs) {
      if (!known.has(layer)) throw badAdapter(`it adapts '${layer}', which the model does not have`);
      const [outputs, inputs] = layerShape(config, layer);
      if (a.shape[1] !== inputs || b.shape[0] !== outputs)
        throw badAdapter(
          `'${layer}' has lora_A [${a.shape}] and lora_B [${b.shape}], but the model's weight is [${[outputs, inputs]}]; ` +
            'it was made for another base model',
        );
    }
  }

  /** DoRA: what it needs of the frozen weights, by their names. Called when the adapter is put on a model. */
  readBase(weights: ReadonlyMap<string, tf.Tensor>): void {
    if (!this.settings.useDora) return;
    for (const [layer, { magnitude }] of this.pairs) {
      const squares = rowSquares(weights.get(`${layer}.weight`) as tf.Tensor2D);
      this.baseSquares.set(layer, tf.keep(squares));
      if (this.#magnitudesAreFresh) tf.tidy(() => magnitude!.assign(tf.sqrt(squares)));
    }
    this.#magnitudesAreFresh = false;
  }

  /** The counterpart of `readBase`. */
  forgetBase(): void {
    tf.dispose([...this.baseSquares.values()]);
    this.baseSquares.clear();
  }

  forgetMerge(): void {
    tf.dispose([...this.mergedNorms.values()]);
    this.mergedNorms.clear();
  }

  dispose(): void {
    this.forgetBase();
    this.forgetMerge();
    for (const { a, b, magnitude } of this.pairs.values()) {
      a.dispose();
      b.dispose();
      magnitude?.dispose();
    }
  }
}

/**
 * A fresh adapter: B is 0, so the model's output does not change at first; A is normal with the variance of PEFT's
 * default (uniform within ±1/√K).
 */
export function createAdapter(config: ModelConfig, options: LoraOptions = {}): Adapter {
  const settings = resolveLoraOptions(options);
  const pairs = targetLayers(config, settings.targetModules).map((layer): [string, AdapterPair] => {
    const [outputs, inputs] = layerShape(config, layer);
    return [
      layer,
      tf.tidy(() => ({
        a: tf.variable(
          normal([settings.r, inputs], 1 / Math.sqrt(3 * inputs), options.seed ?? 0, hashKey(`${layer}.lora_A`)),
        ),
        b: tf.variable(tf.zeros([outputs, settings.r])),
        ...(settings.useDora && { magnitude: tf.variable(tf.ones([outputs])) }),
      })),
    ];
  });
  return new Adapter(settings, new Map(pairs), { fresh: true });
}
