// grpo/losses.jsonl: TRL's _compute_loss on the float32 tape, every loss type, ratio, mask, correction and bonus: the loss of each
// token and micro-batch, the gradient with respect to the logits, the clip fractions.

import { windowNormaliser } from '../aggregation/aggregation.ts';
import { clipFractionsOfRatios } from '../policy-losses/clip-fractions.ts';
import type { ImportanceLevel } from '../policy-losses/importance-ratio.ts';
import { aggregationOf, type LossType } from '../policy-losses/loss-types.ts';
import { clampedLog } from '../policy-losses/vespo.ts';
import type { PolicyObjectiveOptions } from '../rl/policy-objective.ts';
import { absoluteDeviation, type Comparison, countFamily, type ParityFamily } from './parity-family.ts';
import { flatten, type ParityCase, readCases, readParityJson } from './parity-folder.ts';
import { type PickedToken, pickTokens, runPolicyCase } from './policy-case.ts';

interface LossBatch {
  logits: number[][][]; // [N, T, V]
  ids: number[][];
  mask: number[][];
  truncatedMask: number[][];
  toolMask: number[][];
  oldLogps: number[][];
  refLogps: number[][];
  samplingLogps: number[][];
  advantages: number[];
  tokenRatio: number[][]; // [N, T]
  sequenceRatio: number[][]; // [N, 1]
}
interface Inputs {
  mask: 'mask' | 'truncatedMask';
  toolMask: boolean;
  oldLogps: boolean;
  ratio: 'token' | 'sequence' | null;
  numItemsInBatch: number;
  microBatches: [number, number][];
}
interface Outputs {
  loss: number[];
  perTokenLoss: number[][]; // [N, T] or [N, 1]
  entropyMask?: number[][];
  gradLogits: number[][][];
  metrics: Record<string, number | number[]>;
}
type LossCase = ParityCase<Inputs, Outputs>;

const TOLERANCE = 2e-6;

export function grpoLossesParity(folder: string): Promise<ParityFamily> {
  const { lossBatches } = readParityJson<{ lossBatches: Record<string, LossBatch> }>(folder, 'grpo/batches.json');
  return countFamily(readCases<Inputs, Outputs>(folder, 'grpo/losses.jsonl'), async (item) => {
    const comparisons: Comparison[] = [];
    for (const index of item.inputs.microBatches.keys()) {
      comparisons.push(...(await checkMicroBatch(lossBatches[item.batch!]!, item, index)));
    }
    return comparisons;
  });
}

async function checkMicroBatch(batch: LossBatch, item: LossCase, index: number): Promise<Comparison[]> {
  const { options, inputs, outputs } = item;
  const [from, to] = inputs.microBatches[index]!;
  const lossMask = batch[inputs.mask].map((row, i) =>
    row.map((m, t) => m * (inputs.toolMask ? batch.toolMask[i]![t]! : 1)),
  );
  const picked = pickTokens(lossMask, from, to);
  const accumulation = options.mode === 'train' ? (options.gradient_accumulation_steps as number) : 1;
  const ratios = inputs.ratio === null ? undefined : batch[`${inputs.ratio}Ratio`];
  const objective = policyOptions(options);
  const result = await runPolicyCase({
    picked,
    logits: batch.logits,
    ids: batch.ids,
    temperature: options.temperature as number,
    advantage: ({ row }) => batch.advantages[row]!,
    weight: tokenWeights(item, lossMask, from, to),
    oldLogProbs: inputs.oldLogps ? batch.oldLogps : undefined,
    referenceLogProbs: batch.refLogps,
    samplerLogProbs: batch.samplingLogps,
    correction: ratios && {
      ratio: ({ row, t }) => ratios[row]![t] ?? ratios[row]![0]!,
      logSum: (row) => ratios[row]!.reduce((sum, ratio) => sum + clampedLog(ratio), 0), // TRL sums over the padding too
    },
    topEntropyShare: options.top_entropy_quantile as number,
    bonusWeight: (kept) => (options.entropy_coef as number) / Math.max(kept, 1) / accumulation,
    objective,
  });
  const tokenLosses = picked.map(({ row, t }) => outputs.perTokenLoss[row]![t] ?? outputs.perTokenLoss[row]![0]!);
  const gradients = flatten(picked.map(({ row, t }) => outputs.gradLogits[row]![t]!));
  const largestLoss = largest(flatten(outputs.perTokenLoss));
  const comparisons = [
    compare('perTokenLoss', result.tokenLosses, tokenLosses, largestLoss),
    compare('loss', [result.loss], [outputs.loss[index]!], Math.max(largestLoss, Math.abs(outputs.loss[index]!))),
    compare('gradLogits', result.gradient, gradients, largest(flatten(outputs.gradLogits))),
  ];
  if (result.keep !== undefined) {
    const kept = picked.map(({ row, t }) => Number(outputs.entropyMask![row]![t]!));
    comparisons.push({ what: 'entropyMask', deviation: absoluteDeviation(result.keep, kept), tolerance: 0 });
  }
  const region = [outputs.metrics['clip_ratio/region_mean'] ?? []].flat()[index];
  if (region !== undefined) {
    const found = clippedShare(picked, result.logProbs, batch, item);
    comparisons.push({ what: 'clip_ratio/region_mean', deviation: Math.abs(found - region), tolerance: 1e-6 });
  }
  return comparisons;
}

