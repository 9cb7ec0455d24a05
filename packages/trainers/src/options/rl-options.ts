// Options of reinforcement learning with verifiable rewards (TRL GRPOConfig).

import { z } from 'zod';
import { ADVANTAGE_ESTIMATORS } from '../advantages/estimators.ts';
import { CORRECTION_MODES } from '../corrections/rollout-correction.ts';
import { TrainerError } from '../errors.ts';
import { KL_ESTIMATORS } from '../kl/estimators.ts';
import { IMPORTANCE_LEVELS } from '../policy-losses/importance-ratio.ts';
import { LOSS_TYPES } from '../policy-losses/loss-types.ts';
import { parseOptions } from './parse-options.ts';
import { findRlClash } from './rl-clashes.ts';
import { samplingOptionShape } from './sampling-options.ts';
import { checkTrainingOptions, trainingOptionShape } from './training-options.ts';

const rate = z.number().min(0).max(1);

const curriculumSchema = z.strictObject({
  /** Prompts in the pool at most. */
  poolSize: z.int().min(1).default(256),
  /** Share of a generation's prompts that comes from the pool, as far as it reaches. */
  poolShare: rate.default(0.5),
  minPassRate: rate.default(0),
  maxPassRate: rate.default(0.9),
  /** A completion passes with at least this reward. */
  passReward: z.number().default(1),
});

