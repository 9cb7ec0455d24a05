// grpo/windows.jsonl: rewards to advantages to the losses of two micro-batches to the gradient of a bigram policy, through TRL's two
// methods in sequence, with every mode of the rollout correction.

import { computeGradients, type Parameter, tf, tokenLogProbs } from '@thinkwright/tensors';
import { groupAdvantages, type RewardScale } from '../advantages/group-advantages.ts';
import { sumRewards } from '../advantages/sum-rewards.ts';
import { type CorrectionMode, rolloutCorrection } from '../corrections/rollout-correction.ts';
import type { LossType } from '../policy-losses/loss-types.ts';
import { type LearnerBatch, learnerWindow } from '../rl/learner-batch.ts';
import { policyConstants } from '../rl/policy-constants.ts';
import { policyObjective } from '../rl/policy-objective.ts';
import type { Rollout } from '../rl/rollout.ts';
import { rolloutMetrics } from '../rl/rollout-metrics.ts';
import { policyOptions } from './grpo-losses.ts';
import {
  absoluteDeviation,
  countFamily,
  deviationAt,
  float64Deviation,
  type ParityFamily,
  relativeDeviation,
} from './parity-family.ts';
import { flatten, readCases, readParityJson } from './parity-folder.ts';

interface Window {
  promptIds: number[][];
  completionIds: number[][];
  rewards: (number | null)[][];
  samplerLogps: (number | null)[][];
  tables: Record<'old' | 'new' | 'ref', number[][]>; // [V, V]: logits after each id
  position: number[][]; // [columns, V]: added at each column of the padded batch
  eosTokenId: number;
}
interface Outputs {
  batch: { advantages: number[] };
  loss: number[];
  gradTable: number[][];
  metrics: Record<string, number>;
}

const TOLERANCE = 2e-6;
const METRIC_TOLERANCE = 1e-6;
const METRICS = [
  'reward',
  'reward_std',
  'frac_reward_zero_std',
  'completions/mean_length',
  'completions/clipped_ratio',
];

export function grpoWindowsParity(folder: string): Promise<ParityFamily> {
  const { window } = readParityJson<{ window: Window }>(folder, 'grpo/batches.json');
  return countFamily(readCases<never, Outputs>(folder, 'grpo/windows.jsonl'), async ({ options, outputs }) => {
    const groupSize = options.num_generations as number;
    const rollouts = rolloutsOf(window, options);
    const batches = learnerWindow(rollouts, {
      lossType: options.loss_type as LossType,
      maxCompletionLength: options.max_completion_length as number,
      maskTruncatedCompletions: options.mask_truncated_completions === true,
      dropZeroSignalGroups: false,
      perDeviceTrainBatchSize: rollouts.length, // masked rows would shift the borders of TRL's micro-batches
    });
    const { loss, gradient } = await lossAndGradient(window, batches, options);
    const metrics = rolloutMetrics(rollouts, groupSize);
    // the loss is a mean of tokens' losses, which are about as large as the advantages
    const largestLoss = Math.max(...[...outputs.loss, ...outputs.batch.advantages].map(Math.abs));
    const total = outputs.loss.reduce((sum, value) => sum + value, 0);
    return [
      {
        what: 'advantages',
        deviation: float64Deviation(
          rollouts.map(({ advantage }) => advantage),
          outputs.batch.advantages,
        ),
        tolerance: 1e-10,
      },
      { what: 'loss of the window', deviation: deviationAt(Math.abs(loss - total), largestLoss), tolerance: TOLERANCE },
      { what: 'gradTable', deviation: relativeDeviation(gradient, flatten(outputs.gradTable)), tolerance: TOLERANCE },
      {
        what: 'metrics',
        deviation: absoluteDeviation(
          METRICS.map((name) => metrics[name]!),
          METRICS.map((name) => outputs.metrics[name]!),
        ),
        tolerance: METRIC_TOLERANCE,
      },
    ];
  });
}

function rolloutsOf(window: Window, options: Record<string, unknown>): Rollout[] {
  const groupSize = options.num_generations as number;
  const sums = sumRewards(window.rewards, options.reward_weights as number[]);
  const { advantages, zeroSignal } = groupAdvantages(sums, groupSize, options.scale_rewards as RewardScale);
  return window.completionIds.map((ids, i) => ({
    key: String(Math.floor(i / groupSize)),
    sample: i % groupSize,
    group: Math.floor(i / groupSize),
    promptIds: Int32Array.from(window.promptIds[i]!),
    ids: Int32Array.from(ids),
    samplerLogProbs: Float32Array.from(window.samplerLogps[i]!, (value) => value ?? Number.NaN),
    finish: ids.at(-1) === window.eosTokenId ? 'stop' : 'length',
    reward: sums[i]!,
    parts: {},
    advantage: advantages[i]!,
    zeroSignal: zeroSignal[Math.floor(i / groupSize)]!,
  }));
}

