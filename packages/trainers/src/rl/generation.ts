// Sampling: G completions of each prompt out of the engine, scored.
// Everything random is keyed by (seed, generation, prompt, sample), so a resumed run draws the same.

import type { ChatFormat } from '@thinkwright/chat';
import type { RewardFunction } from '@thinkwright/rewards';
import { collectTrajectories, type RolloutEngine, type Sampling } from '@thinkwright/rollouts';
import { TrainerError } from '../errors.ts';
import { checkMasks, modelTokens } from '../masks/model-tokens.ts';
import type { RlOptions } from '../options/rl-options.ts';
import type { RolloutRecord } from '../trainer.ts';
import type { Prompt } from './prompt-source.ts';
import { type ScoredTrajectories, type ScoredTrajectory, scoreTrajectories } from './score-rollouts.ts';

export interface GenerationPorts {
  engine: RolloutEngine;
  format: ChatFormat;
  reward: RewardFunction;
}

type SamplingOptions = Pick<
  RlOptions,
  'temperature' | 'topK' | 'topP' | 'minP' | 'maxCompletionLength' | 'numGenerations' | 'seed'
> &
  Partial<Pick<RlOptions, 'repetitionPenalty' | 'generationKwargs'>>;

function samplingOf(options: SamplingOptions, stopIds: number[]): Sampling {
  const { temperature, topK, topP, minP, maxCompletionLength: maxTokens, seed } = options;
  const { repetitionPenalty = 1, generationKwargs } = options;
  const optional = { ...(minP !== null && { minP }), ...(repetitionPenalty !== 1 && { repetitionPenalty }) };
  return { temperature, topK, topP, ...optional, ...generationKwargs, maxTokens, stopIds, seed };
}

export interface GenerationPlace {
  /** Counts samplings from 0; part of every key. */
  index: number;
  /** Optimizer steps done. */
  step: number;
}

/**
 * Completions of every prompt, scored.
 * @throws TrainerError ALL_REWARDS_FAILED when not one could be scored.
 */
export async function sampleAndScore(
  prompts: readonly Prompt[],
  ports: GenerationPorts,
  options: SamplingOptions,
  place: GenerationPlace,
): Promise<ScoredTrajectories> {
  const scored = await sampleGroups(prompts, ports, options, place);
  refuseUnscored(scored.samples, scored.failures);
  return scored;
}

/** The same, whatever the scores. @param name tells samplings of one index apart. */
export async function sampleGroups(
  prompts: readonly Prompt[],
  { engine, format, reward }: GenerationPorts,
  options: SamplingOptions,
  { index, step }: GenerationPlace,
  name = '',
): Promise<ScoredTrajectories> {
  const keyPrefix = `${index}${name}/`;
  const sampling = samplingOf(options, format.stopIds);
  const requests = prompts.map(({ ids }, group) => ({
    promptIds: ids,
    samples: options.numGenerations,
    sampling,
    key: `${keyPrefix}${group}`,
  }));
  const groups = await collectTrajectories(engine, requests);
  checkMasks(groups.flat());
  const context = { step, maxTokens: options.maxCompletionLength, keyPrefix };
  return scoreTrajectories(groups, prompts, format, reward, context);
}

/** @throws TrainerError ALL_REWARDS_FAILED when not one of the samples has a reward. */
export function refuseUnscored(samples: readonly ScoredTrajectory[], failures: Record<string, number>): void {
  if (samples.every(({ reward }) => Number.isNaN(reward))) throw nothingScored(failures);
}

export function recordOf(sample: ScoredTrajectory, prompt: Prompt, advantage: number, step: number): RolloutRecord {
  const { trajectory, parsed, reward, parts, text, unscored } = sample;
  return {
    step,
    key: trajectory.key,
    sample: trajectory.sample,
    prompt: prompt.text,
    completion: text,
    thinking: parsed.thinking,
    answer: parsed.answer,
    reward: Number.isNaN(reward) ? null : reward,
    parts,
    advantage,
    tokens: modelTokens(trajectory),
    finish: trajectory.finish,
    mode: prompt.mode,
    ...(unscored === undefined ? {} : { unscored }),
    row: prompt.row,
  };
}

function nothingScored(failures: Record<string, number>): TrainerError {
  const causes = Object.entries(failures).map(([cause, count]) => `${count} x ${cause}`);
  return new TrainerError(
    'TW_TRAINERS_ALL_REWARDS_FAILED',
    `Not one completion could be scored: ${causes.join('; ')}. Nothing was learnt from them; mend the reward function or the rows.`,
  );
}
