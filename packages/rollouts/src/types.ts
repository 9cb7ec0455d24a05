// The contract between whoever samples completions and whoever trains on them: token ids in, trajectories out.
// Text never crosses it, so nothing is re-tokenised. Engines: in process (@thinkwright/models), fake (here), external later.

/**
 * How completions are drawn. Processors apply in transformers' order: penalties, noRepeatNgramSize, minNewTokens, suppressTokens,
 * temperature, topH, topK, topP, minP, typicalP, epsilonCutoff, etaCutoff; the filters (from topH on) not where temperature is 0.
 * Log-probs are of the distribution that all of this leaves. noRepeatNgramSize, minNewTokens, suppressTokens and the filters other
 * than topK, topP and minP may cost an engine time: the in-process one samples such rows on the host.
 */
export interface Sampling {
  /** 0 = greedy: the likeliest id, with its log-prob at temperature 1. */
  temperature: number;
  /** Keep the k likeliest ids. Absent or 0 = all. */
  topK?: number;
  /** Keep the fewest likeliest ids whose probabilities reach p. Absent or 1 = all. */
  topP?: number;
  /** Drop ids less likely than minP times the likeliest. Absent or 0 = none. */
  minP?: number;
  /**
   * Logits of ids that occur in the prompt or the completion are divided by this where positive, multiplied where negative,
   * before the temperature (CTRL, arXiv 1909.05858). Absent or 1 = off. Log-probs are then of the penalised distribution,
   * which `score` does not know.
   */
  repetitionPenalty?: number;
  /**
   * Taken from an id's logit for each time the completion has it already, before the temperature (OpenAI's definition). Absent
   * or 0 = off. Log-probs are of the penalised distribution, as above.
   */
  frequencyPenalty?: number;
  /** Taken once from the logit of each id that the completion has already (OpenAI's definition). Absent or 0 = off. */
  presencePenalty?: number;
  /** No run of this many ids comes twice in prompt and completion together, unless every id would repeat one. Absent or 0 = off. */
  noRepeatNgramSize?: number;
  /** No stop id comes before so many ids were sampled; a stop string still ends. Absent or 0 = off. */
  minNewTokens?: number;
  /** Ids that are never sampled. */
  suppressTokens?: number[];
  /** Keep the likeliest ids (100 at most) whose share of the entropy stays within this fraction (arXiv 2509.02510). Absent = all. */
  topH?: number;
  /** Keep the fewest ids closest to the expected surprise whose probabilities reach this (arXiv 2202.00666). Absent or 1 = all. */
  typicalP?: number;
  /** Drop ids less likely than this, but never the likeliest (arXiv 2210.15191). Absent or 0 = none. */
  epsilonCutoff?: number;
  /** As epsilonCutoff, with the floor min(eta, sqrt(eta) · exp(-entropy)) (arXiv 2210.15191). Absent or 0 = none. */
  etaCutoff?: number;
  /** Most ids to sample for one completion. */
  maxTokens: number;
  /** A completion ends with (and contains) the first of these. */
  stopIds: number[];
  /** A completion ends with the id that completes one of these in its decoded text. */
  stopStrings?: string[];
  /** Same seed, key and sample number: same completion, whatever else is in the batch. */
  seed: number;
}

/** One prompt, to be completed `samples` times. `key` names it: unique within a call, and the source of its randomness. */
export interface RolloutRequest {
  promptIds: Int32Array;
  samples: number;
  sampling: Sampling;
  key: string;
}

/** `stop`: a stop id or stop string; `length`: maxTokens or the context is used up; `abort`: the signal fired first. */
export type FinishReason = 'stop' | 'length' | 'abort';

/**
 * One sampled completion. `logProbs[i]` belongs to `ids[i]`, in nats, of the distribution that was really sampled. An engine that puts
 * ids of its own into a completion (the results of tools) says so in `mask`.
 */
export interface Trajectory {
  key: string;
  sample: number;
  promptIds: Int32Array;
  ids: Int32Array;
  logProbs: Float32Array;
  /** [ids.length] 1 where the model drew the id; 0 where it was put in: context, never trained on, its log-prob never read. Absent = all 1. */
  mask?: Uint8Array;
  finish: FinishReason;
  weightVersion: number;
}

/** Freshly sampled ids of one completion, for streaming. */
export interface TokenEvent {
  key: string;
  sample: number;
  ids: number[];
}

export interface GenerateOptions {
  signal?: AbortSignal;
  onTokens?: (event: TokenEvent) => void;
}

/** Ids whose tail, from index `from` on, is to be scored. */
export interface ScoreSequence {
  ids: Int32Array;
  from: number;
}

export interface ScoreOptions {
  /** Divides the logits first. Default 1. */
  temperature?: number;
  signal?: AbortSignal;
}

/** Of one sequence with L scored places, k for each, the likeliest first. */
export interface TopKScores {
  ids: Int32Array; // [L * k]
  /** Of the whole distribution, in nats. */
  logProbs: Float32Array; // [L * k]
}

export interface EngineInfo {
  model: string;
  /** Most ids in prompt and completion together. */
  maxTokens: number;
  vocabularySize: number;
  /** Grows with every update of the weights; stamped on each trajectory. */
  weightVersion: number;
  /** `processed`: log-probs after temperature and filters (what training needs); `raw`: of the unprocessed logits. */
  logProbs: 'processed' | 'raw';
}

export interface RolloutEngine {
  info(): Promise<EngineInfo>;
  /**
   * Completes every request. Each (key, sample) is yielded exactly once, as soon as it is finished, in no promised order
   * (see `collectTrajectories`). An abort yields what was sampled so far with finish `abort`, for all that is unfinished.
   * @throws RolloutError for requests that no engine could serve (see `checkRequests`)
   */
  generate(requests: RolloutRequest[], options?: GenerateOptions): AsyncIterable<Trajectory>;
  /**
   * Log-probs of `ids[from..]` given what precedes each, one array of length `ids.length - from` for each sequence.
   * @throws RolloutError for `from` < 1 (the first id has no context) or ids outside the vocabulary
   */
  score(sequences: ScoreSequence[], options?: ScoreOptions): Promise<Float32Array[]>;
  /**
   * The k likeliest ids at each place of `ids[from..]`, for distillation. Engines that cannot leave it out.
   * @throws as `score`
   */
  scoreTopK?(sequences: ScoreSequence[], options: ScoreOptions & { topK: number }): Promise<TopKScores[]>;
  /** Engines that do not share the trainer's memory load new weights from a folder. */
  setWeights?(source: { kind: 'lora' | 'full'; folder: string; version: number }): Promise<void>;
  close(): Promise<void>;
}
