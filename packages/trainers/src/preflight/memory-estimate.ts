// Bytes that training will hold, from shapes alone and before anything is allocated, against what is free. A rough upper bound:
// `thinkwright doctor --plan` measures a dry run instead.

import { freemem } from 'node:os';
import type { LanguageModel, ModelConfig } from '@thinkwright/models';
import type { Parameter } from '@thinkwright/tensors';
import type { TrainingOptions } from '../options/training-options.ts';
import type { Finding } from './finding.ts';

export interface MemoryEstimate {
  /** Base weights and, with an adapter, its own. */
  weights: number;
  gradients: number;
  optimizer: number;
  /** Saved for the backward pass of one micro-batch. */
  activations: number;
  total: number;
}

const FLOAT = 4;
/** Bytes of optimizer state for each trained number. */
const STATE_BYTES = { adamw: 8, adamw_8bit: 2 + 8 / 256, muon: 8, lion: 4, sgd: 4 };

/** @param tokens of one micro-batch. */
export function estimateMemory(
  model: LanguageModel,
  trained: readonly Parameter[],
  options: Pick<TrainingOptions, 'optim' | 'amsgrad' | 'gradientCheckpointing' | 'emaDecay'>,
  tokens: number,
): MemoryEstimate {
  const sizeOf = (tensors: Iterable<{ size: number }>) => [...tensors].reduce((sum, { size }) => sum + size, 0);
  const own = sizeOf(trained.map(({ variable }) => variable));
  const base = sizeOf(model.namedTensors().values());
  const weights = FLOAT * (model.adapter === undefined ? base : base + own);
  const gradients = FLOAT * own;
  const extra = (options.amsgrad ? FLOAT : 0) + (options.emaDecay === null ? 0 : FLOAT);
  const optimizer = own * (STATE_BYTES[options.optim] + extra);
  const activations = FLOAT * tokens * activationsOfToken(model.config, options.gradientCheckpointing);
  return { weights, gradients, optimizer, activations, total: weights + gradients + optimizer + activations };
}

/** Numbers that a token leaves for the backward pass: all blocks, or one block and the inputs of the others. */
function activationsOfToken(config: ModelConfig, isCheckpointed: boolean): number {
  const { hiddenSize, intermediateSize, headCount, keyValueHeadCount, headDimension, layerCount } = config;
  const qkv = (headCount + 2 * keyValueHeadCount) * headDimension;
  const block = 5 * hiddenSize + 2 * qkv + 2 * headCount * headDimension + 4 * intermediateSize;
  return isCheckpointed ? block + layerCount * hiddenSize : layerCount * block;
}

/** A warning when the estimate is more than what the machine has free. `held` bytes of it are allocated already. */
export function checkMemory(estimate: MemoryEstimate, held: number, free = freemem()): Finding[] {
  const needed = estimate.total - held;
  if (needed <= free) return [];
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const parts = `weights ${gigabytes(estimate.weights)}, gradients ${gigabytes(estimate.gradients)}, optimizer ${gigabytes(estimate.optimizer)}, activations ${gigabytes(estimate.activations)}`;
  return [
    {
      severity: 'warning',
      code: 'TW_TRAINERS_MEMORY',
      message: `Training needs about ${gigabytes(needed)} more, but ${gigabytes(free)} are free (${parts}). Lower perDeviceTrainBatchSize and raise gradientAccumulationSteps (the same update), set gradientCheckpointing: true, use optim "adamw_8bit", or train a LoRA adapter.`,
    },
  ];
}
