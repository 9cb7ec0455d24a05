// \boxed{...}: the last box, or the last group of boxes that state one answer together. Boxes that offer alternatives are
// joined into a list, so that a box per guess earns nothing; after a revision ("wait, ...") the last one wins.

interface Box {
  start: number;
  end: number;
  content: string;
}

const OPENING = /\\(?:boxed|fbox|framebox)\s*(\{)?/g;
const SUFFIX = /^\s*(?:\$\s*)?(\\?%|\\text\s*\{\s*percent\s*\})/;

/** All top-level boxes. One pass over the text, whatever its braces. */
export function findBoxes(text: string): Box[] {
  if (!text.includes('boxed') && !text.includes('box{')) return [];
  const closing = matchBraces(text);
  const boxes: Box[] = [];
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(text); match; match = OPENING.exec(text)) {
    if (match[1] === undefined) {
      const bare = /^\s+(-?[\w.]+)/.exec(text.slice(OPENING.lastIndex - 1, OPENING.lastIndex + 60));
      if (match[0].endsWith(' ') && bare)
        boxes.push({ start: match.index, end: OPENING.lastIndex - 1 + bare[0].length, content: bare[1]! });
      continue;
    }
    const open = OPENING.lastIndex - 1;
    const end = closing.get(open);
    if (end === undefined) continue;
    boxes.push({ start: match.index, end: end + 1, content: text.slice(open + 1, end) });
    OPENING.lastIndex = end + 1;
  }
  return boxes;
}

/** Position of the closing brace of every opening one. Escaped braces do not count. */
function matchBraces(text: string): Map<number, number> {
  const open: number[] = [];
  const closing = new Map<number, number>();
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x7b) open.push(at);
    else if (code === 0x7d) {
      const start = open.pop();
      if (start !== undefined) closing.set(start, at);
    }
  }
  return closing;
}

/** The answer that the boxes of a text give, or undefined without boxes. */
export function boxedAnswer(text: string): string | undefined {
  const boxes = findBoxes(text);
  const last = boxes[boxes.length - 1];
  if (last === undefined) return undefined;
  const group = [dressed(last, text)];
  for (let index = boxes.length - 2; index >= 0 && group.length < 1000; index--) {
    const box = boxes[index]!;
    const joiner = joining(text.slice(box.end, boxes[index + 1]!.start));
    if (joiner === undefined) break;
    // The same box twice is one answer given twice.
    group.unshift(dressed(box, text), joiner);
  }
  const distinct = new Set(group.filter((_, index) => index % 2 === 0).map((content) => content.replace(/\s/g, '')));
  return distinct.size === 1 ? group[0]! : group.join(' ');
}

/** The content with a percent sign that follows the box, and a minus sign that stands before it. */
function dressed({ content, start, end }: Box, text: string): string {
  const suffix = SUFFIX.test(text.slice(end, end + 40)) ? '\\%' : '';
  const before = /(?:^|[=$({,]|\\\[|\\\()\s*-\s*$/.test(text.slice(Math.max(0, start - 12), start)) ? '-' : '';
  return `${before}${before && /[+-]/.test(content.slice(1)) ? `(${content})` : content}${suffix}`;
}

const REVISION =
  /\b(?:no|not|but|wait|wrong|incorrect|thus|instead|actually|hmm|therefore|so|hence|hold|mistake|error|rather|correct|corrected|correction|should|oops|sorry|check|recheck|recalculate|simplif\w*|equivalently|equals|which|because|since|then|final|finally|verify|confirm\w*)\b/i;
const ALTERNATIVE =
  /\b(?:or|alternatively|maybe|perhaps|possibly|guess|another|either|else|option|possibility|candidate|choice)\b/i;
/** Signs between two boxes that make the later one a result of the earlier one are no separators. */
const SEPARATORS_ONLY = /^(?:[^\p{L}\d\\=≈→⇒⟹<>]|and|or|\\\\)*$/u;
const NUMBERED = /\b(?:answer|option|case|guess|candidate|choice)\s*(?:#|no\.?)?\s*(?:\d|[A-Z]\b|two|three)/i;

/** The separator when two boxes belong together, undefined when the later one replaces the earlier. */
export function joining(between: string): string | undefined {
  if (between.length > 400) return undefined;
  const bare = between
    .replace(/\\(?:text|mbox|textrm)\s*\{([^{}]*)\}/g, ' $1 ')
    .replace(/\\(?:[,;:! ()[\]]|q?quad|\\)/g, ' ')
    .replace(/\\n(?![a-z])/g, ' ')
    .replace(/\\(?:vee|lor|mid)(?![a-z])/g, ' or ')
    .replace(/\$+|\\[()[\]]|[*_~]/g, ' ')
    .trim();
  const word = /\bor\b/i.test(bare) ? '\\text{ or }' : /\band\b/i.test(bare) ? '\\text{ and }' : ',';
  if (SEPARATORS_ONLY.test(bare)) return word;
  if (REVISION.test(bare)) return undefined;
  if (bare.length <= 80 && NUMBERED.test(bare)) return '\\text{ or }';
  if (bare.length <= 80 && ALTERNATIVE.test(bare)) return '\\text{ or }';
  if (bare.length > 40 || /[.!?:](?:\s|$)/.test(bare)) return undefined;
  return /,|\band\b/i.test(bare) ? word : undefined;
}
