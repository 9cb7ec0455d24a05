// The rollout engine in the trainer's own process: it reads the very weights that the trainer updates, so what it samples
// is always the current policy, and its log-probs are the trainer's. Leaves out setWeights, which it does not need.

import { totalmem } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import {
  checkRequests,
  type EngineInfo,
  type GenerateOptions,
  type RolloutEngine,
  RolloutError,
  type RolloutRequest,
  type ScoreOptions,
  type ScoreSequence,
  type TopKScores,
  type Trajectory,
} from '@thinkwright/rollouts';
import { createKeyValueCache, currentDevice } from '@thinkwright/tensors';
import type { LanguageModel } from '../language-model.ts';
import { planCache } from './cache-plan.ts';
import { DecodeStep, type SampledStep } from './decode-step.ts';
import { admitToCache, PREFILL_IDS } from './prefill.ts';
import { type Row, Schedule, toTrajectory } from './schedule.ts';
import { scoreSequences } from './score.ts';
import { scoreTopK } from './score-top-k.ts';
import { stopStringTest } from './stop-strings.ts';

export interface EngineOptions {
  /** Text of ids; needed for stop strings only. */
  decode?: (ids: Int32Array) => string;
  /** Most sequences that decode at once; others wait for a slot. Default 64. */
  maxBatch?: number;
  /** Most bytes of key/value cache, which lives while `generate` runs. Default a quarter of the machine's memory. */
  maxCacheBytes?: number;
  /** Record decoding steps as graphs where the device can. Default true; the results are the same. */
  capture?: boolean;
}

/** Longest time that sampling keeps timers and signals waiting. */
const BREATH_MILLISECONDS = 10;

/** Samples from `model`, which stays the caller's: closing the engine does not dispose it. */
export function createEngine(model: LanguageModel, options: EngineOptions = {}): RolloutEngine {
  return new InProcessEngine(model, options);
}

class InProcessEngine implements RolloutEngine {
  readonly #model: LanguageModel;
  readonly #options: EngineOptions;
  #closed = false;

  constructor(model: LanguageModel, options: EngineOptions) {
    this.#model = model;
    this.#options = options;
  }

  async info(): Promise<EngineInfo> {
    const { config, name, weightVersion } = this.#model;
    return {
      model: name,
      maxTokens: config.maxPositions,
      vocabularySize: config.vocabularySize,
      weightVersion,
      logProbs: 'processed',
    };
  }

  async *generate(requests: RolloutRequest[], { signal, onTokens }: GenerateOptions = {}): AsyncGenerator<Trajectory> {
    this.#refuseWhenClosed();
    const { maxBatch = 64, maxCacheBytes = totalmem() / 4, capture = true, decode } = this.#options;
    const { config, weightVersion } = this.#model;
    checkRequests(requests, await this.info());
    refuseUndecodable(requests, decode);
    if (requests.length === 0) return;
    const spareSlots = capture && currentDevice().captureGraph ? 1 : 0;
    const { slots, capacity } = planCache(config, requests, { maxBatch, maxCacheBytes, spareSlots });
    const schedule = new Schedule(requests, slots, config.maxPositions, stopStringTest(decode));
    const { layerCount: layers, keyValueHeadCount, headDimension } = config;
    const cache = createKeyValueCache({
      layers,
      slots: slots + spareSlots,
      capacity,
      keyValueHeadCount,
      headDimension,
    });
    const step = new DecodeStep(this.#model, cache, spareSlots > 0 ? slots : undefined);
    let lastBreath = performance.now();
    // The step that runs on the device: while no row can join, the next one is launched before its ids are known here.
    let inFlight: { rows: readonly Row[]; sampled: Promise<SampledStep> } | undefined;
    try {
      while (!schedule.isDone) {
        if (performance.now() - lastBreath > BREATH_MILLISECONDS) {
          await setImmediate();
          lastBreath = performance.now();
        }
        if (signal?.aborted) {
          for (const unfinished of schedule.abort()) yield toTrajectory(unfinished, 'abort', weightVersion);
          return;
        }
        if (!inFlight) {
          admitToCache(this.#model, cache, schedule.admit(PREFILL_IDS));
          if (schedule.rows.length === 0) continue;
          inFlight = { rows: schedule.rows, sampled: step.run(schedule.rows) };
        }
        const { rows, sampled } = inFlight;
        const isSteady = !schedule.isWaiting && rows === schedule.rows;
        const next = isSteady ? step.repeat() : undefined;
        inFlight = next && { rows, sampled: next };
        const { ids, logProbs } = await sampled;
        const live = rows.filter(({ ended }) => !ended);
        const finished = schedule.accept(rows, ids, logProbs);
        if (onTokens)
          for (const { request, sample, nextId } of live) onTokens({ key: request.key, sample, ids: [nextId] });
        for (const { row, finish } of finished) yield toTrajectory(row, finish, weightVersion);
      }
    } finally {
      step.dispose();
      cache.dispose();
    }
  }

  async score(sequences: ScoreSequence[], options?: ScoreOptions): Promise<Float32Array[]> {
    this.#refuseWhenClosed();
    options?.signal?.throwIfAborted();
    return scoreSequences(this.#model, sequences, options);
  }

  async scoreTopK(sequences: ScoreSequence[], options: ScoreOptions & { topK: number }): Promise<TopKScores[]> {
    this.#refuseWhenClosed();
    return scoreTopK(this.#model, sequences, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #refuseWhenClosed(): void {
    if (this.#closed)
      throw new RolloutError(
        'TW_ROLLOUTS_CLOSED',
        'The engine was closed. Create another before generating or scoring.',
      );
  }
}

function refuseUndecodable(requests: readonly RolloutRequest[], decode: EngineOptions['decode']): void {
  const request = decode ? undefined : requests.find(({ sampling }) => sampling.stopStrings?.length);
  if (request)
    throw new RolloutError(
      'TW_ROLLOUTS_STOP_STRINGS_NEED_DECODE',
      `Request '${request.key}' has stopStrings, but this engine cannot turn ids into text. Pass decode to createEngine.`,
    );
}