async function lossAndGradient(window: Window, batches: LearnerBatch[], options: Record<string, unknown>) {
  const objective = policyOptions({ ...VESPO_DEFAULTS, ...options });
  const table = tf.tidy(() => tf.variable(tf.tensor2d(window.tables.new)));
  const parameters: Parameter[] = [{ name: 'table', variable: table, decay: false }];
  let total = 0;
  const gradient = new Float64Array(table.size);
  for (const batch of batches) {
    const logProbsUnder = (policy: tf.Tensor2D) => bigramLogProbs(window, batch, policy, options.temperature as number);
    const under = (rows: number[][]) => tf.tidy(() => logProbsUnder(tf.tensor2d(rows)).dataSync() as Float32Array);
    fillFixedLogProbs(batch, under, window.tables, options);
    const { tensors, dispose } = policyConstants(batch, objective);
    const { loss, gradients } = computeGradients(
      () => policyObjective(logProbsUnder(table as unknown as tf.Tensor2D), tensors, objective),
      parameters,
    );
    dispose();
    total += (await loss.data())[0]!;
    for (const [i, value] of (await gradients.get('table')!.data()).entries()) gradient[i]! += value;
    tf.dispose([loss, ...gradients.values()]);
  }
  table.dispose();
  return { loss: total, gradient };
}

const VESPO_DEFAULTS = { vespo_k_pos: 2, vespo_lambda_pos: 3, vespo_k_neg: 3, vespo_lambda_neg: 2 };

/** Log-probs [N] of a batch's targets under logits table[previous id] + position[column]. */
function bigramLogProbs(
  window: Window,
  { rollouts, packed }: LearnerBatch,
  table: tf.Tensor2D,
  temperature: number,
): tf.Tensor1D {
  const promptColumns = Math.max(...window.promptIds.map((ids) => ids.length)); // prompts are padded on the left
  const previous = tf.gather(tf.tensor1d(packed.ids, 'int32'), tf.tensor1d(packed.rows, 'int32')); // [N]
  const columns = rollouts.flatMap(({ ids }) => Array.from(ids, (_, t) => promptColumns + t - 1));
  const position = tf.tensor2d(columns.map((column) => window.position[column]!)); // [N, V]
  const logits = tf.add<tf.Tensor2D>(tf.gather(table, previous), position);
  const identity = tf.eye(table.shape[0]); // hidden rows are the logits themselves
  return tokenLogProbs(logits, identity, tf.tensor1d(packed.targets, 'int32'), { temperature }).logProbs;
}

/** Log-probs of the old and the reference policy, and the correction for the sampler, as the trainer fills them in. */
function fillFixedLogProbs(
  { rollouts }: LearnerBatch,
  under: (table: number[][]) => Float32Array,
  { old, new: now, ref }: Window['tables'],
  options: Record<string, unknown>,
): void {
  const [oldLogProbs, newLogProbs, referenceLogProbs] = [under(old), under(now), under(ref)];
  let offset = 0;
  for (const rollout of rollouts) {
    const own = (values: Float32Array) => values.slice(offset, offset + rollout.ids.length);
    rollout.oldLogProbs = own(oldLogProbs);
    rollout.referenceLogProbs = own(referenceLogProbs);
    if (options.importance_sampling_correction) {
      const ratios = rolloutCorrection(rollout.oldLogProbs, rollout.samplerLogProbs, {
        importanceSamplingMode: options.vllm_importance_sampling_mode as CorrectionMode,
        importanceSamplingClipMax: options.vllm_importance_sampling_clip_max as number,
        importanceSamplingClipMin: (options.vllm_importance_sampling_clip_min as number | undefined) ?? null,
      });
      rollout.correction = Float32Array.from(ratios);
    }
    const current = own(newLogProbs); // a token that the sampler could not score counts as no drift
    rollout.samplerLogProbs = rollout.samplerLogProbs.map((value, t) => (Number.isNaN(value) ? current[t]! : value));
    offset += rollout.ids.length;
  }
}
