// One optimizer window of KTO: completions marked desirable or not, without pairs. Every term is divided by the completions of the whole
// window, and the reference point is one number of the window, so micro-batches add up.

import type { LanguageModel } from '@thinkwright/models';
import { hashKey, tf, withoutGradient } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { packSequences } from '../batches/packed-batch.ts';
import { readKept } from '../batches/read-kept.ts';
import { sequenceSums } from '../batches/sequence-sums.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import type { PreferenceOptions } from '../options/preference-options.ts';
import { unpairedLoss } from '../preference-losses/kto.ts';
import type { ReferencePolicy } from '../rl/reference-policy.ts';
import { type CompletionFigures, completionMetrics, meanLogits, meanOfHead } from './completion-figures.ts';
import type { LearnPairsResult } from './learn-pairs.ts';
import { mismatchedRatios } from './mismatched-ratios.ts';
import type { ReferenceScorer } from './reference-scores.ts';
import type { UnpairedExample } from './unpaired-source.ts';

/** @param policies `reference` is asked for mismatched completions, by 'kto' alone. @param step keys the dropout masks. */
export async function learnUnpaired(
  model: LanguageModel,
  policies: { scores: ReferenceScorer; reference?: ReferencePolicy },
  window: OptimizerWindow,
  examples: readonly UnpairedExample[],
  learningRate: number,
  options: PreferenceOptions,
  step: number,
): Promise<LearnPairsResult> {
  const { beta, desirableWeight, undesirableWeight, unpairedLoss: lossType, perDeviceTrainBatchSize } = options;
  const weights = { lossType, beta, desirableWeight, undesirableWeight };
  const sequences = examples.map(({ sequence }) => sequence);
  const referencePoint =
    lossType === 'kto'
      ? Math.max(0, meanOf(await mismatchedRatios(model, policies.reference!, sequences, perDeviceTrainBatchSize)))
      : 0;
  const kept: Record<'ratios' | 'entropy' | 'logProbs' | 'logits', tf.Tensor>[] = [];
  const completions: Pick<CompletionFigures, 'lengths' | 'sequenceOf' | 'isChosen'>[] = [];
  const headMean = meanOfHead(model);
  for (let start = 0; start < examples.length; start += perDeviceTrainBatchSize) {
    const micro = examples.slice(start, start + perDeviceTrainBatchSize);
    const own = micro.map(({ sequence }) => sequence);
    const packed = packSequences(own);
    const frozen = await policies.scores(own, packed);
    const device = uploadBatch(packed);
    const sums = sequenceSums(packed.sequenceOf, micro.length);
    const isChosen = micro.map(({ desirable }) => desirable);
    completions.push({ lengths: packed.supervised, sequenceOf: packed.sequenceOf, isChosen });
    const dropoutKey = { seed: options.seed, stream: hashKey(`dropout ${step} ${kept.length}`) };
    kept.push(
      window.add(() => {
        const { logProbs, entropy, hidden } = scoreTokens(model, device, { ...options, dropoutKey });
        const ratios = sums.sum(tf.sub(logProbs, tf.tensor1d(frozen))); // [B]
        const desirable = tf.tensor1d(micro.map((example) => (example.desirable ? 1 : 0)));
        const losses = unpairedLoss(ratios, desirable, referencePoint, weights);
        const seen = { logProbs: withoutGradient(() => sums.sum(logProbs)), logits: meanLogits(hidden, headMean) };
        return { loss: tf.div(tf.sum(losses), examples.length) as tf.Scalar, keep: { ratios, entropy, ...seen } };
      }),
    );
    device.dispose();
    sums.dispose();
  }
  headMean.dispose();
  const [{ loss, gradNorm }, values] = await Promise.all([window.close(learningRate), readKept(kept)]);
  const rewards = values.flatMap(({ ratios }) => Array.from(ratios, (ratio) => beta * ratio));
  const entropies = values.flatMap(({ entropy }) => Array.from(entropy));
  const side = (wanted: boolean) => rewards.filter((_, i) => examples[i]!.desirable === wanted);
  return {
    metrics: {
      loss,
      grad_norm: gradNorm,
      learning_rate: learningRate,
      entropy: meanOf(entropies),
      ...sideMetrics(side(true), side(false)),
      ...completionMetrics(values.map((micro, i) => ({ ...micro, ...completions[i]! }))),
      ...(lossType === 'kto' && { kl: referencePoint }),
    },
    tokens: sequences.reduce((sum, { ids }) => sum + ids.length, 0),
  };
}

const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Means of both sides, and how often a desirable completion has the larger implicit reward of two drawn from both. */
function sideMetrics(chosen: number[], rejected: number[]): Record<string, number> {
  const metrics: Record<string, number> = {};
  if (chosen.length > 0) metrics['rewards/chosen'] = meanOf(chosen);
  if (rejected.length > 0) metrics['rewards/rejected'] = meanOf(rejected);
  if (chosen.length === 0 || rejected.length === 0) return metrics;
  const wins = chosen.reduce((sum, reward) => sum + rejected.filter((other) => reward > other).length, 0);
  metrics['rewards/margins'] = meanOf(chosen) - meanOf(rejected);
  metrics['rewards/accuracies'] = wins / (chosen.length * rejected.length);
  return metrics;
}