export const rlOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(1e-6),
  ...trainingOptionShape,
  /** G: completions of one prompt. */
  numGenerations: z.int().min(2).default(8),
  maxCompletionLength: z.int().min(1).default(512),
  /**
   * Prompts answered once before the first step, to see whether completions are cut and which length would do; a warning says so. 32 is
   * usual; 0 = none. What is trained does not depend on it. Needs `dataset`, also beside a stream.
   */
  probeSamples: z.int().min(0).default(0),
  /** Prompts with more tokens are left out and counted. null = only the model's context limits them. */
  maxPromptLength: z.int().min(1).nullable().default(null),
  /** Micro-batches sampled at once; null = gradientAccumulationSteps, so that every update is on-policy. */
  stepsPerGeneration: z.int().min(1).nullable().default(null),
  /** Passes over each generation batch. */
  numIterations: z.int().min(1).default(1),
  temperature: z.number().positive().default(1),
  ...samplingOptionShape,
  /** Loss of each token and how they are averaged; the papers are in the README. */
  lossType: z.enum(LOSS_TYPES).default('dapo'),
  /** 'sequence' is GSPO, 'sequence_token' GSPO-token, 'sequence_sum' RLOO. */
  importanceSamplingLevel: z.enum(IMPORTANCE_LEVELS).default('token'),
  /** How rewards become advantages; `scaleRewards` belongs to 'group'. */
  advantageEstimator: z.enum(ADVANTAGE_ESTIMATORS).default('group'),
  /** k of advantageEstimator 'pass_at_k'. */
  passAtK: z.int().min(1).default(4),
  /** 'normalize_then_sum' (GDPO) normalises each named part of the reward within its group first. */
  multiObjectiveAggregation: z.enum(['sum_then_normalize', 'normalize_then_sum']).default('sum_then_normalize'),
  /** Weights of the parts under 'normalize_then_sum'; null = 1 each. Otherwise combineRewards has the weights. */
  rewardWeights: z.record(z.string(), z.number()).nullable().default(null),
  scaleRewards: z.enum(['group', 'batch', 'none']).default('group'),
  epsilon: z.number().min(0).default(0.2),
  /** null = epsilon. DAPO recommends 0.28. */
  epsilonHigh: z.number().min(0).nullable().default(null),
  /** Absolute cap of the ratio, 1 + epsilon < delta; null = none. */
  delta: z.number().positive().nullable().default(null),
  /** Weight of the estimated KL to the reference policy; 0 = no reference at all. */
  beta: z.number().min(0).default(0),
  /** How KL is estimated from sampled tokens; RLOO and REINFORCE++ take k1 in the reward, k2 in the loss. */
  klEstimator: z.enum(KL_ESTIMATORS).default('k3'),
  /** beta times the KL of the completion leaves its reward, instead of entering the loss. */
  klInReward: z.boolean().default(false),
  /** The reference follows the policy: every refModelSyncSteps it moves the share refModelMixupAlpha towards it. 1 step = EMA. */
  syncRefModel: z.boolean().default(false),
  refModelMixupAlpha: z.number().positive().max(1).default(0.6),
  refModelSyncSteps: z.int().min(1).default(512),
  useBiasCorrectionKl: z.boolean().default(true),
  sapoTemperaturePos: z.number().positive().default(1),
  sapoTemperatureNeg: z.number().positive().default(1.05),
  vespoKPos: z.number().positive().default(2),
  vespoLambdaPos: z.number().positive().default(3),
  vespoKNeg: z.number().positive().default(3),
  vespoLambdaNeg: z.number().positive().default(2),
  /** Leave out completions with negative advantage that drifted further than this from the sampler; null = none. */
  offPolicyMaskThreshold: z.number().nullable().default(null),
  /** Train on this share of the tokens only, those of highest entropy in the window. 1 = all. */
  topEntropyQuantile: z.number().positive().max(1).default(1),
  /** Coefficient of the entropy bonus; makes the logits once more, block by block. */
  entropyCoef: z.number().min(0).default(0),
  /** Steer entropyCoef so that the entropy stays near entropyTarget. */
  useAdaptiveEntropy: z.boolean().default(false),
  entropyCoefMin: z.number().min(0).default(0),
  entropyCoefMax: z.number().min(0).default(1),
  entropyCoefDelta: z.number().positive().default(0.005),
  entropyTarget: z.number().positive().default(0.2),
  /** Weigh tokens by trainer / sampler probability. TRL's default with vLLM is true; on the exact devices the ratio is 1. */
  importanceSamplingCorrection: z.boolean().default(false),
  importanceSamplingMode: z.enum(CORRECTION_MODES).default('sequence_mask'),
  importanceSamplingClipMax: z.number().positive().default(3),
  importanceSamplingClipMin: z.number().min(0).nullable().default(null),
  /** Completions that were sampled more than this many updates ago do not train; null = no limit. */
  maxStaleness: z.int().min(0).nullable().default(null),
  /** Sample further prompts in place of groups whose rewards all agree (DAPO), in at most dynamicSamplingMaxGenBatches rounds. */
  dynamicSampling: z.boolean().default(false),
  dynamicSamplingMaxGenBatches: z.int().min(1).default(10),
  /** Keep this many groups that taught much, to take the place of groups that agree; 0 = none. */
  replayBufferSize: z.int().min(0).default(0),
  /** Try prompts again by how often they are solved; rows with a known `passRate` pass the same gate. */
  curriculum: curriculumSchema.nullable().default(null),
  /** Weight of the step-level credit, from the `steps` of the reward's scores; 0 = none. */
  stepRewardCoef: z.number().min(0).default(0),
  /** Regular expression between two steps of the thinking, as the process reward splits it. */
  stepSeparator: z.string().min(1).default('\\n\\s*\\n'),
  /** Completions that ran into maxCompletionLength do not train. */
  maskTruncatedCompletions: z.boolean().default(false),
  /**
   * Groups without signal (all rewards equal) leave the learner's batch and its denominators. Default: yes without KL, where
   * they have no gradient; TRL keeps them in the denominators, which `false` restores.
   */
  dropZeroSignalGroups: z.boolean().nullable().default(null),
  /**
   * Log-probs of the policy that sampled. 'sampler' takes the engine's, 'recompute' runs the model once more before learning,
   * 'auto' takes the engine's where they equal the trainer's bit for bit (the native device, with nothing but a temperature).
   */
  oldLogProbs: z.enum(['auto', 'sampler', 'recompute']).default('auto'),
});
export type RlOptions = z.output<typeof rlOptionsSchema>;
export type RlOptionsInput = z.input<typeof rlOptionsSchema>;

/** Checked options with defaults; refuses combinations that cannot work, before any model is loaded. */
export function parseRlOptions(options: unknown): RlOptions {
  const parsed = parseOptions(rlOptionsSchema, options, 'createRlTrainer');
  checkTrainingOptions(parsed, 'createRlTrainer');
  const clash = findRlClash(parsed);
  if (clash !== undefined) throw new TrainerError('TW_TRAINERS_OPTIONS_CLASH', `createRlTrainer: ${clash}`);
  return parsed;
}
