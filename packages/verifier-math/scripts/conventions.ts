// What the verifier decides where graders differ, one example each. docs.ts prints them with the verdicts of this code.
import type { VerifyOptions } from '../src/options.ts';

export interface Convention {
  topic: string;
  rule: string;
  gold: string;
  answer: string;
  options?: VerifyOptions;
}

const of = (topic: string, rule: string, gold: string, answer: string, options?: VerifyOptions): Convention => ({
  topic,
  rule,
  gold,
  answer,
  ...(options ? { options } : {}),
});

export const CONVENTIONS: readonly Convention[] = [
  of('extraction', 'the last box wins after a revision', '7', '\\boxed{5}. Wait, wrong. \\boxed{7}', {
    form: 'response',
  }),
  of('extraction', 'boxes side by side are one list', '7', '\\boxed{5} or \\boxed{7}', { form: 'response' }),
  of('extraction', 'a hedge is a list', '5', 'The answer is 5 or 6.', { form: 'response' }),
  of('extraction', 'a bound is no value', '5', 'The answer is at least 5.', { form: 'response' }),
  of('extraction', 'a phrase may point back', '7', 'So $m+n=7$, and that is our final answer.', { form: 'response' }),
  of('extraction', 'plain formulas count', 'y=2x+1', 'The line is y = 2x + 1.', { form: 'response' }),
  of('extraction', 'reasoning never counts', '7', '<think>\\boxed{7}</think>', { form: 'response' }),
  of('numbers', 'exact, of any size', '2^{100}', '1267650600228229401496703205377'),
  of('decimals', 'rounded to 6 decimals', '\\frac13', '0.333333'),
  of('decimals', 'fewer decimals need `precision`', '\\frac13', '0.33'),
  of('decimals', '`precision: 2`', '\\frac13', '0.33', { precision: 2 }),
  of('decimals', 'small ones to 6 significant digits', '10^{-10}', '2\\times10^{-10}'),
  of('percent', 'one hundredth', '50\\%', '\\frac12'),
  of('percent', 'not ignored', '50', '50\\%'),
  of('percent', "`percent: 'lenient'`", '50', '50\\%', { percent: 'lenient' }),
  of('mixed numbers', 'an integer before a numeric fraction', '\\frac72', '3\\frac12'),
  of('units', 'on one side only: not compared', '10\\text{ cm}', '10'),
  of('units', 'on both sides: the same', '10\\text{ cm}', '10\\text{ m}'),
  of('units', 'a trailing variable is none', '3', '3t'),
  of('units', 'powers and quotients in any spelling', '9.8 \\text{ m/s}^2', '9.8\\ \\mathrm{m\\,s^{-2}}'),
  of('currency', 'a sign on one side only: not compared', '\\$10', '10'),
  of('currency', 'on both sides: the same', '\\$10', '10 \\text{ cents}'),
  of('ratios', 'in the same proportion', '1:2:3', '2:4:6'),
  of('ratios', 'spoken', '3:2', '3 \\text{ to } 2'),
  of('words', 'only nouns may follow a number', '5', '5\\text{ is wrong}'),
  of('letters', 'case counts', 'x', 'X'),
  of('letters', '`i` is imaginary, `e` is Euler’s number', '-1', 'e^{i\\pi}'),
  of('roots', 'odd roots of negative numbers are real', '-2', '(-8)^{1/3}'),
  of('domains', 'real domains must agree', '\\ln x^2', '2\\ln x'),
  of('domains', '`assumePositive`', '\\ln x^2', '2\\ln x', { assumePositive: true }),
  of('lists', 'unordered', '1, 2', '2, 1'),
  of('lists', "`listOrder: 'ordered'`", '1, 2', '2, 1', { listOrder: 'ordered' }),
  of('lists', 'not a tuple', '\\{1,2\\}', '(1,2)'),
  of('intervals', 'ends count', '[0,1]', '(0,1)'),
  of('intervals', 'unions merge', '[0,2]', '[0,1]\\cup[1,2]'),
  of('intervals', 'brackets turned outwards', '(0,1)', ']0,1['),
  of('sets', 'in words beside a set', '\\emptyset', '\\text{no solution}'),
  of(
    'families',
    'the name of the index does not matter',
    'k\\pi, k\\in\\mathbb{Z}',
    'n\\pi \\text{ for any integer } n',
  ),
  of('relations', 'a gold inequality accepts its set', 'x>3', '(3,\\infty)'),
  of('relations', 'an inequality for a gold set could echo the question', '(3,\\infty)', 'x>3'),
  of('relations', '`allowSetRelation`', '(3,\\infty)', 'x>3', { allowSetRelation: true }),
  of('equations', 'up to a factor', 'x+2y=4', '2x+4y=8'),
  of('equations', 'a solved gold wants a solved answer', 'x=3', '2x=6'),
  of('equations', 'a false chain earns nothing', '37', '36=37'),
  of('bases', 'the base is part of the answer', '52_8', '42'),
  of('bases', "`baseSuffix: 'value'`", '52_8', '42', { baseSuffix: 'value' }),
  of('degrees', 'the sign may be missing', '90^\\circ', '90'),
  of('limits', 'nothing beyond a bound is equal', '9^{9^{9^9}}', '9^{9^{9^9}}+1'),
];
