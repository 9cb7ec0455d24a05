// Where the generations of reinforcement learning come from:
//   prompts (stream, curriculum) -> completions (refilled by dynamic sampling) -> log-probs of the fixed policies -> replay -> advantages
// Holds the state of all of it, so that a resumed run draws the same. Everything random is keyed by (seed, sampling, prompt, sample).

import type { LanguageModel } from '@thinkwright/models';
import { meanOf } from '../advantages/statistics.ts';
import type { RlOptions } from '../options/rl-options.ts';
import type { RolloutRecord } from '../trainer.ts';
import { assignAdvantages } from './assign-advantages.ts';
import { DifficultyPool, type DifficultyState } from './difficulty-pool.ts';
import { collectGroups } from './dynamic-sampling.ts';
import { fillOldLogProbs, fillReferenceLogProbs } from './fixed-log-probs.ts';
import { type GenerationPorts, recordOf, refuseUnscored, sampleGroups } from './generation.ts';
import { type Group, groupSignal } from './group.ts';
import { noPrompts } from './next-prompts.ts';
import type { Prompt, PromptSource, PromptSourceState } from './prompt-source.ts';
import type { ReferencePolicy } from './reference-policy.ts';
import { ReplayBuffer, type ReplayState } from './replay-buffer.ts';
import type { Rollout } from './rollout.ts';
import { rolloutMetrics } from './rollout-metrics.ts';
import { rolloutsOf } from './rollouts-of-group.ts';

export interface RolloutSourcePorts extends GenerationPorts {
  model: LanguageModel;
  reference?: ReferencePolicy;
}

export interface RolloutSourceState {
  prompts: PromptSourceState;
  generations: number;
  difficulty?: DifficultyState;
  replay?: ReplayState;
}

export interface Generation {
  /** What the learner gets: G of a prompt side by side, always the same number. */
  rollouts: Rollout[];
  /** Everything that was sampled, in vain or not. */
  records: RolloutRecord[];
  metrics: Record<string, number>;
  /** How many completions were not scored, by cause. */
  failures: Record<string, number>;
}

export class RolloutSource {
  readonly prompts: PromptSource;
  #ports: RolloutSourcePorts;
  #options: RlOptions;
  #difficulty: DifficultyPool | undefined;
  #replay: ReplayBuffer | undefined;
  #samplings = 0;

  constructor(prompts: PromptSource, ports: RolloutSourcePorts, options: RlOptions) {
    this.prompts = prompts;
    this.#ports = ports;
    this.#options = options;
    const { curriculum, replayBufferSize, seed } = options;
    if (curriculum !== null) this.#difficulty = new DifficultyPool(curriculum, seed);
    if (replayBufferSize > 0) this.#replay = new ReplayBuffer(replayBufferSize, seed);
  }

