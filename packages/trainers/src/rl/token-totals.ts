// Metrics of one window from the log-probs and entropies of its loss tokens: means over tokens, at the sequence level the clip
// fractions over completions. TRL's names.

import { clipFractionsOfRatios } from '../policy-losses/clip-fractions.ts';
import { tokenLossOf } from '../policy-losses/loss-types.ts';
import { concatenate, type LearnerBatch } from './learner-batch.ts';
import type { PolicyObjectiveOptions } from './policy-objective.ts';

export class TokenTotals {
  #options: PolicyObjectiveOptions;
  #count = 0;
  #entropy = 0;
  #kl = 0;
  #ratios = 0;
  #low = 0;
  #high = 0;
  #sampled = 0;
  #samplerDifferences = { sum: 0, largest: 0 };
  #corrected = 0;
  #corrections = { sum: 0, least: Number.POSITIVE_INFINITY, largest: 0 };

  constructor(options: PolicyObjectiveOptions) {
    this.#options = options;
  }

  add(batch: LearnerBatch, logProbs: Float32Array, entropy: Float32Array): void {
    const old = concatenate(batch.rollouts, ({ oldLogProbs }) => oldLogProbs) ?? logProbs;
    const reference = concatenate(batch.rollouts, ({ referenceLogProbs }) => referenceLogProbs);
    const sampler = concatenate(batch.rollouts, ({ samplerLogProbs }) => samplerLogProbs)!;
    const correction = concatenate(batch.rollouts, (rollout) => rollout.correction);
    this.#addClipping(batch, logProbs, old);
    this.#count += logProbs.length;
    for (let i = 0; i < logProbs.length; i++) {
      this.#entropy += entropy[i]!;
      if (correction) this.#addCorrection(correction[i]!);
      if (!batch.rollouts[batch.packed.sequenceOf[i]!]!.replayed)
        this.#addSamplerDifference(Math.abs(logProbs[i]! - sampler[i]!));
      if (reference === undefined) continue;
      const gap = reference[i]! - logProbs[i]!;
      const ratio = this.#options.useBiasCorrectionKl ? Math.exp(logProbs[i]! - old[i]!) : 1;
      this.#kl += (Math.exp(gap) - gap - 1) * ratio;
    }
  }

  #addCorrection(ratio: number): void {
    this.#corrected++;
    const { sum, least, largest } = this.#corrections;
    this.#corrections = { sum: sum + ratio, least: Math.min(least, ratio), largest: Math.max(largest, ratio) };
  }

  #addSamplerDifference(difference: number): void {
    this.#sampled++;
    const { sum, largest } = this.#samplerDifferences;
    this.#samplerDifferences = { sum: sum + difference, largest: Math.max(largest, difference) };
  }

  #addClipping({ packed, rollouts, advantages }: LearnerBatch, logProbs: Float32Array, old: Float32Array): void {
    const bySequence = (this.#options.importanceSamplingLevel ?? 'token') !== 'token';
    const owner = (token: number) => (bySequence ? packed.sequenceOf[token]! : token);
    const count = bySequence ? rollouts.length : logProbs.length;
    const sums = new Float64Array(count);
    const lengths = new Float64Array(count);
    const own = new Float64Array(count); // advantage
    for (let i = 0; i < logProbs.length; i++) {
      sums[owner(i)]! += logProbs[i]! - old[i]!;
      lengths[owner(i)]!++;
      own[owner(i)] = advantages[i]!;
    }
    const level = this.#options.importanceSamplingLevel;
    const isCispo = tokenLossOf(this.#options.lossType ?? 'dapo') === 'cispo'; // its cap is epsilonHigh itself
    const bounds = isCispo ? { epsilon: 1, epsilonHigh: this.#options.epsilonHigh - 1 } : this.#options;
    const fractions = clipFractionsOfRatios(
      sums.map((sum, i) => Math.exp(level === 'sequence_sum' ? sum : sum / Math.max(lengths[i]!, 1))),
      own,
      bounds,
    );
    this.#low += fractions.low * count;
    this.#high += fractions.high * count;
    this.#ratios += count;
  }

  means(firstUse: boolean): Record<string, number> {
    const count = Math.max(this.#count, 1);
    return {
      entropy: this.#entropy / count,
      ...(this.#options.beta > 0 ? { kl: this.#kl / count } : {}),
      ...this.#clipping(),
      ...(firstUse && {
        'sampling/sampling_logp_difference/mean': this.#samplerDifferences.sum / Math.max(this.#sampled, 1),
        'sampling/sampling_logp_difference/max': this.#samplerDifferences.largest,
      }),
      ...(this.#corrected > 0 && {
        'sampling/importance_sampling_ratio/min': this.#corrections.least,
        'sampling/importance_sampling_ratio/mean': this.#corrections.sum / this.#corrected,
        'sampling/importance_sampling_ratio/max': this.#corrections.largest,
      }),
    };
  }

  #clipping(): Record<string, number> {
    const low = this.#low / Math.max(this.#ratios, 1);
    const high = this.#high / Math.max(this.#ratios, 1);
    const kind = tokenLossOf(this.#options.lossType ?? 'dapo');
    if (kind === 'cispo') return { cispo_clip_ratio: high };
    if (kind !== 'clipped') return {}; // smooth gates, and GMPO's clip in log space
    return { 'clip_ratio/low_mean': low, 'clip_ratio/high_mean': high, 'clip_ratio/region_mean': low + high };
  }
}
