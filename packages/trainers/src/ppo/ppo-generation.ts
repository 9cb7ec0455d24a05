// One generation of PPO: completions and scores as in every trainer that samples, then values, KL and estimates of each token.

import type { LanguageModel } from '@thinkwright/models';
import { meanOf } from '../advantages/statistics.ts';
import { ofModelTokens } from '../masks/model-tokens.ts';
import type { PpoOptions } from '../options/ppo-options.ts';
import { type GenerationPorts, recordOf, sampleAndScore } from '../rl/generation.ts';
import { logProbsOfRollouts } from '../rl/log-probs-of-rollouts.ts';
import type { Prompt } from '../rl/prompt-source.ts';
import type { ReferencePolicy } from '../rl/reference-policy.ts';
import type { Rollout } from '../rl/rollout.ts';
import { rolloutMetrics } from '../rl/rollout-metrics.ts';
import type { ScoredTrajectory } from '../rl/score-rollouts.ts';
import type { RolloutRecord } from '../trainer.ts';
import { type Critic, shiftValues } from './critic.ts';
import type { PpoRollout } from './ppo-rollout.ts';
import { scoreValues } from './score-values.ts';
import { tokenEstimates } from './token-estimates.ts';

export interface PpoGenerationPorts extends GenerationPorts {
  model: LanguageModel;
  critic: Critic;
  reference?: ReferencePolicy;
}

export interface PpoGeneration {
  /** Those that were scored: without a score there is nothing to learn from. */
  rollouts: PpoRollout[];
  records: RolloutRecord[];
  failures: Record<string, number>;
  metrics: Record<string, number>;
  /** Mean over the completions of their KL to the reference. */
  meanKl: number;
}

/** @param options `klCoef` as it stands. @param place the generation's index from 0, and the optimizer steps done. */
export async function ppoGeneration(
  prompts: readonly Prompt[],
  { model, critic, reference, ...ports }: PpoGenerationPorts,
  options: PpoOptions,
  place: { index: number; step: number },
): Promise<PpoGeneration> {
  const sampling = { ...options, maxCompletionLength: options.responseLength, numGenerations: 1 };
  const { samples, failures } = await sampleAndScore(prompts, ports, sampling, place);
  const all = samples.map(rolloutOf);
  const scored = all.filter(({ reward }) => !Number.isNaN(reward));
  const scoring = { temperature: options.temperature, batchSize: options.perDeviceTrainBatchSize };
  const own = await scoreValues(model, critic, scored, scoring);
  const frozen =
    reference && (await logProbsOfRollouts(reference.model, scored, { ...scoring, adapterOff: reference.adapterOff }));
  const estimates = tokenEstimates(
    scored.map(({ reward, finish }, i) => ({
      score: reward,
      finish,
      ...own[i]!,
      ...(frozen && { referenceLogProbs: frozen[i]! }),
    })),
    options,
  );
  const shift = estimates.shortfall * shareOfMean(scored.length, place.index);
  shiftValues(critic, shift);
  const rollouts = scored.map(
    (rollout, i): PpoRollout => ({
      ...rollout,
      oldLogProbs: own[i]!.logProbs,
      values: own[i]!.values.map((value) => value + shift),
      ...estimates.tokens[i]!,
      advantage: meanOf(estimates.tokens[i]!.advantages),
    }),
  );
  const advantageOf = new Map(rollouts.map(({ key, sample, advantage }) => [`${key} ${sample}`, advantage]));
  const meanKl = meanOf(estimates.kl);
  const nonScore = meanOf(estimates.nonScoreReward);
  const scores = meanOf(scored.map(({ reward }) => reward));
  const entropies = own.map(({ entropies }) => entropies.reduce((sum, value) => sum + value, 0));
  const { frac_reward_zero_std: _groupsOfOne, ...seen } = rolloutMetrics(all, 1);
  return {
    rollouts,
    records: samples.map((sample) => {
      const { key, sample: number } = sample.trajectory;
      return recordOf(sample, prompts[sample.group]!, advantageOf.get(`${key} ${number}`) ?? 0, place.step);
    }),
    failures,
    meanKl,
    metrics: {
      ...seen,
      'objective/kl': meanKl,
      'objective/kl_coef': options.klCoef,
      'objective/entropy': meanOf(entropies),
      'objective/non_score_reward': nonScore,
      'objective/rlhf_reward': scores + nonScore,
      'objective/scores': scores,
      'val/num_eos_tokens': scored.filter(({ finish }) => finish === 'stop').length,
      'sampling/sampling_logp_difference/max': largestDifference(scored, own),
      episode: (place.index + 1) * prompts.length,
    },
  };
}

/** Completions that the mean of the values is an average over, roughly. */
const MEMORY = 64;

/**
 * By how much of the shortfall the head's bias moves: all of it at first or for many completions, so that it follows their mean. By gradient
 * steps a bias of learning rate 1e-5 would take thousands to reach the mean of the returns, and until then the weights stand in for it:
 * values that differ from token to token for no reason (explained variance below 0).
 */
const shareOfMean = (completions: number, generation: number) =>
  generation === 0 ? 1 : Math.min(1, completions / MEMORY);

function rolloutOf({ trajectory, group, reward, parts }: ScoredTrajectory): Rollout {
  const { logProbs, weightVersion: _, ...sampled } = trajectory;
  const samplerLogProbs = ofModelTokens(logProbs, sampled.mask);
  return { ...sampled, samplerLogProbs, group, reward, parts, advantage: 0, zeroSignal: false };
}

function largestDifference(rollouts: readonly Rollout[], own: readonly { logProbs: Float32Array }[]): number {
  let largest = 0;
  for (const [i, { samplerLogProbs }] of rollouts.entries())
    for (const [t, logProb] of own[i]!.logProbs.entries())
      largest = Math.max(largest, Math.abs(logProb - samplerLogProbs[t]!));
  return largest;
}
