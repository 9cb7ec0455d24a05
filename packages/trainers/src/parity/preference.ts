// preference/*.jsonl: TRL's DPO, KTO, CPO and ORPO losses on the float32 tape, with their gradients with respect to the logits.

import { computeGradients, tf, tokenLogProbs } from '@thinkwright/tensors';
import { sequenceSums } from '../batches/sequence-sums.ts';
import { averagesLogProbs, cpo, type ReferenceFreeLossName } from '../preference-losses/cpo.ts';
import type { DIVERGENCES } from '../preference-losses/f-divergence.ts';
import { ktoReferencePoint, type UnpairedLossName, unpairedLoss } from '../preference-losses/kto.ts';
import { orpo } from '../preference-losses/orpo.ts';
import { type PairLossName, pairLoss, pairObjective } from '../preference-losses/pair-objective.ts';
import { lengthDesensitized, pairScores } from '../preference-losses/pair-scores.ts';
import { logSumSquaredProbs, wpoWeights } from '../preference-losses/wpo-weight.ts';
import {
  absoluteDeviation,
  type Comparison,
  countFamily,
  deviationAt,
  type ParityFamily,
  relativeDeviation,
} from './parity-family.ts';
import { flatten, readCases, readParityJson } from './parity-folder.ts';

interface Batch {
  ids: number[][];
  attentionMask: number[][];
  completionMask: number[][];
  logits: number[][][];
  refLogits: number[][][];
}
interface Outputs {
  loss: number;
  perSequenceLoss?: number[];
  losses?: number[];
  gradLogits: number[][][];
}

const TOLERANCE = 2e-6;

/** Tokens of a mask, end to end: the logits at t predict the id at t + 1. */
function pick(ids: number[][], mask: number[][], logits: number[][][]) {
  const picked = mask.flatMap((row, i) => row.flatMap((m, t) => (m && t > 0 ? [{ row: i, t }] : [])));
  return {
    picked,
    logits: picked.map(({ row, t }) => logits[row]![t - 1]!),
    targets: picked.map(({ row, t }) => ids[row]![t]!),
    sequenceOf: picked.map(({ row }) => row),
    lengths: ids.map((_, row) => picked.filter((token) => token.row === row).length),
  };
}
type Picked = ReturnType<typeof pick>;

interface Scored {
  loss: tf.Scalar;
  perSequence: tf.Tensor1D;
}

/** Loss and gradient of `compute`, which sees the log-probs of the picked tokens on the tape. */
async function check(
  { picked, logits, targets }: Picked,
  outputs: Outputs,
  compute: (logProbs: tf.Tensor1D, logits: tf.Tensor2D) => Scored,
): Promise<Comparison[]> {
  const variable = tf.tidy(() => tf.variable(tf.tensor2d(logits)));
  const { loss, gradients, kept } = computeGradients(() => {
    const own = variable as unknown as tf.Tensor2D;
    const { loss, perSequence } = compute(logProbsOf(own, targets), own);
    return { loss, keep: { perSequence } };
  }, [{ name: 'logits', variable, decay: false }]);
  const perSequence = outputs.perSequenceLoss ?? outputs.losses!;
  const scale = Math.max(...perSequence.map(Math.abs), Math.abs(outputs.loss));
  const expected = flatten(picked.map(({ row, t }) => outputs.gradLogits[row]![t - 1]!));
  const comparisons = [
    {
      what: 'loss',
      deviation: deviationAt(Math.abs((await loss.data())[0]! - outputs.loss), scale),
      tolerance: TOLERANCE,
    },
    {
      what: 'losses',
      deviation: deviationAt(absoluteDeviation(await kept.perSequence!.data(), perSequence), scale),
      tolerance: TOLERANCE,
    },
    {
      what: 'gradLogits',
      deviation: relativeDeviation(await gradients.get('logits')!.data(), expected),
      tolerance: TOLERANCE,
    },
  ];
  tf.dispose([variable, loss, ...gradients.values(), ...Object.values(kept)]);
  return comparisons;
}

function logProbsOf(logits: tf.Tensor2D, targets: number[]): tf.Tensor1D {
  return tokenLogProbs(logits, tf.eye(logits.shape[1]!), tf.tensor1d(targets, 'int32')).logProbs;
}

const readBatches = (folder: string) =>
  readParityJson<{ batches: Record<string, Batch> }>(folder, 'preference/batches.json').batches;

export function dpoParity(folder: string): Promise<ParityFamily> {
  const batches = readBatches(folder);
  return countFamily(readCases<never, Outputs>(folder, 'preference/dpo.jsonl'), async (item) => {
    const { options, outputs } = item;
    const batch = batches[item.batch!]!;
    const policy = pick(batch.ids, batch.completionMask, batch.logits);
    const reference = pick(batch.ids, batch.completionMask, batch.refLogits);
    const objective = {
      lossType: options.loss_type as PairLossName[],
      lossWeights: options.loss_weights as number[] | null,
      beta: options.beta as number,
      labelSmoothing: options.label_smoothing as number,
      discopopTau: options.discopop_tau as number,
      fDivergenceType: options.f_divergence_type as (typeof DIVERGENCES)[number],
      fAlphaDivergenceCoef: options.f_alpha_divergence_coef as number,
    };
    const sequences = sequenceSums(policy.sequenceOf, batch.ids.length);
    const comparisons = await check(policy, outputs, (logProbs, logits) => {
      const tokens = {
        sequences,
        lengths: policy.lengths,
        referenceLogProbs: logProbsOf(tf.tensor2d(reference.logits), reference.targets),
        tokenWeights:
          options.ld_alpha === null
            ? undefined
            : tf.tensor1d(lengthDesensitized(policy.lengths, options.ld_alpha as number)),
      };
      const scores = pairScores(logProbs, tokens, objective);
      const weights = options.use_weighting
        ? wpoWeights(logProbs, logSumSquaredProbs(logits, tf.eye(logits.shape[1]!)), tokens)
        : undefined;
      const last = pairLoss(objective.lossType.at(-1)!, scores, objective); // what TRL holds at the end of a mixture
      return {
        loss: pairObjective(scores, objective, batch.ids.length / 2, weights),
        perSequence: weights === undefined ? last : tf.mul(last, weights),
      };
    });
    sequences.dispose();
    return comparisons;
  });
}

