// Language consistency (DeepSeek-R1, arXiv 2501.12948, section 2.3.2): the share of words written in the language of the prompt, told
// by script (Latin, Cyrillic, Han, ...): English and French are not told apart. A word with one foreign letter is foreign, so
// that look-alikes do not pass; Latin words in code, LaTeX commands and marks do not count. Nothing written earns 0.
import type { RewardContext, RewardFunction } from '../types.ts';
import { checkChoice } from './options.ts';

export interface LanguageRewardOptions {
  /** Default: the thinking in think mode, the answer in no_think mode. */
  from?: 'thinking' | 'answer' | 'text';
  /** Unicode script names that are right, such as ['Latin']; default: those of the last message of the prompt. */
  scripts?: readonly string[];
}

const SCRIPTS = [
  'Latin', 'Han', 'Hiragana', 'Katakana', 'Hangul', 'Cyrillic', 'Arabic', 'Devanagari', 'Greek', 'Hebrew', 'Thai',
  'Bengali', 'Tamil', 'Telugu', 'Gujarati', 'Georgian', 'Armenian', 'Khmer', 'Myanmar', 'Ethiopic', 'Sinhala',
] as const; // biome-ignore format: a list of names
const TESTS = SCRIPTS.map((script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')] as const);
const LETTERS = /\p{L}/gu;
const CODE = /```.*?(?:```|$)|`[^`\n]*`|\\[a-zA-Z]+|<\/?[a-zA-Z_|]+>/gs;
/** Keywords and names; what else is written in code is read, so that foreign prose cannot hide there. */
const LATIN_WORDS = /[\p{Script=Latin}\p{N}_]+/gu;
const FAMILIES = [
  ['Han', 'Hiragana', 'Katakana'],
  ['Hangul', 'Han'],
];

/** From 0 to 1. Text without any word (bare arithmetic) earns 1. */
export function languageReward(options: LanguageRewardOptions = {}): RewardFunction {
  const { from, scripts } = options;
  if (from !== undefined) checkChoice('languageReward: from', from, ['thinking', 'answer', 'text']);
  for (const script of scripts ?? []) checkChoice('languageReward: scripts', script, SCRIPTS as readonly string[]);
  const words = new Intl.Segmenter('und', { granularity: 'word' });
  return function language(batch) {
    return batch.map((context) => consistency(context, from ?? (context.mode === 'think' ? 'thinking' : 'answer')));
  };

  function consistency({ completion, prompt }: RewardContext, place: 'thinking' | 'answer' | 'text'): number {
    const text = completion[place];
    if (text.trim() === '') return 0;
    const written = scriptsOfWords(text);
    if (written.length === 0) return 1;
    const asked = scriptsOfWords(prompt.at(-1)?.content ?? '');
    const right = new Set(scripts ?? family(asked.length > 0 ? asked : written));
    return written.filter((word) => word.every((script) => right.has(script))).length / written.length;
  }

  function scriptsOfWords(text: string): string[][] {
    const scriptsFound: string[][] = [];
    for (const { segment, isWordLike } of words.segment(text.replace(CODE, (code) => code.replace(LATIN_WORDS, ' ')))) {
      const letters = isWordLike ? segment.match(LETTERS) : null;
      if (letters) scriptsFound.push([...new Set(letters.map(scriptOf))]);
    }
    return scriptsFound;
  }
}

const scriptOf = (letter: string): string => TESTS.find(([, test]) => test.test(letter))?.[0] ?? 'other';

/** The commonest script, with those that are written together with it: Han and kana, Hangul and Han. */
function family(words: string[][]): readonly string[] {
  const counts = new Map<string, number>();
  for (const script of words.flat()) counts.set(script, (counts.get(script) ?? 0) + 1);
  const kana = counts.has('Hiragana') || counts.has('Katakana');
  const [main = 'other'] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (main === 'Han' && !kana) return counts.has('Hangul') ? FAMILIES[1]! : ['Han'];
  return FAMILIES.find((members) => members.includes(main)) ?? [main];
}
