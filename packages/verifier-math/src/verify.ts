// The whole way: find the answer, read both sides, compare, and say why.
import type { ParsedCompletion } from '@thinkwright/rewards';
import type { Decision } from './equal/decision.ts';
import { equalNodes } from './equal/equal.ts';
import { expandPlusMinus } from './equal/plus-minus.ts';
import { renameByOrder } from './equal/renaming.ts';
import { withoutSideConditions } from './equal/side-condition.ts';
import { VerifierError } from './errors.ts';
import type { ExtractionRule, NothingFound } from './extract/candidate.ts';
import { type Extraction, extractAnswer, extractGold } from './extract/extract.ts';
import { LimitReached, type Limits, Work } from './limits.ts';
import { type ResolvedOptions, resolveOptions, type VerifyOptions } from './options.ts';
import { comparableText, type ParseResult, parseAnswer } from './parse/answer.ts';
import { print } from './tree/print.ts';

export type VerdictKind = 'equal' | 'different' | 'undecided' | 'no-answer' | 'bad-gold';

export interface Side {
  /** The text that was taken for the answer. */
  text: string;
  /** The rule that found it. */
  extraction: ExtractionRule;
  /** Its normal form; absent when it cannot be read. */
  normal?: string;
}

export interface Verdict {
  verdict: VerdictKind;
  /** `verdict === 'equal'`. */
  correct: boolean;
  /** The rule that decided, or why nothing could be compared. */
  rule: string;
  gold?: Side;
  prediction?: Side;
  /** The bound that was reached, if one was. */
  limit?: keyof Limits;
}

/**
 * Judges one completion.
 * @param gold the reference answer, bare or as a worked solution; several: any one counts.
 * @param completion what the model wrote, or its parsed form, whose thinking never counts.
 * @throws VerifierError (a TypeError) when gold or completion is no text, or an option is unknown. Never for their content.
 */
export function verify(
  gold: string | readonly string[],
  completion: string | ParsedCompletion,
  options?: VerifyOptions,
): Verdict {
  const resolved = resolveOptions(options);
  const golds = checkedGolds(gold);
  const prediction = checkedCompletion(completion, resolved);
  const usable = golds.filter((text) => text.trim() !== '');
  let best: Verdict = { verdict: 'bad-gold', correct: false, rule: 'empty' };
  for (const text of usable) {
    const verdict = verifyOne(text, prediction, resolved);
    if (verdict.correct) return verdict;
    if (RANK[verdict.verdict] > RANK[best.verdict] || best.rule === 'empty') best = verdict;
  }
  return best;
}

const RANK: Record<VerdictKind, number> = { 'bad-gold': 0, different: 1, undecided: 2, 'no-answer': 3, equal: 4 };

function checkedGolds(gold: unknown): readonly string[] {
  const golds = Array.isArray(gold) ? gold : [gold];
  for (const text of golds) {
    if (typeof text !== 'string') {
      throw new VerifierError(
        'TW_VERIFIER_ARGUMENT',
        `the gold answer must be a string or a list of strings, found ${describe(text)}. Convert it first, e.g. String(row.answer).`,
      );
    }
  }
  return golds as string[];
}

function checkedCompletion(completion: unknown, options: ResolvedOptions): Extraction {
  if (typeof completion === 'string') return extractAnswer(completion, options);
  if (typeof completion === 'object' && completion !== null) {
    const { answer, closed } = completion as Partial<ParsedCompletion>;
    if (typeof answer === 'string') {
      return closed === false ? { nothing: 'open-thinking' } : extractAnswer(answer, options);
    }
  }
  throw new VerifierError(
    'TW_VERIFIER_ARGUMENT',
    `the completion must be a string or a ParsedCompletion, found ${describe(completion)}.`,
  );
}

const describe = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;

