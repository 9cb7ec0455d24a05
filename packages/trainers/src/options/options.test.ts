// Misspelt keys, impossible values and impossible pairs are refused before a model is touched, with the fix in the message.
import { describe, expect, it } from 'vitest';
import { optionsFromSnakeCase } from './names.ts';
import { parseRejectionSamplingOptions } from './rejection-sampling-options.ts';
import { parseRlOptions } from './rl-options.ts';
import { parseSftOptions } from './sft-options.ts';

const rl = { maxSteps: 10 };
const refused: [string, () => unknown, string, RegExp][] = [
  ['a misspelt key', () => parseSftOptions({ learningRat: 1 }), 'UNKNOWN', /did you mean "learningRate"\?/],
  ['a snake_case key', () => parseSftOptions({ max_steps: 1 }), 'UNKNOWN', /did you mean "maxSteps"\?/],
  ['a key of another world', () => parseSftOptions({ vllmPort: 1 }), 'UNKNOWN', /known: learningRate/],
  [
    'a key inside an option',
    () => parseSftOptions({ lrSchedulerKwargs: { min_lr: 1 } }),
    'UNKNOWN',
    /lrSchedulerKwargs\.min_lr/,
  ],
  ['a learning rate of 0', () => parseSftOptions({ learningRate: 0 }), 'INVALID', /learningRate/],
  ['a text where a number belongs', () => parseSftOptions({ maxSteps: '10' }), 'INVALID', /maxSteps/],
  ['half a step', () => parseSftOptions({ maxSteps: 1.5 }), 'INVALID', /maxSteps/],
  ['an unknown schedule', () => parseSftOptions({ lrSchedulerType: 'cosin' }), 'INVALID', /lrSchedulerType/],
  ['packing without maxLength', () => parseSftOptions({ packing: true, maxLength: null }), 'CLASH', /Give maxLength/],
  ['a warm-up longer than the run', () => parseSftOptions({ maxSteps: 5, warmupSteps: 6 }), 'CLASH', /warmupSteps/],
  [
    'a warm-up of a constant',
    () => parseSftOptions({ lrSchedulerType: 'constant', warmupSteps: 2 }),
    'CLASH',
    /constant_with_warmup/,
  ],
  [
    'a plateau without an end',
    () => parseSftOptions({ lrSchedulerType: 'warmup_stable_decay' }),
    'CLASH',
    /numDecaySteps/,
  ],
  ['an unknown optimizer', () => parseSftOptions({ optim: 'adam8bit' }), 'INVALID', /optim/],
  ['RL without maxSteps', () => parseRlOptions({}), 'CLASH', /maxSteps is missing/],
  ['a group of one', () => parseRlOptions({ ...rl, numGenerations: 1 }), 'INVALID', /numGenerations/],
  [
    'groups that do not fill a batch',
    () => parseRlOptions({ ...rl, perDeviceTrainBatchSize: 6 }),
    'CLASH',
    /do not divide/,
  ],
  [
    'a window of two generations',
    () => parseRlOptions({ ...rl, gradientAccumulationSteps: 2, stepsPerGeneration: 3 }),
    'CLASH',
    /not a multiple/,
  ],
  ['delta inside the clip', () => parseRlOptions({ ...rl, delta: 1.1 }), 'CLASH', /delta 1.1/],
  ['dropped groups with KL', () => parseRlOptions({ ...rl, dropZeroSignalGroups: true, beta: 0.1 }), 'CLASH', /KL/],
  ['delta without a clip', () => parseRlOptions({ ...rl, lossType: 'sapo', delta: 3 }), 'CLASH', /clipped surrogate/],
  ['CISPO without its cap', () => parseRlOptions({ ...rl, lossType: 'cispo' }), 'CLASH', /Give epsilonHigh/],
  [
    'two means over a sequence',
    () => parseRlOptions({ ...rl, lossType: 'gmpo', importanceSamplingLevel: 'sequence' }),
    'CLASH',
    /its own mean/,
  ],
  [
    'VESPO with a sequence correction',
    () => parseRlOptions({ ...rl, lossType: 'vespo', importanceSamplingCorrection: true }),
    'CLASH',
    /token_truncate/,
  ],
  [
    'a correction of nothing',
    () => parseRlOptions({ ...rl, importanceSamplingCorrection: true, oldLogProbs: 'sampler' }),
    'CLASH',
    /recompute/,
  ],
  [
    'correction bounds that leave nothing',
    () => parseRlOptions({ ...rl, importanceSamplingClipMin: 3 }),
    'CLASH',
    /no token is left/,
  ],
  [
    'adaptive entropy that starts outside its range',
    () => parseRlOptions({ ...rl, useAdaptiveEntropy: true, entropyCoef: 2 }),
    'CLASH',
    /entropyCoefMax 1/,
  ],
  [
    'dropped groups with an entropy bonus',
    () => parseRlOptions({ ...rl, dropZeroSignalGroups: true, entropyCoef: 0.1 }),
    'CLASH',
    /bonus/,
  ],
  [
    'no tokens of high entropy',
    () => parseRlOptions({ ...rl, topEntropyQuantile: 0 }),
    'INVALID',
    /topEntropyQuantile/,
  ],
  [
    'more than the group for pass@k',
    () => parseRlOptions({ ...rl, advantageEstimator: 'pass_at_k', passAtK: 9 }),
    'CLASH',
    /passAtK 9/,
  ],
  [
    'two estimators at once',
    () => parseRlOptions({ ...rl, advantageEstimator: 'max_rl', multiObjectiveAggregation: 'normalize_then_sum' }),
    'CLASH',
    /estimator of its own/,
  ],
  ['KL in the reward that costs nothing', () => parseRlOptions({ ...rl, klInReward: true }), 'CLASH', /without beta/],
  [
    'a reference to follow where there is none',
    () => parseRlOptions({ ...rl, syncRefModel: true }),
    'CLASH',
    /no reference/,
  ],
  [
    'a KL loss without a gradient',
    () => parseRlOptions({ ...rl, beta: 0.1, klEstimator: 'k1', useBiasCorrectionKl: false }),
    'CLASH',
    /zero on average/,
  ],
  [
    'KL in a reward that GDPO does not read',
    () => parseRlOptions({ ...rl, beta: 0.1, klInReward: true, multiObjectiveAggregation: 'normalize_then_sum' }),
    'CLASH',
    /does not read/,
  ],
  [
    'KL in the reward of MaxRL',
    () => parseRlOptions({ ...rl, beta: 0.1, klInReward: true, advantageEstimator: 'max_rl' }),
    'CLASH',
    /negative/,
  ],
  [
    'a refill of groups that teach',
    () => parseRlOptions({ ...rl, dynamicSampling: true, advantageEstimator: 'reinforce_plus_plus' }),
    'CLASH',
    /compares with the batch/,
  ],
  [
    'a gate that nothing passes',
    () => parseRlOptions({ ...rl, curriculum: { minPassRate: 0.8, maxPassRate: 0.2 } }),
    'CLASH',
    /no prompt could pass/,
  ],
  ['a misspelt curriculum', () => parseRlOptions({ ...rl, curriculum: { size: 3 } }), 'UNKNOWN', /curriculum\.size/],
  [
    'an age that the last windows exceed',
    () => parseRlOptions({ ...rl, numIterations: 4, maxStaleness: 2 }),
    'CLASH',
    /never train/,
  ],
  [
    'credit of steps for a loss of whole completions',
    () => parseRlOptions({ ...rl, lossType: 'gmpo', stepRewardCoef: 1 }),
    'CLASH',
    /whole completion/,
  ],
  ['a separator that is no expression', () => parseRlOptions({ ...rl, stepSeparator: '(' }), 'CLASH', /stepSeparator/],
  ['weights nobody reads', () => parseRlOptions({ ...rl, rewardWeights: { a: 1 } }), 'CLASH', /combineRewards/],
  ['an unknown loss', () => parseRlOptions({ ...rl, lossType: 'ppo' }), 'INVALID', /lossType/],
  ['greedy rollouts', () => parseRlOptions({ ...rl, temperature: 0 }), 'INVALID', /temperature/],
  ['more kept than sampled', () => parseRejectionSamplingOptions({ keepPerProblem: 9 }), 'CLASH', /keepPerProblem/],
];

describe('options', () => {
  it.each(refused)('refuse %s', (_, parse, code, message) => {
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: expect.stringContaining(code) }));
  });

  it('have the defaults of TRL', () => {
    expect(parseRlOptions(rl)).toMatchObject({
      learningRate: 1e-6,
      numGenerations: 8,
      maxCompletionLength: 512,
      lossType: 'dapo',
      scaleRewards: 'group',
      epsilon: 0.2,
      beta: 0,
      useBiasCorrectionKl: true,
      maxGradNorm: 1,
      adamBeta2: 0.999,
    });
    expect(parseSftOptions({})).toMatchObject({ learningRate: 2e-5, maxLength: 1024, perDeviceTrainBatchSize: 8 });
  });

  it('are read from snake_case at every depth', () => {
    const yaml = {
      per_device_train_batch_size: 2,
      lr_scheduler_kwargs: { min_lr_rate: 0.1 },
      adam_beta2: 0.95,
      top_p: 1,
    };
    expect(optionsFromSnakeCase(yaml)).toEqual({
      perDeviceTrainBatchSize: 2,
      lrSchedulerKwargs: { minLrRate: 0.1 },
      adamBeta2: 0.95,
      topP: 1,
    });
  });
});
