// Weighted sum of named rewards. value = Σ weight · part over the parts shown, so a score explains itself and a trainer can
// normalise each part before summing (GDPO). One skipped part skips the completion; one failed part fails it. The steps of
// a process reward are handed on as they are.
import { RewardError } from './errors.ts';
import { type ScoreOutcome, scoreBatch } from './score-batch.ts';
import type { RewardContext, RewardFunction, Score } from './types.ts';

export interface RewardPart {
  reward: RewardFunction;
  /** Default 1. */
  weight?: number;
  /** Counts only when this holds, else the part is 0: the name of another part that must be positive, or a predicate. */
  gate?: string | ((parts: Readonly<Record<string, number>>, context: RewardContext) => boolean);
  /** Bounds of the part before weighting. */
  clamp?: { min?: number; max?: number };
  /** Time for one call of this reward, in milliseconds; default 60,000. */
  timeoutMs?: number;
}

export type RewardParts = Record<string, RewardFunction | readonly [RewardFunction, number] | RewardPart>;

export type CombinedReward = RewardFunction & { readonly weights: Readonly<Record<string, number>> };

/**
 * Composes rewards: `combineRewards({ accuracy: [answerReward(), 1], format: [formatReward(), 0.1] })`. The parts run
 * concurrently, each with its own time-out and retry; inner parts of a part appear as `name/inner`.
 * @throws RewardError TW_REWARDS_OPTION for no parts, weights that are not finite, or gates on unknown parts.
 */
export function combineRewards(parts: RewardParts): CombinedReward {
  const entries = Object.entries(parts).map(([name, part]) => [name, asPart(part)] as const);
  checkParts(entries);
  const combined = async (batch: RewardContext[]): Promise<Score[]> => {
    const scored = await Promise.all(
      entries.map(([name, { reward, timeoutMs }]) =>
        scoreBatch(reward, batch, { name, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
      ),
    );
    return batch.map((context, index) =>
      sumParts(
        entries,
        scored.map(({ outcomes }) => outcomes[index]!),
        context,
      ),
    );
  };
  const weights = Object.fromEntries(entries.map(([name, { weight = 1 }]) => [name, weight]));
  return Object.assign(combined, { weights, retriesInside: true });
}

/** Bounds the value of a reward; its parts stay as they are. */
export function clampReward(reward: RewardFunction, bounds: { min?: number; max?: number }): RewardFunction {
  checkClamp('clampReward', bounds);
  const clamped = async (batch: RewardContext[]): Promise<Score[]> => {
    const scores = await reward(batch);
    if (!Array.isArray(scores)) return scores; // refused by scoreBatch, with what it is
    return scores.map((score) => {
      if (typeof score === 'number') return clamp(score, bounds);
      return typeof score === 'object' && score !== null && 'value' in score
        ? { ...score, value: clamp(score.value, bounds) }
        : score;
    });
  };
  return Object.assign(clamped, { retriesInside: reward.retriesInside ?? false });
}

type Entries = readonly (readonly [string, RewardPart])[];

function sumParts(entries: Entries, outcomes: ScoreOutcome[], context: RewardContext): Score {
  const error = outcomes.find((outcome) => outcome.status === 'error');
  if (error) return { error: error.cause };
  const values: Record<string, number> = {};
  const inner: Record<string, number> = {};
  for (const [index, [name, { clamp: bounds = {} }]] of entries.entries()) {
    const outcome = outcomes[index]!;
    if (outcome.status === 'skipped') return { skip: `${name}: ${outcome.reason}` };
    if (outcome.status !== 'scored') continue;
    values[name] = clamp(outcome.value, bounds);
    for (const [part, value] of Object.entries(outcome.parts)) inner[`${name}/${part}`] = value;
  }
  const ungated = { ...values };
  for (const [name, { gate }] of entries) {
    if (gate === undefined) continue;
    const open = typeof gate === 'string' ? ungated[gate]! > 0 : gate(ungated, context);
    if (!open) values[name] = 0;
  }
  const value = entries.reduce((sum, [name, { weight = 1 }]) => sum + weight * values[name]!, 0);
  const steps = outcomes.flatMap((outcome) => (outcome.status === 'scored' && outcome.steps ? [outcome.steps] : []));
  if (steps.length > 1) return { error: `${steps.length} parts score steps; a composition can hand on those of one` };
  return { value, parts: { ...values, ...inner }, ...(steps[0] && { steps: steps[0] }) };
}

function asPart(part: RewardParts[string]): RewardPart {
  if (typeof part === 'function') return { reward: part };
  return Array.isArray(part) ? { reward: part[0], weight: part[1] } : (part as RewardPart);
}

function checkParts(entries: Entries): void {
  const fail = (message: string): never => {
    throw new RewardError('TW_REWARDS_OPTION', message);
  };
  if (entries.length === 0) fail('combineRewards needs at least one part, e.g. { accuracy: [answerReward(), 1] }.');
  const names = new Set(entries.map(([name]) => name));
  for (const [name, { reward, weight = 1, gate, clamp: bounds }] of entries) {
    if (typeof reward !== 'function') fail(`reward part ${name} is ${typeof reward}; it must be a reward function.`);
    if (name === '' || name.includes('/'))
      fail(`reward part ${JSON.stringify(name)}: a name is not empty and has no "/".`);
    if (!Number.isFinite(weight)) fail(`reward part ${name} has weight ${weight}; it must be a finite number.`);
    if (typeof gate === 'string' && (!names.has(gate) || gate === name)) {
      fail(
        `reward part ${name} is gated by ${gate}; a gate names another part: ${[...names].filter((n) => n !== name).join(', ')}.`,
      );
    }
    if (bounds) checkClamp(`reward part ${name}`, bounds);
  }
}

function checkClamp(where: string, { min = -Infinity, max = Infinity }: { min?: number; max?: number }): void {
  if (!(min <= max)) {
    throw new RewardError('TW_REWARDS_OPTION', `${where}: clamp needs min <= max, found min ${min} and max ${max}.`);
  }
}

/** A value that is not finite is a fault of the reward and must stay visible. */
function clamp(value: number, { min = -Infinity, max = Infinity }: { min?: number; max?: number }): number {
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : value;
}
