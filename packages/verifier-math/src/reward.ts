// The reward of a math row: 1 for an answer equal to the gold, 0 for anything else, a skip for a row whose gold is unusable.
import { type RewardContext, type RewardFunction, type Score, visibleAnswer } from '@thinkwright/rewards';
import { resolveOptions, type VerifyOptions } from './options.ts';
import { type Verdict, verify } from './verify.ts';

export interface MathRewardOptions extends VerifyOptions {
  /** The gold answer of a row. Default: its `answer`. Undefined skips the row. */
  gold?: (context: RewardContext) => string | readonly string[] | undefined;
  /** Called with every verdict, e.g. to log false rejects. */
  onVerdict?: (verdict: Verdict, context: RewardContext) => void;
  /** A completion cut off at the token limit earns nothing unless this is true. Default false. */
  allowTruncated?: boolean;
}

/**
 * A reward function for `@thinkwright/rewards`. Its parts name the verdict: `equal`, `undecided`, `noAnswer`.
 * @throws VerifierError TW_VERIFIER_OPTION when an option is unknown.
 */
export function createMathReward(options: MathRewardOptions = {}): RewardFunction {
  const { gold: goldOf = ({ row }) => row.answer, onVerdict, allowTruncated = false, ...verifying } = options;
  const resolved: VerifyOptions = resolveOptions(verifying);
  return (batch) =>
    batch.map((context): Score => {
      const gold = goldOf(context);
      if (gold === undefined) return { skip: 'the row has no gold answer' };
      // Turns that the model invents and thinking under other marks are no answer.
      const completion = { ...context.completion, answer: visibleAnswer(context.completion.answer) };
      const verdict = verify(gold, completion, resolved);
      onVerdict?.(verdict, context);
      if (verdict.verdict === 'bad-gold') return { skip: `the gold answer is unusable (${verdict.rule})` };
      const correct = verdict.correct && (allowTruncated || !context.truncated);
      return {
        value: correct ? 1 : 0,
        parts: {
          equal: correct ? 1 : 0,
          undecided: verdict.verdict === 'undecided' ? 1 : 0,
          noAnswer: verdict.verdict === 'no-answer' ? 1 : 0,
        },
      };
    });
}
