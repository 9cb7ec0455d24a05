// One optimizer window of preference learning: reference and policy log-probs of every micro-batch, one update, metrics.

import type { LanguageModel } from '@thinkwright/models';
import { hashKey, tf, withoutGradient } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { type PackedBatch, packSequences } from '../batches/packed-batch.ts';
import { readKept } from '../batches/read-kept.ts';
import { sequenceSums } from '../batches/sequence-sums.ts';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import type { PreferenceOptions } from '../options/preference-options.ts';
import { lengthDesensitized } from '../preference-losses/pair-scores.ts';
import { logSumSquaredProbs, wpoWeights } from '../preference-losses/wpo-weight.ts';
import { completionMetrics, meanLogits, meanOfHead } from './completion-figures.ts';
import type { PreferencePair } from './pair-source.ts';
import { comparesMeans, preferenceObjective } from './preference-objective.ts';
import type { ReferenceScorer } from './reference-scores.ts';

export interface LearnPairsResult {
  metrics: Record<string, number>;
  tokens: number;
}

/** @param scores of the reference, for the algorithms that have one. @param step optimizer steps done: keys the dropout masks. */
export async function learnPairs(
  model: LanguageModel,
  scores: ReferenceScorer | undefined,
  window: OptimizerWindow,
  microBatches: readonly (readonly PreferencePair[])[],
  learningRate: number,
  options: PreferenceOptions,
  step: number,
): Promise<LearnPairsResult> {
  const batches = microBatches.map((pairs) => packSequences(sidesOf(pairs)));
  const shape = {
    pairs: microBatches.reduce((sum, pairs) => sum + pairs.length, 0),
    chosenTokens: batches.reduce(
      (sum, { supervised }) => sum + supervised.subarray(0, supervised.length / 2).reduce((a, b) => a + b, 0),
      0,
    ),
  };
  const kept: Record<KeptName, tf.Tensor>[] = [];
  const headMean = meanOfHead(model);
  for (const [micro, packed] of batches.entries()) {
    const frozen = await scores?.(sidesOf(microBatches[micro]!), packed);
    const device = uploadBatch(packed);
    const lengths = Array.from(packed.supervised);
    const sequences = sequenceSums(packed.sequenceOf, lengths.length);
    const dropoutKey = { seed: options.seed, stream: hashKey(`dropout ${step} ${micro}`) };
    kept.push(
      window.add(() => {
        const { logProbs, entropy, hidden } = scoreTokens(model, device, { ...options, dropoutKey });
        const tokens = {
          sequences,
          lengths,
          ...(frozen && { referenceLogProbs: tf.tensor1d(frozen) }),
          ...(options.ldAlpha !== null && { tokenWeights: tf.tensor1d(lengthDesensitized(lengths, options.ldAlpha)) }),
          chosenTokens: (shape.chosenTokens * microBatches[micro]!.length) / shape.pairs,
        };
        const pairWeights = options.useWeighting
          ? wpoWeights(logProbs, logSumSquaredProbs(hidden, model.outputWeight()), tokens)
          : undefined;
        const outcome = preferenceObjective(logProbs, { ...tokens, pairWeights }, options, shape);
        const keep = {
          ...{ chosen: outcome.chosenRewards, rejected: outcome.rejectedRewards, entropy },
          logProbs: withoutGradient(() => sequences.sum(logProbs)),
          logits: meanLogits(hidden, headMean),
        };
        return { loss: outcome.loss, keep };
      }),
    );
    device.dispose();
    sequences.dispose();
  }
  headMean.dispose();
  const [{ loss, gradNorm }, values] = await Promise.all([window.close(learningRate), readKept(kept)]);
  const tokens = microBatches
    .flat()
    .reduce((sum, { chosen, rejected }) => sum + chosen.ids.length + rejected.ids.length, 0);
  return {
    metrics: {
      ...{ loss, grad_norm: gradNorm, learning_rate: learningRate },
      ...meansOf(values, shape.pairs),
      ...sideMetrics(values, batches, options),
    },
    tokens,
  };
}

/** Chosen completions, then the rejected ones. */
function sidesOf(pairs: readonly PreferencePair[]): TrainingSequence[] {
  return [...pairs.map(({ chosen }) => chosen), ...pairs.map(({ rejected }) => rejected)];
}

type KeptName = 'chosen' | 'rejected' | 'entropy' | 'logProbs' | 'logits';
type Kept = Record<KeptName, Float32Array>;

/** Log-probs and logits of both sides; without a reference, the likelihood of the chosen side as well. */
function sideMetrics(values: Kept[], batches: PackedBatch[], options: PreferenceOptions): Record<string, number> {
  const isAveraged = comparesMeans(options);
  const micros = values.map(({ logProbs, logits }, i) => {
    const { supervised, sequenceOf } = batches[i]!;
    const isChosen = Array.from(supervised, (_, completion) => completion < supervised.length / 2);
    return { logProbs, logits, lengths: supervised, sequenceOf, isChosen };
  });
  const metrics = completionMetrics(micros, { isAveraged });
  if (options.algorithm !== 'cpo' && options.algorithm !== 'orpo') return metrics;
  const sums = { logProbs: 0, tokens: 0 };
  for (const { logProbs, lengths, isChosen } of micros)
    for (let i = 0; isChosen[i]; i++) {
      sums.logProbs += logProbs[i]!;
      sums.tokens += lengths[i]!;
    }
  return { ...metrics, nll_loss: -sums.logProbs / Math.max(sums.tokens, 1) };
}

function meansOf(values: Kept[], pairs: number): Record<string, number> {
  let chosen = 0;
  let rejected = 0;
  let right = 0;
  let entropy = 0;
  let tokens = 0;
  for (const micro of values) {
    for (const [i, reward] of micro.chosen.entries()) {
      chosen += reward;
      rejected += micro.rejected[i]!;
      if (reward > micro.rejected[i]!) right++;
    }
    for (const value of micro.entropy) entropy += value;
    tokens += micro.entropy.length;
  }
  return {
    entropy: entropy / Math.max(tokens, 1),
    'rewards/chosen': chosen / pairs,
    'rewards/rejected': rejected / pairs,
    'rewards/margins': (chosen - rejected) / pairs,
    'rewards/accuracies': right / pairs,
  };
}
