// Maps what people paste to what the tokenizer knows: full-width forms, other scripts' digits, superscripts, operators.
// Letters of other scripts stay different letters: a Cyrillic ha is not an x. Invisible characters vanish.

const OPERATORS = new Map<string, string>([
  ...['−', '–', '—', '‐', '‑', '‒', '﹣', '－'].map((dash) => [dash, '-'] as const),
  ...['×', '✕', '✖', '·', '⋅', '∙', '•', '∗', '＊'].map((times) => [times, '*'] as const),
  ['÷', '/'],
  ['⁄', '/'],
  ['∕', '/'],
  ['／', '/'],
  ['：', ':'],
  ['∶', ':'],
  ['≤', '\\le '],
  ['≦', '\\le '],
  ['⩽', '\\le '],
  ['≥', '\\ge '],
  ['≧', '\\ge '],
  ['⩾', '\\ge '],
  ['≠', '\\ne '],
  ['≈', '\\approx '],
  ['≡', '='],
  ['√', '\\sqrt '],
  ['∛', '\\sqrt[3] '],
  ['∜', '\\sqrt[4] '],
  ['∞', '\\infty '],
  ['π', '\\pi '],
  ['±', '\\pm '],
  ['∓', '\\mp '],
  ['°', '^\\circ '],
  ['º', '^\\circ '],
  ['℃', '^\\circ \\text{C}'],
  ['∈', '\\in '],
  ['∪', '\\cup '],
  ['∩', '\\cap '],
  ['∖', '\\setminus '],
  ['∅', '\\emptyset '],
  ['ℝ', '\\mathbb{R}'],
  ['ℤ', '\\mathbb{Z}'],
  ['ℕ', '\\mathbb{N}'],
  ['ℚ', '\\mathbb{Q}'],
  ['ℂ', '\\mathbb{C}'],
  ['∑', '\\sum '],
  ['∏', '\\prod '],
  ['∫', '\\int '],
  ['∠', '\\angle '],
  ['△', '\\triangle '],
  ['→', '\\to '],
  ['′', "'"],
  ['’', "'"],
  ['″', "''"],
  ['“', '"'],
  ['”', '"'],
  ['⟨', '\\langle '],
  ['⟩', '\\rangle '],
  ['⌊', '\\lfloor '],
  ['⌋', '\\rfloor '],
  ['⌈', '\\lceil '],
  ['⌉', '\\rceil '],
  ['…', '\\ldots '],
  ['⋯', '\\ldots '],
  ['∧', '\\wedge '],
  ['∨', '\\vee '],
  ['。', '. '],
  ['，', ', '],
  ['、', ', '],
  ['；', '; '],
  ['％', '%'],
  ['٪', '%'],
  ['٫', '.'],
  ['٬', ','],
  ['﹪', '%'],
  ['ⅈ', 'i'],
  ['ℯ', 'e'],
  ['ℓ', '\\ell '],
  ...['✓', '✔', '✅', '∎', '■', '□', '☑'].map((mark) => [mark, ' '] as const),
  ['∴', ' '],
  ['⇒', '\\to '],
  ['⟹', '\\to '],
  ['¢', '\\text{ cents}'],
]);

const GREEK =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho _ sigma tau upsilon phi chi psi omega'.split(
    ' ',
  );
GREEK.forEach((name, index) => {
  if (name !== '_' && name !== 'pi') OPERATORS.set(String.fromCodePoint(0x3b1 + index), `\\${name} `);
});
for (const [letter, name] of Object.entries({
  Γ: 'Gamma',
  Δ: 'Delta',
  Θ: 'Theta',
  Λ: 'Lambda',
  Σ: 'Sigma',
  Φ: 'Phi',
  Ψ: 'Psi',
  Ω: 'Omega',
  ϕ: 'phi',
  ϵ: 'epsilon',
})) {
  OPERATORS.set(letter, `\\${name} `);
}

const FRACTIONS = new Map(
  Object.entries({
    '½': '1/2',
    '⅓': '1/3',
    '⅔': '2/3',
    '¼': '1/4',
    '¾': '3/4',
    '⅕': '1/5',
    '⅖': '2/5',
    '⅗': '3/5',
    '⅘': '4/5',
    '⅙': '1/6',
    '⅚': '5/6',
    '⅐': '1/7',
    '⅛': '1/8',
    '⅜': '3/8',
    '⅝': '5/8',
    '⅞': '7/8',
    '⅑': '1/9',
    '⅒': '1/10',
  }),
);

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ';
const SUPERSCRIPT_MEANING = '0123456789+-=()ni';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙ';
const SUBSCRIPT_MEANING = '0123456789+-=()n';

/** First code points of decimal digit blocks outside ASCII. */
const DIGIT_ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810,
];

const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\ufe0f/g;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
const PLAIN_ASCII = /^[\t\n\r\x20-\x7e]*$/;

/** Rewrites one answer or a whole response into ASCII mathematics where a character has such a meaning. */
export function normaliseUnicode(text: string): string {
  if (PLAIN_ASCII.test(text)) return text;
  const clean = text.normalize('NFC').replace(INVISIBLE, '').replace(SPACES, ' ');
  const characters = [...clean];
  let out = '';
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]!;
    const code = character.codePointAt(0)!;
    if (code < 0x80) {
      out += character;
      continue;
    }
    const run = scriptRun(characters, index, SUPERSCRIPTS, SUPERSCRIPT_MEANING);
    if (run) {
      out += `^{${run}}`;
      index += run.length - 1;
      continue;
    }
    const below = scriptRun(characters, index, SUBSCRIPTS, SUBSCRIPT_MEANING);
    if (below) {
      out += `_{${below}}`;
      index += below.length - 1;
      continue;
    }
    const fraction = FRACTIONS.get(character);
    if (fraction) {
      const [top, bottom] = fraction.split('/');
      out += `\\frac{${top}}{${bottom}}`;
      continue;
    }
    out += OPERATORS.get(character) ?? digitOf(code) ?? fullWidth(code) ?? character;
  }
  return out;
}

function scriptRun(characters: string[], from: number, alphabet: string, meaning: string): string {
  let run = '';
  for (let index = from; index < characters.length; index++) {
    const at = alphabet.indexOf(characters[index]!);
    if (at < 0) break;
    run += meaning[at];
  }
  return run;
}

function digitOf(code: number): string | undefined {
  for (const zero of DIGIT_ZEROS) if (code >= zero && code < zero + 10) return String(code - zero);
  // Mathematical alphanumeric digits come in five styles of ten.
  if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10);
  return undefined;
}

function fullWidth(code: number): string | undefined {
  return code >= 0xff01 && code <= 0xff5e ? String.fromCodePoint(code - 0xfee0) : undefined;
}
