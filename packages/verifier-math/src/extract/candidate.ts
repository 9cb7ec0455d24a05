// What extraction hands to the parser: exactly one candidate, with the rule that found it.

export type ExtractionRule =
  | 'answer'
  | 'tag'
  | 'box'
  | 'phrase'
  | 'hash'
  | 'whole'
  | 'span'
  | 'number'
  | 'brackets'
  | 'letter';

export interface Candidate {
  text: string;
  /** Plain text knows decimal commas; LaTeX does not. */
  style: 'plain' | 'latex';
  rule: ExtractionRule;
}

/** Why nothing was found. */
export type NothingFound = 'empty' | 'open-thinking' | 'negated' | 'format' | 'nothing-found';

export const styleOf = (text: string): Candidate['style'] => (/[\\$^_{]/.test(text) ? 'latex' : 'plain');

/** Whether a text can be read as an answer in mathematics (and not only in words). */
export type Readable = (text: string, style: Candidate['style']) => boolean;
