// Finds the one answer of a response. Ordered rules; the first that finds something wins, and none takes two candidates.
import type { ResolvedOptions } from '../options.ts';
import { parseAnswer } from '../parse/answer.ts';
import { boxedAnswer, joining } from './boxes.ts';
import { type Candidate, type NothingFound, type Readable, styleOf } from './candidate.ts';
import { lastAnswer } from './last-answer.ts';
import { chosenLetter } from './letters.ts';
import { lastNumbers } from './numbers.ts';
import { phraseAnswer } from './phrases.ts';
import { isProse } from './prose.ts';
import { findSpans, lastSpanGroup } from './spans.ts';

export type Extraction = Candidate | { nothing: NothingFound };

const SPECIAL_TOKEN =
  /<\|(?:im_start|im_end|endoftext|eot_id|end_of_text|end|eos|assistant|user)\|>|<\/s>|<end_of_turn>/;

/** The answer of a model's response. */
export function extractAnswer(response: string, options: ResolvedOptions): Extraction {
  if (options.form === 'answer' && !options.targets.includes('letters')) return wholeAnswer(response);
  const visible = visibleText(response, options);
  if (typeof visible !== 'string') return visible;
  if (visible.trim() === '') return { nothing: 'empty' };
  if (options.targets.includes('letters')) {
    const letter = chosenLetter(visible);
    return letter ? { text: letter, style: 'plain', rule: 'letter' } : { nothing: 'nothing-found' };
  }
  if (options.format === 'brackets') return lastBrackets(visible);
  return find(visible, options);
}

/** A bare answer: nothing is searched, but a box or dollar signs around it do not matter. */
function wholeAnswer(text: string): Extraction {
  if (text.trim() === '') return { nothing: 'empty' };
  const boxed = /^\s*\\(?:boxed|fbox)/.test(text) ? boxedAnswer(text) : undefined;
  const answer = boxed ?? text;
  return { text: answer, style: styleOf(answer), rule: 'answer' };
}

/** What the user sees: the end of the text, without reasoning, comments and what follows a stop token. */
function visibleText(response: string, options: ResolvedOptions): string | { nothing: NothingFound } {
  let text = response.length > options.limits.response ? response.slice(-options.limits.response) : response;
  const close = text.lastIndexOf('</think>');
  if (options.format === 'think+boxed' && (close < 0 || !/\\(?:boxed|fbox)/.test(text.slice(close))))
    return { nothing: 'format' };
  if (options.stripThink) {
    if (close >= 0) text = text.slice(close + '</think>'.length);
    const open = text.indexOf('<think>');
    if (open >= 0) {
      text = text.slice(0, open);
      if (text.trim() === '') return { nothing: 'open-thinking' };
    }
  }
  text = withoutComments(text);
  const stop = SPECIAL_TOKEN.exec(text);
  return stop && stop.index > 0 ? text.slice(0, stop.index) : text;
}

/** Comments are invisible where answers are shown. An unclosed one hides the rest. */
function withoutComments(text: string): string {
  let open = text.indexOf('<!--');
  if (open < 0) return text;
  let visible = '';
  let at = 0;
  while (open >= 0) {
    visible += text.slice(at, open);
    const close = text.indexOf('-->', open);
    if (close < 0) return visible;
    at = close + 3;
    open = text.indexOf('<!--', at);
  }
  return visible + text.slice(at);
}

function readableWith(options: ResolvedOptions): Readable {
  return (text, style) => {
    if (isProse(text)) return false;
    const parsed = parseAnswer(text, options.limits, style);
    return parsed.status === 'parsed' && parsed.answer.node.kind !== 'text';
  };
}

/** "(about 33 %)", "(since x > 0)": remarks beside an answer, which state none. */
const ASIDE =
  /\((?:or )?(?:about|approx(?:imately|\.)?|roughly|≈|since|because|as|where|note|not|i\.e\.)(?![a-z])[^()\n]{0,160}\)/gi;

function find(response: string, options: ResolvedOptions): Extraction {
  const readable = readableWith(options);
  const tagged = taggedAnswer(response, readable, options);
  const text = response.replace(ASIDE, ' ');
  if (tagged) return tagged;
  const box = (): Candidate | undefined => {
    const content = boxedAnswer(text);
    return content === undefined ? undefined : { text: content, style: 'latex', rule: 'box' };
  };
  if (options.boxedFirst || options.format !== 'any') {
    const boxed = box();
    if (boxed) return boxed;
  }
  if (options.format !== 'any') return { nothing: 'format' };
  const phrase = phraseAnswer(text, readable, options);
  if (phrase === 'negated') return { nothing: 'negated' };
  return (
    phrase ??
    box() ??
    hashAnswer(text) ??
    wholeResponse(text, options) ??
    lastAnswer(text, options, readable) ?? { nothing: 'nothing-found' }
  );
}

