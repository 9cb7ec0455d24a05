// Accuracy: 1 when the final answer equals the row's gold answer, else 0. Grades what the user sees, so that an answer inside
// the thinking cannot win, and skips rows whose gold is missing or unreadable instead of scoring them (TRL: None). A completion
// that was cut off needs a marked answer: the last number it happened to reach is not one. Turns of a conversation that the
// model goes on to invent, and a reply that only repeats the question, answer nothing.
import { RewardError } from './errors.ts';
import { type AnswerExtractor, type AnswerExtractorName, answerExtractor } from './extract-answer.ts';
import { parseNumber, sameNumber } from './numbers.ts';
import type { RewardContext, RewardFunction, Row, Score } from './types.ts';
import { beforeInventedTurns, visibleAnswer, withoutQuestion } from './visible-answer.ts';

/** `numeric`: exact rational equality. `exact`: same text but for case and spaces. `auto`: numeric when the gold is a number. */
export type AnswerComparison = 'numeric' | 'exact' | 'auto' | ((answer: string, gold: string) => boolean);

export interface AnswerRewardOptions {
  /** Where to find the answer; default the first of answer tag, box, `####`, last number. */
  extract?: AnswerExtractorName | AnswerExtractor | readonly (AnswerExtractorName | AnswerExtractor)[];
  /** Default `auto`. */
  compare?: AnswerComparison;
  /** Where the gold answer is; default `row.answer`. */
  gold?: (row: Row) => string | undefined;
  /** `answer` (default) reads what follows the thinking; `text` the whole completion. */
  from?: 'answer' | 'text';
}

type Extraction = NonNullable<AnswerRewardOptions['extract']>;

const DEFAULT_EXTRACTORS: Extraction = ['answer-tag', 'boxed', 'hash', 'last-number'];

/** The accuracy reward: 1 right, 0 wrong or no answer, skip without gold. */
export function answerReward(options: AnswerRewardOptions = {}): RewardFunction {
  const extract = answerExtractor(options.extract ?? DEFAULT_EXTRACTORS);
  const extractMarked = answerExtractor(markedOnly(options.extract ?? DEFAULT_EXTRACTORS));
  const same = answerComparison(options.compare ?? 'auto');
  const goldOf = options.gold ?? ((row: Row) => row.answer);
  const from = options.from ?? 'answer';
  const score = ({ completion, prompt, row }: RewardContext): Score => {
    const gold = goldOf(row);
    if (typeof gold !== 'string' || gold.trim() === '') return { skip: 'row has no gold answer' };
    if (options.compare === 'numeric' && !parseNumber(gold)) return { skip: 'gold answer is not a number' };
    const text = from === 'text' ? beforeInventedTurns(completion.text) : visibleAnswer(completion.answer);
    const marked = extractMarked(text);
    // What was cut off has no last number that means anything.
    const answer =
      marked ?? (completion.truncated ? undefined : extract(withoutQuestion(text, prompt.at(-1)?.content ?? '')));
    return answer !== undefined && same(answer, gold) ? 1 : 0;
  };
  return function accuracy(batch) {
    return batch.map(score);
  };
}

/** Without the extractors that take whatever stands last. */
function markedOnly(choice: Extraction): Extraction {
  const choices = typeof choice === 'string' || typeof choice === 'function' ? [choice] : choice;
  return choices.filter((one) => one !== 'last-number' && one !== 'whole');
}

/** The comparison of a given name, for graders that need it alone (majority votes, gold checks). */
export function answerComparison(compare: AnswerComparison): (answer: string, gold: string) => boolean {
  if (typeof compare === 'function') return compare;
  switch (compare) {
    case 'numeric':
      return (answer, gold) => sameNumber(answer, gold) ?? false;
    case 'exact':
      return sameText;
    case 'auto':
      return (answer, gold) => sameNumber(answer, gold) ?? sameText(answer, gold);
    default:
      throw new RewardError(
        'TW_REWARDS_OPTION',
        `unknown comparison ${JSON.stringify(compare)}. Known: numeric, exact, auto, or pass a function.`,
      );
  }
}

function sameText(left: string, right: string): boolean {
  const plain = (text: string) => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();
  return plain(left) === plain(right);
}