function verifyOne(goldText: string, prediction: Extraction, options: ResolvedOptions): Verdict {
  const gold = extractGold(goldText, options);
  if ('nothing' in gold) return { verdict: 'bad-gold', correct: false, rule: gold.nothing };
  const asked = 'nothing' in prediction ? gold.text : withoutChoice(gold.text, prediction.text);
  const goldSide: Side = { text: asked, extraction: gold.rule };
  const goldParse = parseAnswer(asked, options.limits, gold.style);
  if (goldParse.status === 'parsed') goldSide.normal = print(goldParse.answer.node);
  const bad = unusable(goldParse);
  if ('nothing' in prediction) {
    if (bad) return { verdict: 'bad-gold', correct: false, rule: bad, gold: goldSide };
    return { verdict: 'no-answer', correct: false, rule: prediction.nothing, gold: goldSide };
  }
  const side: Side = { text: withoutChoice(prediction.text, gold.text), extraction: prediction.rule };
  const sides = { gold: goldSide, prediction: side };
  // A gold that cannot be read still equals its own spelling, if it is more than markup.
  if (sameText(asked, side.text) && (goldParse.status === 'parsed' || goldParse.status === 'limit')) {
    return { verdict: 'equal', correct: true, rule: 'text', ...sides };
  }
  if (bad) return { verdict: 'bad-gold', correct: false, rule: bad, ...sides };
  const parsed = parseAnswer(side.text, options.limits, prediction.style);
  if (parsed.status !== 'parsed') {
    const rule = parsed.status === 'limit' ? 'limit' : parsed.reason;
    const limit = parsed.status === 'limit' ? { limit: parsed.limit } : {};
    return { verdict: 'no-answer', correct: false, rule, ...sides, ...limit };
  }
  if (goldParse.status !== 'parsed') {
    return {
      verdict: 'undecided',
      correct: false,
      rule: 'limit',
      ...sides,
      ...(goldParse.status === 'limit' ? { limit: goldParse.limit } : {}),
    };
  }
  side.normal = print(parsed.answer.node);
  const goldNode = withoutRemark(asked, goldParse.answer.node, parsed.answer.node, options);
  const words = [goldNode, parsed.answer.node].some(({ kind }) => kind === 'text');
  if (words && comparableText(goldParse.answer.plain) === comparableText(parsed.answer.plain)) {
    return { verdict: 'equal', correct: true, rule: 'text', ...sides };
  }
  const decision = decide(goldNode, parsed.answer.node, options);
  return {
    verdict: decision.verdict,
    correct: decision.verdict === 'equal',
    rule: decision.rule,
    ...sides,
    ...(decision.limit ? { limit: decision.limit } : {}),
  };
}

function unusable(parse: ParseResult): NothingFound | 'unreadable' | undefined {
  return parse.status === 'unreadable' ? 'unreadable' : undefined;
}

const sameText = (a: string, b: string): boolean => {
  const [x, y] = [a.trim(), b.trim()];
  return x !== '' && x === y;
};

const CHOICE = /^\s*\\(?:text|textbf|mathrm|mathbf)\s*\{\s*\(([A-J])\)[\s.:~]*\}(?:\s|\\[ ,;:]|\\q?quad|~)*(\S.*)$/s;

/**
 * `\textbf{(E)}\ 5` names a choice and its value: the letter answers a letter, the value a value. Beside another such
 * text nothing is taken away.
 */
function withoutChoice(text: string, other: string): string {
  const choice = CHOICE.exec(text);
  if (!choice || CHOICE.test(other)) return text;
  return /^\W*(?:\\[a-z]+\s*\{)?[\s(]*[A-J][\s).}]*$/.test(other) ? choice[1]! : choice[2]!;
}

/** A gold such as `17\text{ any text}` may carry a remark. Only the gold: a prediction says what it says. */
function withoutRemark(text: string, gold: Tree, prediction: Tree, options: ResolvedOptions): Tree {
  if (gold.kind !== 'text' || prediction.kind === 'text' || text.length > 200) return gold;
  const match = /^(.*\d[^\\a-z]*)\\(?:text|mbox|textrm)\s*\{([^{}\d]*)\}\s*\.?$/is.exec(text);
  if (!match || /\b(?:or|and|not|wrong)\b/i.test(match[2]!)) return gold;
  const parsed = parseAnswer(match[1]!, options.limits, 'latex');
  return parsed.status === 'parsed' ? parsed.answer.node : gold;
}

type Tree = Parameters<typeof equalNodes>[0];

/** The decision on two trees, with every reached bound turned into `undecided`. */
export function decide(gold: Tree, prediction: Tree, options: ResolvedOptions): Decision {
  const work = new Work(options.limits);
  try {
    const [a, b] = withoutSideConditions(gold, prediction).map(expandPlusMinus) as [Tree, Tree];
    const decision = equalNodes(a, b, { options, work });
    if (decision.verdict === 'equal' || options.strict) return decision;
    const renamed = renameByOrder(a, b);
    return renamed ? equalNodes(renamed[0], renamed[1], { options, work: new Work(options.limits) }) : decision;
  } catch (error) {
    if (error instanceof LimitReached) return { verdict: 'undecided', rule: 'limit', limit: error.limit };
    if (error instanceof RangeError) return { verdict: 'undecided', rule: 'limit', limit: 'bits' };
    throw error;
  }
}
