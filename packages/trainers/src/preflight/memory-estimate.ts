// Bytes that training will hold at its peak, from shapes alone and before anything is computed, against what is free. For the fused kernels
// of the native device: what each op keeps for its backward pass is counted op by op, so the figure is within 10 % of the device's
// own in the tests. Leaves out the packing scratch of kernels (tens of MiB), caches of engines, and Node itself; the
// plain ops of the cpu device hold more. `thinkwright doctor --plan` walks a dry run instead.

import type { LanguageModel } from '@thinkwright/models';
import { bytesKept, type Parameter, type tf } from '@thinkwright/tensors';
import type { TrainingOptions } from '../options/training-options.ts';

export interface MemoryEstimate {
  /** All weights: of the model, its adapter, and the models that score. */
  weights: number;
  gradients: number;
  optimizer: number;
  /** Of one micro-batch: what is saved for the backward pass, and what its largest block works with. */
  activations: number;
  /** At the peak. With one micro-batch an update that is less than the sum: activations go as gradients come. */
  total: number;
}

/** What one update holds beside weights and optimizer. */
export interface PlannedStep {
  /** Of one micro-batch. */
  tokens: number;
  /** Models that learn from the same tokens, in the same backward pass: a value model. Their parameters are among the trained. */
  learners?: readonly LanguageModel[];
  /** Models that score without a gradient: a reference, a teacher, a policy with an adapter that is its own reference. */
  scorers?: readonly LanguageModel[];
}

export type MemoryOptions = Pick<
  TrainingOptions,
  'optim' | 'amsgrad' | 'gradientCheckpointing' | 'emaDecay' | 'gradientAccumulationSteps'
>;

const FLOAT = 4;
/** Bytes of optimizer state for each trained number. */
const STATE_BYTES = { adamw: 8, adamw_8bit: 2 + 8 / 256, muon: 8, lion: 4, sgd: 4 };

export function estimateMemory(
  model: LanguageModel,
  trained: readonly Parameter[],
  options: MemoryOptions,
  { tokens, learners = [], scorers = [] }: PlannedStep,
): MemoryEstimate {
  const variables = trained.map(({ variable }) => variable);
  const models = [...new Set([model, ...learners, ...scorers])];
  const all = new Set([...variables, ...models.flatMap((each) => [...each.namedTensors().values()])]);
  const own = sizeOf(variables);
  const weights = [...all].reduce((sum, tensor) => sum + bytesKept(tensor), 0);
  const gradients = FLOAT * own;
  const extra = (options.amsgrad ? FLOAT : 0) + (options.emaDecay === null ? 0 : FLOAT);
  const optimizer = own * (STATE_BYTES[options.optim] + extra);
  const learning = [model, ...learners].map((each) => ({ ...numbersOfToken(each), layers: each.config.layerCount }));
  const kept = learning
    .map(({ saved, input, layers }) => (options.gradientCheckpointing ? layers * input + saved : layers * saved))
    .reduce((sum, own) => sum + own, 0);
  const working = Math.max(...learning.map((each) => each.working));
  const { saved } = learning[0]!;
  const activations = FLOAT * tokens * (kept + working);
  const steady = weights + optimizer;
  const head = model.outputWeight();
  const headGradient = variables.includes(head as tf.Variable) ? FLOAT * head.size : 0;
  const backward = Math.max(headGradient + activations, gradients + FLOAT * tokens * (saved + working));
  const total = steady + (options.gradientAccumulationSteps > 1 ? gradients + activations : backward);
  return { weights, gradients, optimizer, activations, total };
}

const sizeOf = (tensors: Iterable<{ size: number }>) => [...tensors].reduce((sum, { size }) => sum + size, 0);

/** Numbers of one token in one block: saved for the backward pass, and at work there at most; `input` of a block. */
function numbersOfToken(model: LanguageModel): Record<'saved' | 'working' | 'input', number> {
  const { hiddenSize, intermediateSize, headCount, keyValueHeadCount, headDimension, layerCount } = model.config;
  const attended = headCount * headDimension;
  const qkv = attended + 2 * keyValueHeadCount * headDimension;
  const norms = [...model.namedTensors().keys()].filter((name) =>
    /^model\.layers\.0\.\w+layernorm\./.test(name),
  ).length;
  // inputs of the norms (two, or those of the outputs too) with a factor each; qkv (rotated, or before the norms of its heads), what is attended with a sum for each head; gate and up: the rest is recomputed
  const block = norms * (hiddenSize + 1) + qkv + attended + headCount + 2 * intermediateSize;
  const adapter = adapterNumbers(model);
  return {
    saved: block + (adapter?.saved ?? 0) / layerCount,
    working: workingNumbers(model, adapter),
    input: hiddenSize,
  };
}

/** In the backward pass of the gated layers, the widest of a block. */
function workingNumbers({ config }: LanguageModel, adapter: AdapterNumbers | undefined): number {
  const { hiddenSize, intermediateSize } = config;
  if (adapter === undefined) return 4 * intermediateSize + hiddenSize; // the gated product and its gradient, those of gate and up, the stream's
  const dropped = adapter.hasDropout ? intermediateSize : 0; // the input of the last layer, made again
  if (!adapter.hasGatedMagnitudes) return 3 * intermediateSize + hiddenSize + dropped; // the product and the gradients of gate and up
  return 6 * intermediateSize + 3 * hiddenSize + dropped; // those of both layers before and after their gains as well
}

interface AdapterNumbers {
  saved: number;
  /** On the gated layers. */
  hasGatedMagnitudes: boolean;
  hasDropout: boolean;
}

/** Of all blocks: both narrow products of each pair; with DoRA the layer's output and the pair's as well. */
function adapterNumbers({ adapter }: LanguageModel): AdapterNumbers | undefined {
  if (adapter === undefined) return undefined;
  const saved = [...adapter.pairs.values()].map(
    ({ a, b, magnitude }) => 2 * a.shape[0]! + (magnitude ? 2 * b.shape[0]! : 0),
  );
  return {
    saved: saved.reduce((sum, own) => sum + own, 0),
    hasGatedMagnitudes: [...adapter.pairs].some(([layer, { magnitude }]) => magnitude && /(gate|up)_proj$/.test(layer)),
    hasDropout: adapter.loraDropout > 0,
  };
}