/** The last <answer> pair. A sentence in it is searched like a response. */
function taggedAnswer(text: string, readable: Readable, options: ResolvedOptions): Candidate | undefined {
  const close = text.lastIndexOf('</answer>');
  if (close < 0) return undefined;
  const open = text.lastIndexOf('<answer>', close);
  if (open < 0) return undefined;
  const content = text.slice(open + '<answer>'.length, close).trim();
  const earlier = alternativeTag(text, open);
  if (earlier !== undefined && earlier !== content) {
    const joined = `${earlier} \\text{ or } ${content}`;
    return { text: joined, style: 'latex', rule: 'tag' };
  }
  const boxed = boxedAnswer(content);
  if (boxed !== undefined) return { text: boxed, style: 'latex', rule: 'tag' };
  const style = styleOf(content);
  if (!readable(content, style) && content.split(/\s+/).length > 3) {
    const phrase = phraseAnswer(content, readable, options);
    if (phrase && phrase !== 'negated') return { ...phrase, rule: 'tag' };
    const spans = findSpans(content);
    if (spans.length === 1) return { text: lastSpanGroup(content, spans).content, style: 'latex', rule: 'tag' };
    const numbers = lastNumbers(content, 2);
    if (spans.length === 0 && numbers.length === 1) return { text: numbers[0]!.content, style: 'plain', rule: 'tag' };
  }
  return { text: content, style, rule: 'tag' };
}

/** The content of the tag before this one, when the two stand side by side as alternatives. */
function alternativeTag(text: string, open: number): string | undefined {
  const close = text.lastIndexOf('</answer>', open);
  const start = close < 0 ? -1 : text.lastIndexOf('<answer>', close);
  if (start < 0 || joining(text.slice(close + '</answer>'.length, open)) === undefined) return undefined;
  return text.slice(start + '<answer>'.length, close).trim();
}

/** GSM8K: "#### 72". */
function hashAnswer(text: string): Candidate | undefined {
  const at = text.lastIndexOf('####');
  if (at < 0) return undefined;
  const line = text
    .slice(at + 4)
    .trimStart()
    .split('\n', 1)[0]!
    .trim();
  return line === '' || line.length > 400 ? undefined : { text: line, style: styleOf(line), rule: 'hash' };
}

/** The whole response when it is nothing but an answer. */
function wholeResponse(text: string, options: ResolvedOptions): Candidate | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 2000 || (trimmed.includes('\n') && trimmed.length > 400)) return undefined;
  const spans = findSpans(trimmed);
  const only = spans[0];
  if (only && spans.length === 1 && only.start === 0 && only.end >= trimmed.length - 1) {
    return { text: only.content, style: 'latex', rule: 'span' };
  }
  if (spans.length > 0 && !/^[\s\d.,;$\\()[\]{}^_+\-*/=a-z]*$/i.test(trimmed)) return undefined;
  const style = styleOf(trimmed);
  const words = isProse(trimmed);
  if (words && (/[\d\\$=]/.test(trimmed) || trimmed.split(/\s+/).length > 3)) return undefined;
  const parsed = parseAnswer(trimmed, options.limits, style);
  if (parsed.status === 'limit') return { text: trimmed, style, rule: 'whole' };
  if (parsed.status !== 'parsed') return undefined;
  const { node } = parsed.answer;
  if (node.kind === 'text' && (node.text.split(' ').length > 3 || /\d/.test(node.text))) return undefined;
  if (node.kind === 'relation' && node.members.some((member) => member.kind === 'text')) return undefined;
  return { text: trimmed, style, rule: 'whole' };
}

/** The last [bracketed] span, as some prompts ask for. */
function lastBrackets(text: string): Extraction {
  const close = text.lastIndexOf(']');
  const open = close < 0 ? -1 : text.lastIndexOf('[', close);
  if (open < 0) return { nothing: 'format' };
  const content = text.slice(open + 1, close).replace(/\$/g, '');
  return { text: content, style: styleOf(content), rule: 'brackets' };
}

/** The answer of a gold text: bare, in dollar signs, boxed, or at the end of a worked solution. */
export function extractGold(gold: string, options: ResolvedOptions): Extraction {
  if (gold.trim() === '') return { nothing: 'empty' };
  if (options.form === 'answer' && !options.targets.includes('letters')) return wholeAnswer(gold);
  if (options.targets.includes('letters')) {
    const letter = chosenLetter(gold);
    return letter ? { text: letter, style: 'plain', rule: 'letter' } : { nothing: 'nothing-found' };
  }
  const boxed = boxedAnswer(gold);
  if (boxed !== undefined) return { text: boxed, style: 'latex', rule: 'box' };
  if (/\\(?:boxed|fbox)/.test(gold)) return { nothing: 'nothing-found' };
  const hash = hashAnswer(gold);
  if (hash) return hash;
  const spans = findSpans(gold);
  if (spans.length > 0) {
    const group = lastSpanGroup(gold, spans);
    const outside = gold.slice(0, group.start) + gold.slice(group.end);
    if (!/[a-z]{3,}/i.test(outside) || gold.length < 200) return { text: group.content, style: 'latex', rule: 'span' };
    const readable = readableWith(options);
    const phrase = phraseAnswer(gold, readable, options);
    if (phrase && phrase !== 'negated') return phrase;
    return { text: group.content, style: 'latex', rule: 'span' };
  }
  const style = styleOf(gold);
  const readable = readableWith(options);
  if (gold.length < 400 || readable(gold, style)) return { text: gold, style, rule: 'answer' };
  return phraseOrLast(gold, options, readable);
}

function phraseOrLast(gold: string, options: ResolvedOptions, readable: Readable): Extraction {
  const phrase = phraseAnswer(gold, readable, options);
  if (phrase && phrase !== 'negated') return phrase;
  return lastAnswer(gold, options, readable) ?? { text: gold, style: styleOf(gold), rule: 'answer' };
}
