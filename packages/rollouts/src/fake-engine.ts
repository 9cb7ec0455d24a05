// An engine without a model, for tests of everything around one. Its language is a random bigram table made from `seed`
// (so log-probs are true log-probs and `score` agrees with sampling), or a script that says what is sampled.
// It leaves out nothing of the contract: stops, limits, aborts and streaming behave like a real engine's.

import { BigramTable, drawUniform } from './bigram-table.ts';
import { checkRequests, checkSequences } from './check-requests.ts';
import { RolloutError } from './errors.ts';
import type {
  EngineInfo,
  FinishReason,
  GenerateOptions,
  RolloutEngine,
  RolloutRequest,
  ScoreOptions,
  ScoreSequence,
  Trajectory,
} from './types.ts';

export interface FakeEngineOptions {
  /** Default 32. */
  vocabularySize?: number;
  /** Context length. Default 256. */
  maxTokens?: number;
  /** Picks the bigram table. Default 0. */
  seed?: number;
  /** What to sample instead, for a request and sample number; cut at stops and limits. `undefined` = from the table. */
  script?: (request: RolloutRequest, sample: number) => ArrayLike<number> | undefined;
  /** Needed for stop strings. */
  decode?: (ids: Int32Array) => string;
}

/** Deterministic engine for tests. `weightVersion` may be set from outside, as a trainer's update would. */
export class FakeEngine implements RolloutEngine {
  weightVersion = 0;
  /** Every request it was given, in order. */
  readonly requests: RolloutRequest[] = [];
  readonly #options: FakeEngineOptions;
  readonly #table: BigramTable;
  #closed = false;

  constructor(options: FakeEngineOptions = {}) {
    this.#options = options;
    this.#table = new BigramTable(options.vocabularySize ?? 32, options.seed ?? 0);
  }

  async info(): Promise<EngineInfo> {
    return {
      model: 'fake',
      maxTokens: this.#options.maxTokens ?? 256,
      vocabularySize: this.#table.size,
      weightVersion: this.weightVersion,
      logProbs: 'processed',
    };
  }

  async *generate(requests: RolloutRequest[], options: GenerateOptions = {}): AsyncGenerator<Trajectory> {
    this.#refuseWhenClosed();
    const { maxTokens } = await this.info();
    checkRequests(requests, { maxTokens, vocabularySize: this.#table.size });
    for (const request of requests) {
      if (request.sampling.stopStrings?.length && !this.#options.decode)
        throw new RolloutError(
          'TW_ROLLOUTS_STOP_STRINGS_NEED_DECODE',
          `Request '${request.key}' has stopStrings, but this engine cannot turn ids into text. Create it with a decode function.`,
        );
      this.requests.push(request);
      for (let sample = 0; sample < request.samples; sample++)
        yield await this.#complete(request, sample, maxTokens, options);
    }
  }

  async #complete(
    request: RolloutRequest,
    sample: number,
    context: number,
    { signal, onTokens }: GenerateOptions,
  ): Promise<Trajectory> {
    const { promptIds, sampling, key } = request;
    const room = Math.min(sampling.maxTokens, context - promptIds.length);
    const script = this.#options.script?.(request, sample);
    const ids: number[] = [];
    const logProbs: number[] = [];
    let finish: FinishReason | undefined;
    let previous = promptIds[promptIds.length - 1]!;
    while (!finish) {
      await Promise.resolve();
      if (signal?.aborted) {
        finish = 'abort';
        break;
      }
      const step = ids.length;
      const forced = script ? script[step] : undefined;
      if (script && forced === undefined) {
        finish = 'length';
        break;
      }
      const uniform = drawUniform(sampling.seed, key, sample, step);
      const drawn = this.#table.sample(previous, sampling, uniform, forced, { promptIds, ids });
      ids.push(drawn.id);
      logProbs.push(drawn.logProb);
      previous = drawn.id;
      onTokens?.({ key, sample, ids: [drawn.id] });
      if (sampling.stopIds.includes(drawn.id) || this.#hitsStopString(ids, sampling.stopStrings)) finish = 'stop';
      else if (ids.length >= room) finish = 'length';
    }
    return {
      key,
      sample,
      promptIds,
      ids: Int32Array.from(ids),
      logProbs: Float32Array.from(logProbs),
      finish,
      weightVersion: this.weightVersion,
    };
  }

  #hitsStopString(ids: number[], stopStrings: string[] | undefined): boolean {
    if (!stopStrings?.length) return false;
    const text = this.#options.decode!(Int32Array.from(ids));
    return stopStrings.some((stop) => text.includes(stop));
  }

  async score(sequences: ScoreSequence[], options: ScoreOptions = {}): Promise<Float32Array[]> {
    this.#refuseWhenClosed();
    options.signal?.throwIfAborted();
    checkSequences(sequences, await this.info());
    const temperature = options.temperature ?? 1;
    return sequences.map(({ ids, from }) =>
      Float32Array.from(ids.subarray(from), (id, offset) =>
        this.#table.logProb(ids[from + offset - 1]!, id, temperature),
      ),
    );
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