/** TRL's option names to ours, for every file of the grpo folder. */
export function policyOptions(options: Record<string, unknown>): PolicyObjectiveOptions {
  const epsilon = options.epsilon as number;
  const number = (name: string) => options[name] as number;
  return {
    lossType: (options.loss_type as LossType | undefined) ?? 'grpo',
    importanceSamplingLevel: (options.importance_sampling_level as ImportanceLevel | undefined) ?? 'token',
    epsilon,
    epsilonHigh: (options.epsilon_high as number | null | undefined) ?? epsilon,
    delta: (options.delta as number | null | undefined) ?? null,
    beta: number('beta'),
    useBiasCorrectionKl: options.use_bias_correction_kl !== false,
    offPolicyMaskThreshold: (options.off_policy_mask_threshold as number | null | undefined) ?? null,
    ...(options.loss_type === 'sapo' && {
      sapoTemperaturePos: number('sapo_temperature_pos'),
      sapoTemperatureNeg: number('sapo_temperature_neg'),
    }),
    ...(options.loss_type === 'vespo' && {
      vespoKPos: number('vespo_k_pos'),
      vespoLambdaPos: number('vespo_lambda_pos'),
      vespoKNeg: number('vespo_k_neg'),
      vespoLambdaNeg: number('vespo_lambda_neg'),
    }),
  };
}

/** Share of tokens, at the sequence level of completions, that are clipped. */
function clippedShare(picked: PickedToken[], logProbs: ArrayLike<number>, batch: LossBatch, item: LossCase): number {
  const { options, inputs } = item;
  const [from, to] = inputs.microBatches.find(([start, end]) => picked[0]!.row >= start && picked[0]!.row < end)!;
  const bounds = { epsilon: options.epsilon as number, epsilonHigh: options.epsilon_high as number };
  const difference = (i: number) => {
    const { row, t } = picked[i]!;
    return inputs.oldLogps ? logProbs[i]! - batch.oldLogps[row]![t]! : 0;
  };
  if (options.importance_sampling_level === 'token') {
    const ratios = picked.map((_, i) => Math.exp(difference(i)));
    const advantages = picked.map(({ row }) => batch.advantages[row]!);
    return clipFractionsOfRatios(ratios, advantages, bounds).region;
  }
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  const ratios = rows.map((row) => {
    const own = picked.flatMap((token, i) => (token.row === row ? [difference(i)] : []));
    return Math.exp(own.reduce((sum, value) => sum + value, 0) / Math.max(own.length, 1));
  });
  return clipFractionsOfRatios(
    ratios,
    rows.map((row) => batch.advantages[row]!),
    bounds,
  ).region;
}

/** TRL's denominators written with our normaliser: it divides by the accumulation count where ours counts the whole window. */
function tokenWeights(
  { options, inputs }: LossCase,
  lossMask: number[][],
  from: number,
  to: number,
): (token: PickedToken) => number {
  const accumulation = options.mode === 'train' ? (options.gradient_accumulation_steps as number) : 1;
  const tokensOf = (row: number) => lossMask[row]!.reduce((sum, m) => sum + m, 0);
  const aggregation = aggregationOf(options.loss_type as LossType);
  if (aggregation === 'dapo') {
    // tokens of the window: TRL counts the generation batch, of which the window is GA / steps_per_generation
    const share = options.mode === 'train' ? accumulation / (options.steps_per_generation as number) : 1;
    const normaliser = windowNormaliser('dapo', [inputs.numItemsInBatch * share], 0);
    return ({ row }) => normaliser.weight(tokensOf(row));
  }
  const lengths = Array.from({ length: to - from }, (_, i) => tokensOf(from + i));
  const normaliser = windowNormaliser(aggregation, lengths, options.max_completion_length as number);
  return ({ row }) => normaliser.weight(tokensOf(row)) / accumulation;
}

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Difference relative to `scale`, the largest entry of the tensor that `expected` is a part or a mean of. */
function compare(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, scale: number): Comparison {
  return { what, deviation: absoluteDeviation(actual, expected) / (scale || 1), tolerance: TOLERANCE };
}
