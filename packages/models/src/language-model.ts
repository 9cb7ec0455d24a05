// What trainers, engines and tools need of a model, whatever its architecture.

import type { KeyValueCache, KeyValueStorage, Parameter, RandomKey, SequenceLayout, tf } from '@thinkwright/tensors';
import type { ModelConfig } from './config.ts';
import type { Adapter } from './lora/adapter.ts';

export interface HiddenOptions {
  /** Keep only the input of each block and compute the block again in the backward pass. Same bits, less memory. */
  checkpointActivations?: boolean;
  /** Turns LoRA dropout on, with masks fixed by this key. Absent = no dropout (evaluation, scoring). */
  dropoutKey?: RandomKey;
  /** [T, C], added to the embeddings; a constant for gradients (NEFTune). */
  embeddingNoise?: tf.Tensor2D;
}

export interface LanguageModel {
  readonly config: ModelConfig;
  /** What to call it in reports: the id or folder it came from. */
  readonly name: string;
  /** A trainer adds 1 after each update; engines stamp it on what they sample. */
  weightVersion: number;
  /**
   * How engines keep keys and values of past tokens. With `bfloat16`, half the cache, the forward pass rounds them alike, in training
   * and scoring too: sampled log-probs stay those of the trainer. Choose it before anything is sampled, and keep it.
   */
  keyValueCache: KeyValueStorage;
  /** The LoRA adapter, if one is attached. */
  readonly adapter: Adapter | undefined;
  /** The trainable parameters: all of them, or only the adapter's. */
  parameters(): Parameter[];
  /** Base weights by Hugging Face name, in the order of the computation. Live tensors: do not dispose them. */
  namedTensors(): Map<string, tf.Variable>;
  /** Hidden states after the final norm, of a packed batch: ids int32 [T] → [T, C]. Differentiable. */
  hidden(ids: tf.Tensor1D, layout: SequenceLayout, options?: HiddenOptions): tf.Tensor2D;
  /** The same for rows whose keys and values live in a cache: ids, slots, positions int32 [T] → [T, C]. No gradient. */
  decode(ids: tf.Tensor1D, cache: KeyValueCache, slots: tf.Tensor1D, positions: tf.Tensor1D): tf.Tensor2D;
  /** The language model head [V, C]; with tied embeddings, the embedding. */
  outputWeight(): tf.Tensor2D;
  /** Runs with the adapter off (the reference policy). `run` must be synchronous. */
  withoutAdapter<T>(run: () => T): T;
  /** Puts an adapter on a plain model; base weights are frozen from then on. The model owns and disposes it. */
  attachAdapter(adapter: Adapter): void;
  /** Takes the adapter off without disposing it. */
  detachAdapter(): Adapter | undefined;
  /** Frees all weights. */
  dispose(): void;
}
