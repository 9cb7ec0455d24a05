// What a memory plan is asked and what it answers.

import type { LoraOptions, ModelConfig, ModelOptions } from '@thinkwright/models';

/** The kinds of stages that hold a model; preference learning with rewards as the judge is `online-preference`. */
export const plannedMethods = [
  'pretrain',
  'sft',
  'rl',
  'ppo',
  'rejection-sampling',
  'preference',
  'online-preference',
  'distill',
  'reward-model',
  'process-reward',
  'generate',
] as const;
export type PlannedMethod = (typeof plannedMethods)[number];

export interface MemoryPlanRequest {
  method: PlannedMethod;
  /** Tokens of a row (a side of a pair, a solution with its steps): prompt and completion together. */
  length: number;
  /**
   * Tokens of the prompt. Default: what the trainer's longest completion (`max_completion_length`, `response_length`) leaves of
   * `length`, or else a quarter of it. Pretraining and SFT are planned as if every token were learnt.
   */
  promptLength?: number;
  /** Sequences at once, for 'generate'. Default 1. */
  batch?: number;
  /** An adapter is trained instead of the whole model. */
  lora?: LoraOptions;
  /** How the model is loaded. `storage` by name: what `native` means depends on the file, which a plan does not read. */
  loading?: ModelOptions;
  /** The teacher of 'distill'. */
  teacher?: { config: ModelConfig; loading?: ModelOptions };
  /** Of 'ppo': values with layers of their own. It is loaded as the model is, and has an adapter where that has one. */
  valueModel?: ModelConfig;
  /** Options of the trainer in snake_case, as in a recipe: per_device_train_batch_size, gradient_checkpointing, ... */
  options?: Record<string, unknown>;
}

/** Bytes. */
export interface MemoryPlan {
  /** Weights of the model, its adapter, a teacher and a value model. A reference is part of `deviceBytes`. */
  weightBytes: number;
  /** What the device will touch at its peak, weights included. */
  deviceBytes: number;
  /** Node, the code and what the trainer keeps on the host; measured in this process. */
  processBytes: number;
  /** The peak of resident memory that the run will show, while it is loaded or at work. */
  totalBytes: number;
}