interface KtoInputs extends Batch {
  label: number[];
  klIds: number[][];
  klCompletionMask: number[][];
  klLogits: number[][][];
  klRefLogits: number[][][];
}

export function ktoParity(folder: string): Promise<ParityFamily> {
  const cases = readCases<KtoInputs, Outputs>(folder, 'preference/kto.jsonl');
  return countFamily(cases, async ({ options, inputs, outputs }) => {
    const policy = pick(inputs.ids, inputs.completionMask, inputs.logits);
    const reference = pick(inputs.ids, inputs.completionMask, inputs.refLogits);
    const mismatched = pick(inputs.klIds, inputs.klCompletionMask, inputs.klLogits);
    const mismatchedReference = pick(inputs.klIds, inputs.klCompletionMask, inputs.klRefLogits);
    const objective = {
      lossType: options.loss_type as UnpairedLossName,
      beta: options.beta as number,
      desirableWeight: options.desirable_weight as number,
      undesirableWeight: options.undesirable_weight as number,
    };
    const count = inputs.ids.length;
    const sums = [sequenceSums(policy.sequenceOf, count), sequenceSums(mismatched.sequenceOf, count)] as const;
    const ratios = (logProbs: tf.Tensor1D, { logits, targets }: Picked, own: (typeof sums)[number]) =>
      own.sum(tf.sub(logProbs, logProbsOf(tf.tensor2d(logits), targets)));
    // TRL lists the losses of desirable completions first
    const order = [1, 0].flatMap((wanted) => inputs.label.flatMap((label, i) => (label === wanted ? [i] : [])));
    const comparisons = await check(policy, outputs, (logProbs) => {
      const kl = logProbsOf(tf.tensor2d(mismatched.logits), mismatched.targets);
      const referencePoint = ktoReferencePoint(ratios(kl, mismatchedReference, sums[1]));
      const desirable = tf.tensor1d(inputs.label);
      const losses = unpairedLoss(ratios(logProbs, reference, sums[0]), desirable, referencePoint, objective);
      return { loss: tf.mean(losses), perSequence: tf.gather(losses, tf.tensor1d(order, 'int32')) };
    });
    for (const own of sums) own.dispose();
    return comparisons;
  });
}

export const cpoParity = (folder: string): Promise<ParityFamily> => referenceFreeParity(folder, 'preference/cpo.jsonl');
export const orpoParity = (folder: string): Promise<ParityFamily> =>
  referenceFreeParity(folder, 'preference/orpo.jsonl');

/** CPO, SimPO, AlphaPO and ORPO. ORPO's likelihood term covers the prompt as well, as its authors' and TRL's code has it. */
function referenceFreeParity(folder: string, file: string): Promise<ParityFamily> {
  const batches = readBatches(folder);
  return countFamily(readCases<never, Outputs>(folder, file), async (item) => {
    const { options, outputs } = item;
    const batch = batches[item.batch!]!;
    const isOrpo = options.loss_type === undefined;
    const tokens = pick(batch.ids, isOrpo ? batch.attentionMask : batch.completionMask, batch.logits);
    const pairs = batch.ids.length / 2;
    const inCompletion = tokens.picked.map(({ row, t }) => batch.completionMask[row]![t]!);
    const completionLengths = batch.completionMask.map((row) => row.reduce((sum, m) => sum + m, 0));
    const sequences = sequenceSums(tokens.sequenceOf, batch.ids.length);
    const comparisons = await check(tokens, outputs, (logProbs) => {
      const isAveraged = isOrpo || averagesLogProbs(options.loss_type as ReferenceFreeLossName);
      const sums = sequences.sum(tf.mul(logProbs, tf.tensor1d(inCompletion))); // [2P]
      const scores: tf.Tensor1D = isAveraged ? tf.div(sums, tf.tensor1d(completionLengths)) : sums;
      const chosen = tf.slice(scores, 0, pairs);
      const rejected = tf.slice(scores, pairs, pairs);
      const chosenTokens = tokens.lengths.slice(0, pairs).reduce((sum, length) => sum + length, 0);
      const nll = tf.div(tf.neg(tf.sum(tf.slice(sequences.sum(logProbs), 0, pairs))), chosenTokens);
      if (isOrpo) {
        const perSequence = orpo(chosen, rejected, options.beta as number);
        return { loss: tf.sub(nll, tf.mean(perSequence)), perSequence };
      }
      const perSequence = cpo(chosen, rejected, {
        lossType: options.loss_type as ReferenceFreeLossName,
        beta: options.beta as number,
        labelSmoothing: options.label_smoothing as number,
        simpoGamma: options.simpo_gamma as number,
        alpha: options.alpha as number,
      });
      return { loss: tf.add(tf.mean(perSequence), tf.mul(nll, options.cpo_alpha as number)), perSequence };
    });
    sequences.dispose();
    return comparisons;
  });
}
