// Units of measure by their canonical name. `unit` itself matches any unit; currencies are units too. A single letter is
// a unit only when it is written upright, as in \text{ m}: elsewhere it is a variable.

const TABLE: Record<string, string> = {
  unit: 'unit units u',
  m: 'm meter metre mtr',
  km: 'km kilometer kilometre kms',
  cm: 'cm centimeter centimetre cms',
  mm: 'mm millimeter millimetre',
  nm: 'nm nanometer nanometre',
  in: 'inch inches in',
  ft: 'ft foot feet',
  yd: 'yd yard',
  mi: 'mile mi miles',
  kg: 'kg kilogram kilo kgs',
  g: 'g gram gm',
  mg: 'mg milligram',
  t: 'tonne ton',
  lb: 'lb lbs pound',
  oz: 'oz ounce',
  l: 'l liter litre L',
  ml: 'ml milliliter millilitre mL',
  gal: 'gallon gal',
  s: 's sec second secs',
  ms: 'ms millisecond',
  min: 'minute mins min',
  h: 'h hour hr hrs',
  day: 'day',
  week: 'week wk',
  month: 'month',
  year: 'year yr yrs',
  usd: 'dollar usd buck',
  cent: 'cent',
  eur: 'euro eur',
  gbp: 'gbp',
  yuan: 'yuan rmb cny',
  rupee: 'rupee rs inr',
  yen: 'yen jpy',
  degree: 'degree deg',
  rad: 'radian rad',
  hz: 'hz hertz',
  khz: 'khz',
  'mi /h': 'mph',
  'km /h': 'kmh kph',
  n: 'newton N',
  j: 'joule J',
  kj: 'kj kilojoule',
  w: 'watt W',
  kw: 'kw kilowatt',
  v: 'volt V',
  a: 'ampere amp A',
  ohm: 'ohm',
  pa: 'pascal pa Pa',
  kpa: 'kpa kPa',
  atm: 'atm',
  mol: 'mol mole',
  k: 'kelvin K',
  celsius: 'celsius C',
  fahrenheit: 'fahrenheit F',
  acre: 'acre',
  hectare: 'hectare ha',
  person: 'person people persons',
  child: 'child children',
  man: 'man men',
  woman: 'woman women',
};

const UNITS = new Map<string, string>();
for (const [name, spellings] of Object.entries(TABLE)) {
  for (const spelling of spellings.split(' ')) if (spelling) UNITS.set(spelling, name);
}

/** The canonical name of a unit word, or undefined. Plurals count. */
export function unitOf(word: string): string | undefined {
  const exact = UNITS.get(word);
  if (exact) return exact;
  const lower = word.toLowerCase().replace(/\.$/, '');
  if (lower.length < 2) return undefined;
  return UNITS.get(lower) ?? (lower.endsWith('s') ? UNITS.get(lower.slice(0, -1)) : undefined);
}

/** Words that make a power of the unit beside them. */
export const UNIT_POWERS: ReadonlyMap<string, number> = new Map([
  ['square', 2],
  ['sq', 2],
  ['squared', 2],
  ['cubic', 3],
  ['cubed', 3],
  ['cu', 3],
]);

/** Words that scale the number before them. */
export const SCALES: ReadonlyMap<string, bigint> = new Map([
  ['dozen', 12n],
  ['hundred', 100n],
  ['thousand', 1_000n],
  ['million', 1_000_000n],
  ['billion', 1_000_000_000n],
  ['trillion', 1_000_000_000_000n],
]);

/**
 * Words that never name what was counted. Any other word after a number is taken for a noun ("72 clips"); these change or
 * take back the statement.
 */
const NOT_NOUNS: ReadonlySet<string> = new Set(
  `is are was were be been being isn aren wasn not no nor none never neither either or and but wait wrong incorrect false
  true right correct correctly actually instead maybe perhaps probably possibly almost nearly about around approximately
  approx roughly at least most more less fewer than over under above below between to through thru until up down from plus
  minus times divided multiplied by if when unless except without with for the a an this that these those it its they he
  she you we my his her your of in on as so then thus hence therefore because since while also too only just even both each
  every any some all another other others different same half halves third thirds quarter quarters fourth fourths fifth
  fifths tenth tenths hundredth hundredths thousandth thousandths percent percentage pct dozen hundred thousand million
  billion trillion one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy
  eighty ninety zero negative positive squared cubed square cubic root power sqrt mod modulo remainder base answer answers
  gold value guess guesses equals equal greater larger smaller bigger lower higher per hmm oh sorry ignore please return
  reward score grade
  what which who how why where can could would should may might must will shall do does did done have has had
  sin cos tan log ln exp`
    .split(/\s+/)
    .filter(Boolean),
);

/** Words of a sentence ("not", "wrong"): never a noun, never a product of letters. */
export const isStatement = (word: string): boolean => word.length > 2 && NOT_NOUNS.has(word.toLowerCase());

/** True when the word can be the noun of a count: it has at least three letters and states nothing else. */
export function canBeNoun(word: string): boolean {
  return /^[a-z]{3,}$/i.test(word) && !NOT_NOUNS.has(word.toLowerCase());
}
