// Rows of preferences as sequences, from a stream: tokenise, leave out what is too long, exact position for resume. A row is a pair
// { prompt, chosen, rejected } of texts or messages; other shapes have readers of their own (unpaired-source.ts).

import type { RowStream } from '@thinkwright/datasets';
import { supervisedTokens, type TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import { rowToSequence, type SequenceSettings } from '../sft/row-to-sequence.ts';

/** Rows that may be too long one after another before that is an error. */
const LARGEST_SKIP = 10_000;

export type PreferenceRow = Record<string, unknown>;

export interface PreferencePair {
  chosen: TrainingSequence;
  rejected: TrainingSequence;
  /** By how much the chosen side should win (reward models). */
  margin?: number;
}

export interface PreferenceSourceState {
  stream: unknown;
  read: number;
  tooLong: number;
}

/** How rows become what is trained on, and which sequences that has. */
export interface RowReader<Item> {
  read(row: PreferenceRow): Item[];
  sequencesOf(item: Item): TrainingSequence[];
}

export class PreferenceSource<Item> {
  #stream: RowStream<PreferenceRow>;
  #reader: RowReader<Item>;
  #maxLength: number;
  read = 0;
  tooLong = 0;

  constructor(stream: RowStream<PreferenceRow>, reader: RowReader<Item>, maxLength: number | null) {
    this.#stream = stream;
    this.#reader = reader;
    this.#maxLength = maxLength ?? Number.POSITIVE_INFINITY;
  }

  /** At least `count` items, as rows give them; fewer at the end of the stream. */
  async take(count: number): Promise<Item[]> {
    const items: Item[] = [];
    let skipped = 0; // in a row: an endless stream of rows that are too long must not hang
    while (items.length < count) {
      const row = await this.#stream.next();
      if (row === undefined) break;
      this.read++;
      const found = this.#reader.read(row);
      const lengths = found.flatMap((item) => this.#reader.sequencesOf(item).map(({ ids }) => ids.length));
      if (Math.max(...lengths) <= this.#maxLength) {
        items.push(...found);
        skipped = 0;
        continue;
      }
      this.tooLong++;
      if (++skipped < LARGEST_SKIP) continue;
      throw new TrainerError(
        'TW_TRAINERS_NO_ROWS',
        `${skipped} rows one after another are longer than maxLength ${this.#maxLength}. Raise maxLength.`,
      );
    }
    return items;
  }

  state(): PreferenceSourceState {
    return { stream: this.#stream.state(), read: this.read, tooLong: this.tooLong };
  }

  restore(state: PreferenceSourceState): void {
    this.#stream.restore(state.stream);
    this.read = state.read;
    this.tooLong = state.tooLong;
  }
}

type Rendering = Pick<SequenceSettings, 'format' | 'tokenizer'>;

/** Prompt and completion of a row, trained on the completion. */
export function completionSequence(row: PreferenceRow, completion: unknown, rendering: Rendering): TrainingSequence {
  const settings = { ...rendering, completionOnlyLoss: true, assistantOnlyLoss: true, appendEos: true };
  return rowToSequence({ prompt: row.prompt, completion, ...(row.mode !== undefined && { mode: row.mode }) }, settings);
}

/** @throws TrainerError ROW_INVALID */
export function pairOf(row: PreferenceRow, rendering: Rendering): PreferencePair {
  const missing = ['prompt', 'chosen', 'rejected'].filter((key) => row[key] === undefined);
  if (missing.length > 0) {
    throw new TrainerError(
      'TW_TRAINERS_ROW_INVALID',
      `A row has the keys ${Object.keys(row).join(', ') || '(none)'} but no ${missing.join(', ')}: preference learning needs "prompt", "chosen" and "rejected", as texts or as messages.`,
    );
  }
  const pair: PreferencePair = {
    ...(row.margin !== undefined && { margin: marginOf(row.margin) }),
    chosen: completionSequence(row, row.chosen, rendering),
    rejected: completionSequence(row, row.rejected, rendering),
  };
  for (const name of ['chosen', 'rejected'] as const) {
    if (supervisedTokens(pair[name]) > 0) continue;
    throw new TrainerError('TW_TRAINERS_ROW_INVALID', `The ${name} completion of a row has no tokens. Remove the row.`);
  }
  return pair;
}

function marginOf(margin: unknown): number {
  if (typeof margin === 'number' && Number.isFinite(margin)) return margin;
  throw new TrainerError(
    'TW_TRAINERS_ROW_INVALID',
    `A row has the margin ${JSON.stringify(margin)}; it must be a number, by how much the chosen side should win. Mend it or leave it out.`,
  );
}
