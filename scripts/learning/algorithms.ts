// The online algorithms that are measured beside each other on the quickstart's task, by their options. All share the warm start, the
// reward, the learning rate and the number of completions; two updates a generation, so that the ratio matters.
import type { RlOptionsInput } from '../../packages/trainers/src/index.ts';

export const shared: RlOptionsInput = {
  maxSteps: 50, // 25 generations, two updates each
  perDeviceTrainBatchSize: 128, // 16 problems x 8 completions
  numGenerations: 8,
  numIterations: 2,
  maxCompletionLength: 32,
  learningRate: 3e-4,
  lrSchedulerType: 'warmup_times_decay',
  lrSchedulerKwargs: { endFactor: 0.1 },
  warmupSteps: 5,
  adamBeta2: 0.99,
};

export const algorithms: Record<string, RlOptionsInput> = {
  GRPO: { lossType: 'grpo' },
  'Dr. GRPO': { lossType: 'dr_grpo', scaleRewards: 'none' },
  GSPO: { lossType: 'grpo', importanceSamplingLevel: 'sequence', epsilon: 3e-3, epsilonHigh: 4e-3 },
  CISPO: { lossType: 'cispo', epsilonHigh: 5 },
  RLOO: { lossType: 'grpo', advantageEstimator: 'leave_one_out', importanceSamplingLevel: 'sequence_sum' },
  'REINFORCE++': { lossType: 'dapo', advantageEstimator: 'reinforce_plus_plus' },
  DAPO: { lossType: 'dapo', epsilonHigh: 0.28, dynamicSampling: true, dynamicSamplingMaxGenBatches: 3 },
  ReMax: { lossType: 'dapo', advantageEstimator: 'remax' },
};
