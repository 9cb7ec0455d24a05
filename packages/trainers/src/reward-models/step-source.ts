// Labelled solutions from a stream of rows { prompt, completions: steps, labels }, TRL's stepwise supervision; exact position for resume.

import type { ChatFormat, Message, Tokenizer } from '@thinkwright/chat';
import type { RowStream } from '@thinkwright/datasets';
import { TrainerError } from '../errors.ts';
import { processRewardTokens, UNLABELLED } from './process-reward-tokens.ts';

/** Rows without a label left that may follow one another before that is an error. */
const LARGEST_SKIP = 10_000;

export type StepRow = Record<string, unknown>;

export interface LabelledSteps {
  ids: Int32Array;
  /** Places of the labelled tokens, and 1 for right, 0 for wrong. */
  at: number[];
  labels: number[];
}

export interface StepTokenSettings {
  format?: ChatFormat;
  tokenizer?: Tokenizer;
  stepSeparator: string;
}

export interface StepSourceOptions extends StepTokenSettings {
  maxLength: number | null;
  maxCompletionLength: number | null;
  trainOnLastStepOnly: boolean;
}

export interface StepSourceState {
  stream: unknown;
  read: number;
  unlabelled: number;
}

export class StepSource {
  #stream: RowStream<StepRow>;
  #options: StepSourceOptions;
  read = 0;
  /** Rows that lost all their labels to maxLength. */
  unlabelled = 0;

  constructor(stream: RowStream<StepRow>, options: StepSourceOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Up to `count` solutions; fewer at the end of the stream. */
  async take(count: number): Promise<LabelledSteps[]> {
    const taken: LabelledSteps[] = [];
    let skipped = 0;
    while (taken.length < count) {
      const row = await this.#stream.next();
      if (row === undefined) break;
      this.read++;
      const solution = labelledSteps(row, this.#options);
      if (solution.at.length > 0) {
        taken.push(solution);
        skipped = 0;
        continue;
      }
      this.unlabelled++;
      if (++skipped < LARGEST_SKIP) continue;
      throw new TrainerError(
        'TW_TRAINERS_NO_ROWS',
        `${skipped} solutions one after another have no label within maxLength ${this.#options.maxLength}. Raise maxLength.`,
      );
    }
    return taken;
  }

  state(): StepSourceState {
    return { stream: this.#stream.state(), read: this.read, unlabelled: this.unlabelled };
  }

  restore(state: StepSourceState): void {
    this.#stream.restore(state.stream);
    this.read = state.read;
    this.unlabelled = state.unlabelled;
  }
}

/** @throws TrainerError ROW_INVALID when prompt, completions or labels are missing or disagree. */
export function labelledSteps(row: StepRow, options: StepSourceOptions): LabelledSteps {
  const { prompt, completions, labels } = row;
  if (!Array.isArray(completions) || !Array.isArray(labels) || prompt === undefined) {
    throw invalid(`has the keys ${Object.keys(row).join(', ') || '(none)'}`);
  }
  if (completions.length !== labels.length || completions.length === 0) {
    throw invalid(`has ${completions.length} steps and ${labels.length} labels`);
  }
  const texts = completions.every((step) => typeof step === 'string');
  const verdicts = labels.every((label) => typeof label === 'boolean' || label === 0 || label === 1);
  if (!texts || !verdicts) throw invalid('has a step that is no text, or a label that is not true, false, 1 or 0');
  const tokens = processRewardTokens(
    { ...stepTokens(prompt as string | Message[], completions as string[], options), labels: labels.map(Boolean) },
    { ...options, separatorIds: separatorIds(options) },
  );
  const at = tokens.labels.flatMap((label, place) => (label === UNLABELLED ? [] : [place]));
  return { ids: Int32Array.from(tokens.ids), at, labels: at.map((place) => tokens.labels[place]!) };
}

/** A text, messages, or ids as they are. */
export type StepPrompt = string | readonly Message[] | Int32Array;

/** Prompt and steps, each tokenised alone: the same in training and in scoring. A text prompt gets the tokenizer's BOS. */
export function stepTokens(
  prompt: StepPrompt,
  steps: readonly string[],
  settings: StepTokenSettings,
): { promptIds: number[]; stepIds: number[][] } {
  const tokenizer = tokenizerOf(settings);
  const encode = (text: string) => Array.from(tokenizer.encode(text, { addSpecialTokens: false }));
  const stepIds = steps.map(encode);
  if (prompt instanceof Int32Array) return { promptIds: Array.from(prompt), stepIds };
  if (typeof prompt === 'string') {
    const { bos } = tokenizer.special;
    return { promptIds: [...(bos === undefined ? [] : [bos]), ...encode(prompt)], stepIds };
  }
  if (settings.format === undefined) throw invalid('has a prompt of messages, but the trainer has no chat format');
  return { promptIds: Array.from(settings.format.renderPrompt([...prompt]).ids), stepIds };
}

/** @throws TrainerError OPTION_INVALID when the tokenizer makes nothing of the separator. */
export function separatorIds({ stepSeparator, ...settings }: StepTokenSettings): number[] {
  const ids = Array.from(tokenizerOf(settings).encode(stepSeparator, { addSpecialTokens: false }));
  if (ids.length > 0) return ids;
  throw new TrainerError(
    'TW_TRAINERS_OPTION_INVALID',
    `stepSeparator ${JSON.stringify(stepSeparator)} has no tokens in this vocabulary. Choose another.`,
  );
}

function tokenizerOf({ tokenizer, format }: Pick<StepTokenSettings, 'format' | 'tokenizer'>): Tokenizer {
  const found = tokenizer ?? format?.tokenizer;
  if (found !== undefined) return found;
  throw new TrainerError('TW_TRAINERS_OPTIONS_CLASH', 'Steps are texts: pass `tokenizer` or `format`.');
}

const invalid = (what: string) =>
  new TrainerError(
    'TW_TRAINERS_ROW_INVALID',
    `A row ${what}; a process reward model needs "prompt" (text or messages), "completions" (the steps, as texts) and "labels" (one for each: is the step right).`,
  );
