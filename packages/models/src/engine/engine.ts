// The rollout engine in the trainer's own process: it reads the very weights that the trainer updates, so what it samples
// is always the current policy, and its log-probs are the trainer's. Calls of `generate` that overlap share one batch. Leaves out
// setWeights, which it does not need.

import { totalmem } from 'node:os';
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
import type { LanguageModel } from '../language-model.ts';
import { planCache } from './cache-plan.ts';
import { Call } from './call.ts';
import { RunningBatch } from './running-batch.ts';
import { scoreSequences } from './score.ts';
import { scoreTopK } from './score-top-k.ts';
import { stopStringTest } from './stop-strings.ts';

export interface EngineOptions {
  /** Text of ids; needed for stop strings only. */
  decode?: (ids: Int32Array) => string;
  /** Most sequences that decode at once, over all calls; others wait for a slot. Default 64. */
  maxBatch?: number;
  /** Most bytes of key/value cache, which lives while calls of `generate` run. Default a quarter of the machine's memory. */
  maxCacheBytes?: number;
  /** Record decoding steps as graphs where the device can. Default true; the results are the same. */
  capture?: boolean;
}

/** Samples from `model`, which stays the caller's: closing the engine does not dispose it. */
export function createEngine(model: LanguageModel, options: EngineOptions = {}): RolloutEngine {
  return new InProcessEngine(model, options);
}

class InProcessEngine implements RolloutEngine {
  readonly #model: LanguageModel;
  readonly #options: EngineOptions;
  readonly #batch: RunningBatch;
  #closed = false;

  constructor(model: LanguageModel, options: EngineOptions) {
    const { maxBatch = 64, maxCacheBytes = totalmem() / 4, capture = true, decode } = options;
    this.#model = model;
    this.#options = options;
    this.#batch = new RunningBatch(model, { maxBatch, maxCacheBytes, capture, hitsStopString: stopStringTest(decode) });
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

  async *generate(requests: RolloutRequest[], options: GenerateOptions = {}): AsyncGenerator<Trajectory> {
    this.#refuseWhenClosed();
    const { config, weightVersion } = this.#model;
    checkRequests(requests, await this.info());
    refuseUndecodable(requests, this.#options.decode);
    if (requests.length === 0) return;
    planCache(config, requests, this.#batch.limits()); // refuses what can never fit
    const call = new Call(requests, options, weightVersion);
    this.#batch.join(call);
    try {
      yield* call.read();
    } finally {
      await this.#batch.leave(call);
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
