// Options that every trainer shares: optimizer, schedule, batch, checkpoints. Names and defaults are transformers' and TRL's own
// in camelCase, unless a line says why not.

import { z } from 'zod';
import { evaluationWatcher } from '../best-evaluation.ts';
import { TrainerError } from '../errors.ts';
import { OPTIMIZERS } from '../optimizer/create-optimizer.ts';
import { SCHEDULES } from '../schedules/create-schedule.ts';
import { PHASE_SHAPES } from '../schedules/warmup-stable-decay.ts';

const positiveInteger = z.int().min(1);
const share = z.number().min(0).max(1);
const momentum = z.number().min(0).lt(1);

export const trainingOptionShape = {
  /** Optimizer updates. Required for streams without a known size. */
  maxSteps: positiveInteger.optional(),
  /** Completions (RL) or rows (SFT) that go through the model at once. */
  perDeviceTrainBatchSize: positiveInteger.default(8),
  /** Micro-batches of one optimizer window; any number gives the same update as one big batch. */
  gradientAccumulationSteps: positiveInteger.default(1),
  /** 'adamw_8bit' keeps its moments in bytes, on the host. 'muon' trains the matrices of the blocks with Muon and the rest with AdamW; adamBeta1 is also the momentum of 'sgd'. */
  optim: z.enum(OPTIMIZERS).default('adamw'),
  adamBeta1: momentum.default(0.9),
  adamBeta2: momentum.default(0.999),
  adamEpsilon: z.number().min(0).default(1e-8),
  /** Divide by the largest second moment so far (AMSGrad); 'adamw' only. transformers spells it optim_args "amsgrad=True". */
  amsgrad: z.boolean().default(false),
  weightDecay: z.number().min(0).default(0),
  /** Parameters with a multiple of the learning rate, by a part of their name; the first that matches counts. */
  learningRateGroups: z.array(z.strictObject({ match: z.string().min(1), scale: z.number().min(0) })).default([]),
  /** Decay of a moving average of the weights, which evaluation and `save()` then use; null = none. */
  emaDecay: z.number().min(0).lt(1).nullable().default(null),
  /** Clip the global gradient norm to this; 0 = do not clip. */
  maxGradNorm: z.number().min(0).default(1),
  lrSchedulerType: z.enum(SCHEDULES).default('linear'),
  lrSchedulerKwargs: z
    .strictObject({
      numCycles: z.number().positive().optional(),
      minLr: z.number().min(0).optional(),
      minLrRate: share.optional(),
      endFactor: share.optional(),
      warmupLrRate: share.optional(),
      lrEnd: z.number().min(0).optional(),
      power: z.number().positive().optional(),
      timescale: z.number().positive().optional(),
      numDecaySteps: z.int().min(0).optional(),
      minLrRatio: share.optional(),
      factor: z.number().positive().lt(1).optional(),
      patience: z.int().min(0).optional(),
      threshold: z.number().min(0).optional(),
      thresholdMode: z.enum(['rel', 'abs']).optional(),
      cooldown: z.int().min(0).optional(),
      eps: z.number().min(0).optional(),
      warmupType: z.enum(PHASE_SHAPES).optional(),
      decayType: z.enum(PHASE_SHAPES).optional(),
    })
    .default({}),
  warmupSteps: z.int().min(0).default(0),
  /** Recompute activations in the backward pass. TRL's default is true; here memory is rarely short, so false. */
  gradientCheckpointing: z.boolean().default(false),
  seed: z.int().default(42),
  /** A checkpoint every this many steps (needs outputDir); 0 = only at the end and when aborted. */
  saveSteps: z.int().min(0).default(500),
  /** Checkpoints kept, newest first; null keeps all (the transformers default). Default 2. */
  saveTotalLimit: positiveInteger.nullable().default(2),
  /** Call the `evaluate` port every this many steps; 0 = never. */
  evalSteps: z.int().min(0).default(0),
  /** Stop when the metric has not improved in this many evaluations; null = never. Needs evalSteps. */
  earlyStoppingPatience: positiveInteger.nullable().default(null),
  /** The least that counts as an improvement. */
  earlyStoppingThreshold: z.number().min(0).default(0),
  /** The metric of an evaluation that decides; higher is better unless its name ends in "loss", or greaterIsBetter says so. */
  metricForBestModel: z.string().min(1).default('eval_loss'),
  greaterIsBetter: z.boolean().nullable().default(null),
  /** At the end, go back to the weights of the best evaluation, kept in outputDir/best. */
  loadBestModelAtEnd: z.boolean().default(false),
} as const;

export const trainingOptionsSchema = z.strictObject({
  learningRate: z.number().positive().default(2e-5),
  ...trainingOptionShape,
});
export type TrainingOptions = z.output<typeof trainingOptionsSchema>;

/** Refuses what cannot be meant. */
export function checkTrainingOptions(options: TrainingOptions, trainer: string): void {
  const { lrSchedulerType, warmupSteps, maxSteps } = options;
  if (maxSteps !== undefined && warmupSteps > maxSteps) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `${trainer}: warmupSteps ${warmupSteps} is more than maxSteps ${maxSteps}, so the learning rate would never reach its peak. Lower warmupSteps.`,
    );
  }
  if (options.amsgrad && options.optim !== 'adamw') {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `${trainer}: amsgrad keeps the largest second moment of AdamW, which optim "${options.optim}" does not have${options.optim === 'adamw_8bit' ? ' in float32' : ''}. Use optim "adamw", or amsgrad false.`,
    );
  }
  if (lrSchedulerType === 'warmup_stable_decay' && options.lrSchedulerKwargs.numDecaySteps === undefined) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `${trainer}: lrSchedulerType "warmup_stable_decay" needs lrSchedulerKwargs.numDecaySteps, the steps of the decay at the end; a tenth of maxSteps is usual.`,
    );
  }
  const watcher = evaluationWatcher(options);
  if (watcher !== undefined && options.evalSteps === 0) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `${trainer}: ${watcher} needs evaluations to compare, but evalSteps is 0. Give evalSteps.`,
    );
  }
  const hasNoWarmup = lrSchedulerType === 'constant' || lrSchedulerType === 'reduce_lr_on_plateau';
  if (hasNoWarmup && warmupSteps > 0) {
    throw new TrainerError(
      'TW_TRAINERS_OPTIONS_CLASH',
      `${trainer}: lrSchedulerType "${lrSchedulerType}" ignores warmupSteps ${warmupSteps}. Use "constant_with_warmup", or warmupSteps 0.`,
    );
  }
}
