// Options that are misspelt, out of range or at odds with one another: the code of the error, and what its message must say so that
// a person can mend it. Nothing is trained.
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, it } from 'vitest';
import { type Case, CLASH, expectRefusal, INVALID, preference, rl, sft, UNKNOWN } from './refusals.ts';

const minLr = { lrSchedulerType: 'cosine_with_min_lr' };
const options: Case[] = [
  ['an option of another spelling', sft({ learning_rate: 1e-3 }), UNKNOWN, /did you mean "learningRate"/],
  ['a misspelt option', sft({ perDeviceTrainBatchSzie: 2 }), UNKNOWN, /did you mean "perDeviceTrainBatchSize"/],
  ['an option of another trainer', sft({ numGenerations: 4 }), UNKNOWN, /"numGenerations"; known: learningRate/],
  [
    'a misspelt keyword of the schedule',
    sft({ lrSchedulerKwargs: { minlr: 1 } }),
    UNKNOWN,
    /did you mean "lrSchedulerKwargs\.minLr"/,
  ],
  ['learning rate 0', sft({ learningRate: 0 }), INVALID, /learningRate: .*>0/],
  ['a negative learning rate', sft({ learningRate: -1e-3 }), INVALID, /learningRate: .*>0/],
  [
    'a learning rate that is no number',
    sft({ learningRate: Number.NaN }),
    INVALID,
    /learningRate: .*expected number, received NaN/,
  ],
  [
    'a learning rate as text',
    sft({ learningRate: '1e-3' }),
    INVALID,
    /learningRate: .*expected number, received string/,
  ],
  ['an empty batch', sft({ perDeviceTrainBatchSize: 0 }), INVALID, /perDeviceTrainBatchSize: .*>=1/],
  ['half a row', sft({ perDeviceTrainBatchSize: 1.5 }), INVALID, /perDeviceTrainBatchSize: .*expected int/],
  ['no micro-batch', sft({ gradientAccumulationSteps: 0 }), INVALID, /gradientAccumulationSteps: .*>=1/],
  ['no step', sft({ maxSteps: 0 }), INVALID, /maxSteps: .*>=1/],
  ['an unknown optimizer', sft({ optim: 'adam' }), INVALID, /"adamw"/],
  ['AMSGrad in 8 bits', sft({ amsgrad: true, optim: 'adamw_8bit' }), CLASH, /amsgrad.*optim "adamw", or amsgrad false/],
  ['AMSGrad of another optimizer', sft({ amsgrad: true, optim: 'lion' }), CLASH, /amsgrad.*"lion"/],
  ['an unknown schedule', sft({ lrSchedulerType: 'cosin' }), INVALID, /"cosine"/],
  ['an unknown loss', sft({ lossType: 'mse' }), INVALID, /"nll"/],
  ['a warm-up longer than the run', sft({ warmupSteps: 5 }), CLASH, /warmupSteps 5 is more than maxSteps 2/],
  ['a warm-up that is ignored', sft({ lrSchedulerType: 'constant', warmupSteps: 1 }), CLASH, /constant_with_warmup/],
  ['a decay without a length', sft({ lrSchedulerType: 'warmup_stable_decay' }), CLASH, /numDecaySteps/],
  ['a floor without a value', sft(minLr), CLASH, /minLrRate/],
  [
    'a floor with two values',
    sft({ ...minLr, lrSchedulerKwargs: { minLr: 1e-6, minLrRate: 0.1 } }),
    CLASH,
    /exactly one/,
  ],
  ['a negative gradient norm', sft({ maxGradNorm: -1 }), INVALID, /maxGradNorm: .*>=0/],
  ['a beta beyond 1', sft({ adamBeta1: 2 }), INVALID, /adamBeta1: .*<1/],
  ['a beta of 1', sft({ adamBeta1: 1 }), INVALID, /adamBeta1: .*<1/],
  ['negative weight decay', sft({ weightDecay: -0.1 }), INVALID, /weightDecay: .*>=0/],
  ['a seed that is no integer', sft({ seed: 0.5 }), INVALID, /seed: .*expected int/],
  ['an average that never moves', sft({ emaDecay: 1 }), INVALID, /emaDecay: .*<1/],
  ['noise of 0', sft({ neftuneNoiseAlpha: 0 }), INVALID, /neftuneNoiseAlpha: .*>0/],
  [
    'a group that matches nothing',
    sft({ learningRateGroups: [{ match: 'lora_B', scale: 16 }] }),
    CLASH,
    /Names look like model\.embed_tokens/,
  ],
  [
    'a group that unlearns',
    sft({ learningRateGroups: [{ match: 'norm', scale: -1 }] }),
    INVALID,
    /learningRateGroups\.0\.scale: .*>=0/,
  ],
  ['patience without evaluations', sft({ earlyStoppingPatience: 2 }), CLASH, /Give evalSteps/],
  ['best weights without a folder', sft({ loadBestModelAtEnd: true, evalSteps: 1 }), CLASH, /Give outputDir/],
  [
    'a metric that is not measured',
    sft({ earlyStoppingPatience: 2, evalSteps: 1, evaluate: () => ({ f1: 1 }) }),
    CLASH,
    /eval_loss.*f1\. Name one/,
  ],
  ['packing without a length', sft({ packing: true, maxLength: null }), CLASH, /Give maxLength/],
  [
    'packing without a number of steps',
    sft({ packing: true, maxSteps: undefined }),
    CLASH,
    /with packing .*Give maxSteps/,
  ],
  ['packing and truncation', sft({ packing: true, truncationMode: 'keep_end' }), CLASH, /bfd_split/],
  ['a strategy without packing', sft({ packingStrategy: 'wrapped' }), CLASH, /packing: true/],
  ['room for one token', sft({ maxLength: 1 }), INVALID, /maxLength: .*>=2/],
  ['a group of one', rl({ numGenerations: 1 }), INVALID, /numGenerations: .*>=2/],
  [
    'groups that do not fill the batch',
    rl({ perDeviceTrainBatchSize: 3 }),
    CLASH,
    /Make their product a multiple of numGenerations/,
  ],
  [
    'windows over two generations',
    rl({ gradientAccumulationSteps: 2, stepsPerGeneration: 3, perDeviceTrainBatchSize: 2 }),
    CLASH,
    /not a multiple.*Make it one/,
  ],
  ['reinforcement learning without steps', rl({ maxSteps: undefined }), CLASH, /maxSteps is missing: say how many/],
  [
    'a misspelt keyword of the generation',
    rl({ generationKwargs: { minNewToken: 3 } }),
    UNKNOWN,
    /did you mean "generationKwargs\.minNewTokens"/,
  ],
  ['a typical mass above 1', rl({ generationKwargs: { typicalP: 2 } }), INVALID, /generationKwargs\.typicalP: .*<=1/],
  ['a cap that the loss ignores', rl({ lossType: 'sapo', delta: 2 }), CLASH, /Leave delta out/],
  ['a cap inside the clip', rl({ delta: 1.1 }), CLASH, /more than 1 \+ epsilon.*arxiv/],
  ['CISPO without its cap', rl({ lossType: 'cispo' }), CLASH, /Give epsilonHigh; 5 is usual.*arxiv/],
  [
    'GMPO at the sequence level',
    rl({ lossType: 'gmpo', importanceSamplingLevel: 'sequence' }),
    CLASH,
    /leave importanceSamplingLevel/,
  ],
  ['pass@k beyond the group', rl({ advantageEstimator: 'pass_at_k', passAtK: 5 }), CLASH, /Lower passAtK/],
  ['weights that nobody reads', rl({ rewardWeights: { a: 1 } }), CLASH, /normalize_then_sum/],
  [
    'dropped groups that carry the KL',
    rl({ dropZeroSignalGroups: true, beta: 0.1 }),
    CLASH,
    /KL term\. Set one of them off/,
  ],
  [
    'an entropy coefficient outside its bounds',
    rl({ useAdaptiveEntropy: true, entropyCoef: 2 }),
    CLASH,
    /between entropyCoefMin 0 and entropyCoefMax 1/,
  ],
  ['a clip that keeps no token', rl({ importanceSamplingClipMin: 3 }), CLASH, /less than importanceSamplingClipMax/],
  [
    'a correction of what is declared equal',
    rl({ importanceSamplingCorrection: true, oldLogProbs: 'sampler' }),
    CLASH,
    /Use oldLogProbs "recompute"/,
  ],
  ['temperature 0', rl({ temperature: 0 }), INVALID, /temperature: .*>0/],
  ['no nucleus', rl({ topP: 0 }), INVALID, /topP: .*>0/],
  ['an unknown pair loss', preference({ lossType: 'dpo' }), INVALID, /lossType: .*"sigmoid"/],
  ['a negative beta', preference({ beta: -1 }), INVALID, /beta: .*>0/],
];

beforeAll(() => useDevice('cpu'));

it.each(options)('%s', (what, make, code, hint) =>
  expectRefusal(make, code, hint, what.startsWith('a metric') ? 1 : 0),
);
