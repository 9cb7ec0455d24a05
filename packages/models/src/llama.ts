// The Llama family (Llama 1 to 3, SmolLM2, TinyLlama, …) and its relatives (Mistral, Qwen2, Qwen3, SmolLM3): embedding, blocks, final
// norm, tied or separate head; Gemma 3 too, with what its line in families.ts says. Leaves out parallel residuals and experts.

import {
  type AttentionHeads,
  attention,
  cachedAttention,
  checkpoint,
  embedding,
  type KeyValueCache,
  type KeyValueStorage,
  numericsOf,
  type Parameter,
  rmsNorm,
  rope,
  roundKeyValues,
  type SequenceLayout,
  storageOf,
  tf,
} from '@thinkwright/tensors';
import { type BlockContext, type BlockWeights, decoderBlock, gain } from './block.ts';
import type { ModelConfig } from './config.ts';
import { ModelError } from './errors.ts';
import { families } from './families.ts';
import type { HiddenOptions, LanguageModel } from './language-model.ts';
import type { Adapter } from './lora/adapter.ts';
import {
  blockNormNames,
  embeddingName,
  finalNormName,
  headName,
  keyNormName,
  type Projection,
  parameterSpecs,
  projectionName,
  queryNormName,
} from './parameter-specs.ts';
import type { LinearLayer } from './projection.ts';
import { ropeTable } from './rope-table.ts';

export class Llama implements LanguageModel {
  readonly config: ModelConfig;
  readonly name: string;
  weightVersion = 0;
  keyValueCache: KeyValueStorage = 'float32';
  readonly #weights: Map<string, tf.Variable>;
  readonly #blocks: BlockWeights[];
  readonly #heads: AttentionHeads[]; // of each layer
  readonly #ropeTable: tf.Tensor2D; // [P, D]
  readonly #localRopeTable: tf.Tensor2D; // of layers with a window; the same where they have no base of their own
  #adapter: Adapter | undefined;
  #adapterOn = true;

  /** @param weights one variable for each of `parameterSpecs(config)`; the model owns them */
  constructor(name: string, config: ModelConfig, weights: Map<string, tf.Variable>) {
    this.name = name;
    this.config = config;
    this.#weights = weights;
    this.#blocks = Array.from({ length: config.layerCount }, (_, layer) => this.#block(layer));
    this.#heads = this.#blocks.map((_, layer) => headsOf(config, layer));
    this.#ropeTable = tableOf(config);
    const { localRopeTheta: ropeTheta, slidingWindow } = config;
    const isLocal = ropeTheta !== undefined && slidingWindow !== undefined;
    this.#localRopeTable = isLocal ? tableOf({ ...config, ropeTheta, ropeScaling: undefined }) : this.#ropeTable;
  }

  #vector = (name: string | null) => ((name && this.#weights.get(name)) ?? null) as unknown as tf.Tensor1D;
  #matrix = (name: string) => this.#weights.get(name) as unknown as tf.Tensor2D;

  #block(layer: number): BlockWeights {
    const linearLayer = (projection: Projection): LinearLayer => {
      const name = projectionName(layer, projection);
      return { name, weight: this.#matrix(`${name}.weight`), bias: this.#vector(`${name}.bias`) };
    };
    const norms = blockNormNames(layer, this.config);
    return {
      inputNorm: this.#vector(norms.input),
      query: linearLayer('self_attn.q_proj'),
      key: linearLayer('self_attn.k_proj'),
      value: linearLayer('self_attn.v_proj'),
      queryNorm: this.#vector(queryNormName(layer)),
      keyNorm: this.#vector(keyNormName(layer)),
      output: linearLayer('self_attn.o_proj'),
      attentionOutputNorm: this.#vector(norms.attentionOutput),
      mlpNorm: this.#vector(norms.mlp),
      gate: linearLayer('mlp.gate_proj'),
      up: linearLayer('mlp.up_proj'),
      down: linearLayer('mlp.down_proj'),
      mlpOutputNorm: this.#vector(norms.mlpOutput),
    };
  }

  get adapter(): Adapter | undefined {
    return this.#adapter;
  }

