// How many sequences decode together and how long they may get, so that the key/value cache stays within its budget.
// What does not fit at once waits in the queue; what can never fit is refused before anything is allocated.

import { RolloutError, type RolloutRequest } from '@thinkwright/rollouts';
import type { KeyValueStorage } from '@thinkwright/tensors';
import type { ModelConfig } from '../config.ts';

export interface CachePlan {
  /** Sequences that decode at once. */
  slots: number;
  /** Tokens a slot can hold. */
  capacity: number;
}

export interface CacheLimits {
  maxBatch: number;
  maxCacheBytes: number;
  /** Slots beside those of live sequences: captured steps park their padding rows there. */
  spareSlots: number;
  storage: KeyValueStorage;
}

/** The batch that a call would join. */
export interface RunningCache extends CachePlan {
  /** Samples that have not ended. */
  unfinished: number;
}

/** The cache's blocks, in tokens. */
const BLOCK = 32;

const NOTHING: RunningCache = { slots: 0, capacity: 0, unfinished: 0 };

/** Bytes of keys and values that one slot of this capacity takes. */
function slotBytes(config: ModelConfig, capacity: number, storage: KeyValueStorage): number {
  const each = storage === 'bfloat16' ? 2 : 4;
  return 2 * each * config.layerCount * config.keyValueHeadCount * config.headDimension * capacity;
}

/**
 * The cache that serves these requests beside what runs; undefined when they have to wait until that has ended.
 * @throws RolloutError `TW_ROLLOUTS_CACHE_TOO_LARGE` when not even one sequence fits
 */
export function planCache(
  config: ModelConfig,
  requests: readonly RolloutRequest[],
  limits: CacheLimits,
  running: RunningCache = NOTHING,
): CachePlan | undefined {
  const longest = Math.max(
    ...requests.map(({ promptIds, sampling }) => Math.min(config.maxPositions, promptIds.length + sampling.maxTokens)),
  );
  const capacity = Math.max(running.capacity, Math.ceil(longest / BLOCK) * BLOCK);
  const samples = requests.reduce((sum, request) => sum + request.samples, running.unfinished);
  const each = slotBytes(config, capacity, limits.storage);
  const affordable = Math.floor(limits.maxCacheBytes / each) - limits.spareSlots;
  if (affordable < 1 && running.slots === 0)
    throw new RolloutError(
      'TW_ROLLOUTS_CACHE_TOO_LARGE',
      `A sequence of ${longest} tokens needs ${megabytes(each * (1 + limits.spareSlots))} of key/value cache, but maxCacheBytes is ` +
        `${megabytes(limits.maxCacheBytes)}. Lower maxTokens, shorten the prompts, raise maxCacheBytes, or keep the cache as bfloat16.`,
    );
  if (affordable < running.slots) return undefined;
  const most = Math.min(limits.maxBatch, affordable);
  if (samples <= running.slots) return { slots: running.slots, capacity };
  // Room is made twofold, since it is copied: callers that come one by one cost a few copies, not one each.
  return { slots: Math.max(running.slots, Math.min(most, Math.max(samples, 2 * running.slots))), capacity };
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
