// Choice letters: "(C)", "C.", "The answer is D", a free-standing capital.

const BARE = /^\s*(?:\*\*|__)?\s*\\?\(?\s*([A-Z])\s*(?:\\?\)|[.:,。．、)]|\*\*|__|$|\s)/;
const PHRASE =
  /(?:answer|option|choice|答案|réponse|respuesta)\b[^\n]{0,40}?(?:is|:|：|是|est|es)?[^\nA-Z]{0,30}?(?:\*\*|\(|"|')?\s*\b([A-Z])\b(?!['’])/gi;

/** "A or C", "A, B, C": no single letter is chosen. */
const ALSO = /^\)?\s*(?:(?:,\s*)?(?:or|and)|[,/&+])\s*\(?[A-Z]\b(?!\s+(?:is|are|was|because|since|can))/;
const OFFERED = /\b[A-Z]\)?\s*,?\s*(?:or|and|,|\/)\s*$/;
/** "A is the correct option." */
const NAMED = /(?<![A-Za-z'’])\(?([A-Z])\)?\s+is\s+(?:the\s+)?(?:correct|right|best)\b/g;

/** The letter that a response chooses, or undefined. */
export function chosenLetter(text: string): string | undefined {
  const plain = text
    .slice(-4000)
    .replace(/\\(?:boxed|text|textbf|mathrm|mathbf|fbox)\s*\{/g, '{')
    .replace(/[{}$]/g, ' ');
  const boxed = /\\(?:boxed|fbox)\s*\{/.test(text) ? lastBoxLetter(text) : undefined;
  if (boxed) return boxed;
  let found: { letter: string; rest: string } | undefined;
  PHRASE.lastIndex = 0;
  for (let match = PHRASE.exec(plain); match; match = PHRASE.exec(plain)) {
    if (/^[A-Z]$/.test(match[1]!)) found = { letter: match[1]!, rest: plain.slice(PHRASE.lastIndex) };
  }
  if (found) return ALSO.test(found.rest) ? undefined : found.letter;
  const named = [...plain.matchAll(NAMED)].pop();
  if (named) return named[1];
  const start = BARE.exec(plain);
  if (start && ALSO.test(plain.slice(start.index + start[0].length - 1))) return undefined;
  if (start && !/^\s*[AI]\s+[a-z]/.test(plain)) return start[1];
  const free = [...plain.matchAll(/(?<![A-Za-z'’])\(?([B-HJ-Z]|A(?!\s+[a-z]))\)?(?![A-Za-z'’])/g)];
  const last = free[free.length - 1];
  return last && !OFFERED.test(plain.slice(0, last.index)) ? last[1] : undefined;
}

function lastBoxLetter(text: string): string | undefined {
  const content = text.slice(text.lastIndexOf('box')).replace(/\\(?:text|textbf|mathrm|mathbf)\s*/g, '');
  return /^boxe?d?\s*\{[\s({]*([A-Z])[\s)}.:]/.exec(content)?.[1];
}