  parameters(): Parameter[] {
    this.#refuseInference();
    if (this.#adapter) return this.#adapter.parameters();
    this.#refuseFrozen();
    return parameterSpecs(this.config).map(({ name, decay }) => ({ name, variable: this.#weights.get(name)!, decay }));
  }

  /** Products in int8 numerics have no gradient, not even for an adapter. */
  #refuseInference(): void {
    for (const [name, weight] of this.#weights) {
      const numerics = numericsOf(weight);
      if (numerics !== 'exact')
        throw new ModelError(
          'TW_MODELS_INFERENCE_NUMERICS',
          `'${name}' is computed in ${numerics} numerics, which are for inference: nothing can be trained through it. Load the model with numerics: 'exact'.`,
        );
    }
  }

  /** Weights in fewer bits cannot be updated. */
  #refuseFrozen(): void {
    for (const [name, weight] of this.#weights) {
      const storage = storageOf(weight);
      if (storage !== 'float32')
        throw new ModelError(
          'TW_MODELS_FROZEN_STORAGE',
          `'${name}' is stored as ${storage}, which cannot be trained. Load the model with lora, or with storage: 'float32'.`,
        );
    }
  }

  namedTensors(): Map<string, tf.Variable> {
    return new Map(this.#weights);
  }

  outputWeight(): tf.Tensor2D {
    return this.#matrix(this.config.tieWordEmbeddings ? embeddingName : headName);
  }

  hidden(ids: tf.Tensor1D, layout: SequenceLayout, options: HiddenOptions = {}): tf.Tensor2D {
    if (layout.maxLength > this.config.maxPositions)
      throw new ModelError(
        'TW_MODELS_SEQUENCE_TOO_LONG',
        `A sequence has ${layout.maxLength} ids, but the model's context is ${this.config.maxPositions}. Shorten or filter it.`,
      );
    const attend = (qkv: tf.Tensor2D, layer: number) => {
      const heads = this.#heads[layer]!;
      const seen = this.keyValueCache === 'bfloat16' ? roundKeyValues(qkv, heads) : qkv;
      return attention(seen, layout, heads);
    };
    return this.#run(ids, layout.positions, attend, options);
  }

  decode(ids: tf.Tensor1D, cache: KeyValueCache, slots: tf.Tensor1D, positions: tf.Tensor1D): tf.Tensor2D {
    const attend = (qkv: tf.Tensor2D, layer: number) =>
      cachedAttention(qkv, cache, layer, slots, positions, this.#heads[layer]!);
    return this.#run(ids, positions, attend, {});
  }

  #run(ids: tf.Tensor1D, positions: tf.Tensor1D, attend: BlockContext['attend'], options: HiddenOptions): tf.Tensor2D {
    const { dropoutKey, checkpointActivations = false, embeddingNoise } = options;
    const adapter = this.#adapter && this.#adapterOn ? { adapter: this.#adapter, dropoutKey } : undefined;
    const context: BlockContext = { config: this.config, rotate: this.#rotation(positions), attend, adapter };
    return tf.tidy(() => {
      let x = embedding(this.#matrix(embeddingName), ids); // [T, C]
      if (families[this.config.modelType].scaledEmbedding) x = tf.mul(x, Math.sqrt(this.config.hiddenSize));
      if (embeddingNoise) x = tf.add(x, embeddingNoise);
      for (const [layer, weights] of this.#blocks.entries()) {
        // A scope for each block: without a tape its activations are freed before the next begins.
        const block = (input: tf.Tensor) => tf.tidy(() => decoderBlock(input as tf.Tensor2D, layer, weights, context));
        x = checkpointActivations ? (checkpoint(block, [x], this.#blockParameters(layer)) as tf.Tensor2D) : block(x);
      }
      return rmsNorm(x, gain(this.#vector(finalNormName), this.config), { epsilon: this.config.rmsNormEpsilon });
    });
  }

  /** A layer without rotary positions turns all rows as at position 0: by nothing. */
  #rotation(positions: tf.Tensor1D): BlockContext['rotate'] {
    const { layersWithoutRope = [], slidingWindow, headDimension, headCount, keyValueHeadCount } = this.config;
    const tableOfLayer = (layer: number) =>
      slidingWindow?.layers.includes(layer) ? this.#localRopeTable : this.#ropeTable;
    return (qkv, layer, norms) =>
      rope(qkv, tableOfLayer(layer), layersWithoutRope.includes(layer) ? tf.zerosLike(positions) : positions, {
        headDimension,
        headCount: headCount + keyValueHeadCount,
        ...(norms && { norms }),
      });
  }

  /** The trainable variables that a block reads. */
  #blockParameters(layer: number): tf.Variable[] {
    const mark = `model.layers.${layer}.`;
    return this.parameters()
      .filter(({ name }) => name.includes(mark))
      .map(({ variable }) => variable);
  }

  withoutAdapter<T>(run: () => T): T {
    const before = this.#adapterOn;
    this.#adapterOn = false;
    try {
      return run();
    } finally {
      this.#adapterOn = before;
    }
  }

  attachAdapter(adapter: Adapter): void {
    if (this.#adapter)
      throw new ModelError(
        'TW_MODELS_ADAPTER_STATE',
        'The model already has an adapter. Merge or detach it before attaching another.',
      );
    adapter.checkFits(this.config);
    adapter.readBase(this.#weights);
    this.#adapter = adapter;
  }

  detachAdapter(): Adapter | undefined {
    const adapter = this.#adapter;
    adapter?.forgetBase();
    this.#adapter = undefined;
    return adapter;
  }

  dispose(): void {
    for (const variable of this.#weights.values()) variable.dispose();
    this.#adapter?.dispose();
    this.#ropeTable.dispose();
    if (this.#localRopeTable !== this.#ropeTable) this.#localRopeTable.dispose();
  }
}

function headsOf(config: ModelConfig, layer: number): AttentionHeads {
  const { headCount, keyValueHeadCount, headDimension, slidingWindow, queryPreAttentionScalar } = config;
  return {
    headCount,
    keyValueHeadCount,
    headDimension,
    ...(queryPreAttentionScalar !== undefined && { scale: 1 / Math.sqrt(queryPreAttentionScalar) }),
    ...(slidingWindow?.layers.includes(layer) && { window: slidingWindow.size }),
  };
}

function tableOf(config: ModelConfig): tf.Tensor2D {
  const { maxPositions, headDimension } = config;
  return tf.keep(tf.tensor2d(ropeTable(config, maxPositions), [maxPositions, headDimension]));
}
