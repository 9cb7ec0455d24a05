// Format: 1 when the whole completion has the asked shape, else 0. Anchored at both ends over the whole text (open-r1's `$`
// matched at any line end, so trailing junk and repeated blocks passed) and never paid to a truncated completion. What is asked to
// be there must have a letter or a digit: dots, invisible characters and empty tags are nothing.
import { RewardError } from './errors.ts';
import type { ParsedCompletion, RewardContext, RewardFunction } from './types.ts';
import { hasThinkingMarks } from './visible-answer.ts';

export interface FormatRewardOptions {
  /** The whole completion, without its stop token, must match. Flags g, m and y are ignored: the match is always entire. */
  pattern?: RegExp;
  /** The think marks must be well formed: once, in order, at the start. Default true when there is no pattern. */
  marks?: boolean;
  /** Thinking must be non-empty in think mode and empty in no_think mode. Default true when there is no pattern. */
  obeyMode?: boolean;
  /** Words or numbers must follow the thinking. Default true when there is no pattern. */
  answered?: boolean;
}

/** The format reward: every check that is switched on must hold. */
export function formatReward(options: FormatRewardOptions = {}): RewardFunction {
  const { pattern, marks = !pattern, obeyMode = !pattern, answered = !pattern } = options;
  const entire = pattern ? entirePattern(pattern) : undefined;
  const passes = ({ completion, mode, truncated }: RewardContext): boolean =>
    !truncated &&
    !completion.truncated &&
    (!entire || entire.test(completion.text)) &&
    (!marks || (completion.wellFormed && completion.closed && !hasThinkingMarks(completion.answer))) &&
    (!obeyMode || obeysMode(completion, mode)) &&
    (!answered || saysSomething(completion.answer));
  return function format(batch) {
    return batch.map((context) => (passes(context) ? 1 : 0));
  };
}

/** Whether a completion thinks exactly when it was asked to. */
export function obeysMode(completion: ParsedCompletion, mode: 'think' | 'no_think'): boolean {
  if (!completion.closed || hasThinkingMarks(completion.answer)) return false;
  return mode === 'think' ? saysSomething(completion.thinking) : completion.thinking === '';
}

function saysSomething(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text.replace(/<[^<>]*>/g, ''));
}

function entirePattern(pattern: RegExp): RegExp {
  const flags = pattern.flags.replace(/[gmy]/g, '');
  try {
    return new RegExp(`^(?:${pattern.source})$`, flags);
  } catch (error) {
    throw new RewardError('TW_REWARDS_OPTION', `format pattern ${String(pattern)} cannot be anchored`, {
      cause: error,
    });
  }
}