  /**
   * The next generation of `groups` prompts; undefined when the stream has too few left.
   * @param step optimizer steps done. @param reused the weights change while the generation is in use.
   * @throws TrainerError ALL_REWARDS_FAILED; NO_ROWS when there are too few prompts for the first step.
   */
  async next(groups: number, step: number, reused: boolean): Promise<Generation | undefined> {
    const failures: Record<string, number> = {};
    const sample = (count: number) => this.#sample(count, step, failures);
    const teaches = (group: Group) => groupSignal(group, this.#options) === 'live';
    const { dynamicSampling, dynamicSamplingMaxGenBatches } = this.#options;
    const collected = await collectGroups(
      groups,
      sample,
      dynamicSampling ? teaches : () => true,
      dynamicSampling ? dynamicSamplingMaxGenBatches : 1,
    );
    if (collected.groups.length < groups) {
      if (step === 0) throw noPrompts(collected.groups.length, groups);
      return undefined;
    }
    const sampled = [...collected.groups, ...collected.left];
    refuseUnscored(
      sampled.flatMap(({ samples }) => samples),
      failures,
    );
    const metrics: Record<string, number> = { ...this.#record(sampled) };
    if (dynamicSampling)
      Object.assign(metrics, refillMetrics(sampled, collected.left.length, collected.rounds, this.#options));

    const fresh = collected.groups.map((group, index) => rolloutsOf(group, index, step, this.#ports, this.#options));
    await fillOldLogProbs(fresh.flat(), this.#ports, this.#options, reused || this.#replay !== undefined);
    const used = this.#withReplay(fresh, collected.groups.map(teaches), step, metrics);
    const rollouts = used.flatMap((group, index) => group.map((rollout) => Object.assign(rollout, { group: index })));
    await fillReferenceLogProbs(rollouts, this.#ports, this.#options);
    Object.assign(metrics, assignAdvantages(rollouts, this.#options));
    this.#replay?.add(fresh.filter((_, i) => teaches(collected.groups[i]!)));
    const advantages = new Map(rollouts.map(({ key, sample, advantage }) => [`${key} ${sample}`, advantage]));
    const records = sampled.flatMap(({ prompt, samples }) =>
      samples.map((scored) => {
        const { key, sample } = scored.trajectory;
        return recordOf(scored, prompt, advantages.get(`${key} ${sample}`) ?? 0, step);
      }),
    );
    return { rollouts, records, metrics: { ...metricsOf(sampled, this.#options), ...metrics }, failures };
  }

  /** Prompts from the pool as far as it reaches, the rest from the stream. */
  async #takePrompts(count: number): Promise<Prompt[]> {
    const again = this.#difficulty?.take(count, this.#samplings).map((row) => this.prompts.render(row)) ?? [];
    return [...again, ...(await this.prompts.take(count - again.length))];
  }

  async #sample(count: number, step: number, failures: Record<string, number>): Promise<Group[]> {
    const prompts = await this.#takePrompts(count);
    if (prompts.length === 0) return [];
    const place = { index: this.#samplings++, step };
    const { samples, failures: found } = await sampleGroups(prompts, this.#ports, this.#options, place);
    const greedy =
      this.#options.advantageEstimator === 'remax'
        ? await sampleGroups(
            prompts,
            this.#ports,
            { ...this.#options, temperature: 0, numGenerations: 1 },
            place,
            ' greedy',
          )
        : undefined;
    for (const [cause, many] of [...Object.entries(found), ...Object.entries(greedy?.failures ?? {})])
      failures[cause] = (failures[cause] ?? 0) + many;
    return prompts.map((prompt, index) => ({
      prompt,
      samples: samples.filter(({ group }) => group === index),
      ...(greedy && { greedyReward: greedy.samples[index]!.reward }),
    }));
  }

  /** Tells the curriculum how the prompts went. */
  #record(sampled: readonly Group[]): Record<string, number> {
    const pool = this.#difficulty;
    if (pool === undefined) return {};
    const kept = sampled.filter(({ prompt, samples }) =>
      pool.record(
        prompt.row,
        samples.map(({ reward }) => reward),
      ),
    ).length;
    return {
      'curriculum/pool': pool.size,
      'curriculum/admitted': kept / sampled.length,
      'curriculum/gated': this.prompts.gated,
    };
  }

  /** Earlier groups in the place of those that teach nothing. */
  #withReplay(fresh: Rollout[][], live: boolean[], step: number, metrics: Record<string, number>): Rollout[][] {
    if (this.#replay === undefined) return fresh;
    if (this.#options.maxStaleness !== null) this.#replay.forgetOlder(step, this.#options.maxStaleness);
    const drawn = this.#replay.draw(live.filter((isLive) => !isLive).length, this.#samplings);
    metrics['replay/size'] = this.#replay.size;
    metrics['replay/groups'] = drawn.length;
    return fresh.map((group, i) => (live[i] ? group : (drawn.shift() ?? group)));
  }

  state(): RolloutSourceState {
    return {
      prompts: this.prompts.state(),
      generations: this.#samplings,
      ...(this.#difficulty && { difficulty: this.#difficulty.state() }),
      ...(this.#replay && { replay: this.#replay.state() }),
    };
  }

  restore({ prompts, generations, difficulty, replay }: RolloutSourceState): void {
    this.prompts.restore(prompts);
    this.#samplings = generations;
    if (difficulty) this.#difficulty?.restore(difficulty);
    if (replay) this.#replay?.restore(replay);
  }
}

/** Of everything that was sampled, so that leaving groups out does not flatter the figures. */
function metricsOf(sampled: readonly Group[], options: RlOptions): Record<string, number> {
  const all = sampled.flatMap((group) => {
    const zeroSignal = groupSignal(group, options) !== 'live';
    return group.samples.map(({ reward, parts, trajectory: { ids, mask, finish, sample } }) => {
      return { reward, parts, ids, ...(mask && { mask }), finish, sample, zeroSignal };
    });
  });
  const greedy = sampled.flatMap(({ greedyReward }) => greedyReward ?? []).filter((reward) => !Number.isNaN(reward));
  return {
    ...rolloutMetrics(all, options.numGenerations),
    ...(greedy.length > 0 && { reward_greedy: meanOf(greedy) }),
  };
}

function refillMetrics(sampled: readonly Group[], left: number, rounds: number, options: RlOptions) {
  const share = (signal: string) =>
    sampled.filter((group) => groupSignal(group, options) === signal).length / sampled.length;
  return {
    'dynamic_sampling/rounds': rounds,
    'dynamic_sampling/groups_sampled': sampled.length,
    'dynamic_sampling/groups_left': left,
    'dynamic_sampling/frac_equal': share('equal'),
    'dynamic_sampling/frac_unscored': share('unscored'),
  };
}
