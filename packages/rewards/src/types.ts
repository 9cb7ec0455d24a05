// The reward contract: what a reward function receives and may answer. A failure of machinery is an error, never a zero.

/** One chat message. `thinking` holds the reasoning of an assistant turn apart from what the user sees. */
export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  thinking?: string;
}

export type Mode = 'think' | 'no_think';

/** One row of a data set: a prompt, usually a gold answer, and any other columns. */
export type Row = Record<string, unknown> & { prompt: Message[] | string; answer?: string; mode?: Mode };

/** The texts that open and close the thinking of a model, e.g. `<think>` and `</think>`. */
export interface ThinkMarks {
  open: string;
  close: string;
}

/** A completion taken apart by {@link parseCompletion}. */
export interface ParsedCompletion {
  /** What stands between the first opening mark and the last closing one, verbatim; empty when there is none. */
  thinking: string;
  /** What the user sees: the text after the last closing mark; empty while the thinking is still open. */
  answer: string;
  /** False when thinking was begun and not ended. */
  closed: boolean;
  /** True when the opening mark stands at the end of the prompt, so that the completion begins inside the thinking. */
  prefilled: boolean;
  /** True when generation ran into the token limit. */
  truncated: boolean;
  /** True when the marks are used at most once, in order, with nothing before them. */
  wellFormed: boolean;
  /** The whole completion, without the stop token. */
  text: string;
}

/**
 * The verdict on one completion: a number; a number with named parts and step scores; `skip` when the completion cannot be
 * judged and must leave its group's baseline (a row without gold); `error` when the judge itself failed.
 */
export type Score =
  | number
  | { value: number; parts?: Record<string, number>; steps?: number[] }
  | { skip: string }
  | { error: string };

/** One completion to be scored, with all that is known about it. */
export interface RewardContext {
  prompt: Message[];
  completion: ParsedCompletion;
  row: Row;
  /** Completions of one prompt share it. */
  groupId: string;
  mode: Mode;
  /** Tokens of the completion that the model wrote, the stop token included; results of tools are in `ids` but not counted. */
  tokens: number;
  maxTokens: number;
  truncated: boolean;
  /** Optimizer step at which the completion was sampled. */
  step: number;
  ids: Int32Array;
  /** Aborts on time-out and when the run is cancelled: pass it to fetch and child processes. */
  signal: AbortSignal;
}

/** Scores a batch, in its order, one score a context. */
export type RewardFunction = ((batch: RewardContext[]) => Promise<Score[]> | Score[]) & {
  /** Set by compositions that retry their parts themselves: {@link scoreBatch} then does not retry the whole. */
  readonly retriesInside?: boolean;
};
