// @thinkwright/tensors: the table of contents.
import { registerCpuKernels } from './devices/cpu.ts';

export type {
  ActiveDevice,
  Availability,
  CapturedGraph,
  Device,
  DeviceMemory,
  DeviceOptions,
  DeviceReport,
} from './devices/device.ts';
export { currentDevice, type DeviceName, listDevices, registerDevice, useDevice } from './devices/discovery.ts';
export { TensorError, type TensorErrorCode } from './errors.ts';
export {
  createKeyValueCache,
  type KeyValueCache,
  type KeyValueCacheShape,
  type KeyValueStorage,
} from './key-value-cache.ts';
export { createLayout, type SequenceLayout } from './layout.ts';
export { type MemoryReport, memoryReport } from './memory-report.ts';
export { addBlocks, type ColumnBlock } from './ops/add-blocks.ts';
export type { AttentionHeads } from './ops/attend.ts';
export { attention } from './ops/attention.ts';
export { cachedAttention } from './ops/cached-attention.ts';
export { divergenceTerms } from './ops/divergence-terms.ts';
export { dropout, type RandomKey } from './ops/dropout.ts';
export { embedding } from './ops/embedding.ts';
export { gatedLinear } from './ops/gated-linear.ts';
export { gatherRows } from './ops/gather-rows.ts';
export { geglu } from './ops/geglu.ts';
export {
  type HeadDivergence,
  type HeadDivergenceOptions,
  type HeadInputs,
  headDivergence,
} from './ops/head-divergence.ts';
export { type HeadOptions, softcapLogits } from './ops/head-logits.ts';
export { type InputNorm, type LinearOptions, type LowRankTerm, linear } from './ops/linear.ts';
export { rescaledDelta } from './ops/rescaled-delta.ts';
export { type RmsNormOptions, rmsNorm } from './ops/rms-norm.ts';
export { type HeadNorms, type RopeOptions, rope } from './ops/rope.ts';
export { roundKeyValues } from './ops/round-key-values.ts';
export { type RuledRow, sampleByRules } from './ops/sample-by-rules.ts';
export { type SampledTokens, type SamplingRows, sampleRows } from './ops/sample-rows.ts';
export { type SamplingRandom, sampleTokens } from './ops/sample-tokens.ts';
export { followsRules, type SamplingRules } from './ops/sampling-rules.ts';
export { packSettings, penalises, type SamplingOptions, SETTINGS_WIDTH } from './ops/sampling-settings.ts';
export { swiglu } from './ops/swiglu.ts';
export { takeColumns } from './ops/take-columns.ts';
export { createTokenCounts, startCounts } from './ops/token-counts.ts';
export { type TokenLogProbs, tokenLogProbs } from './ops/token-log-probs.ts';
export { MOST_TOP_TOKENS, type TopTokenLogProbs, topTokenLogProbs } from './ops/top-token-log-probs.ts';
export { overwrite } from './overwrite.ts';
export { hashKey } from './random/hash-key.ts';
export { normal, normalValues } from './random/normal.ts';
export { philox } from './random/philox.ts';
export { uniform } from './random/uniform.ts';
export {
  assignValues,
  bytesKept,
  fitsNumerics,
  fitsStorage,
  type Numerics,
  numericsOf,
  type StorageType,
  type StoreOptions,
  storageOf,
  storeAs,
  storeBlocks,
  storesWeights,
} from './storage.ts';
export { hasKernel, recomputable, record, runKernel, withoutGradient } from './tape.ts';
export { tf } from './tfjs.ts';
export {
  type AdamWOptions,
  createAdamW,
  type LiveState,
  type Optimizer,
  type StateTensor,
  type TensorOptimizer,
  type UpdateOptions,
} from './training/adam-w.ts';
export { checkpoint } from './training/checkpoint.ts';
export { computeGradients, type Gradients, type LossWithKept } from './training/compute-gradients.ts';
export { clipScale, globalNorm } from './training/global-norm.ts';
export type { Parameter } from './training/parameter.ts';

registerCpuKernels();
