// Batches of sequences from a stream of rows: tokenise, filter by length, optionally pack into bins, exact position for resume.

import type { RowStream } from '@thinkwright/datasets';
import { type PackedSegment, type PackingStrategy, packRows } from '@thinkwright/datasets';
import type { TrainingSequence } from '../batches/training-sequence.ts';
import { TrainerError } from '../errors.ts';
import { rowToSequence, type SequenceSettings, type SftRow } from './row-to-sequence.ts';

/** Rows that may be left out before the first that fits: a dataset that repeats would be read for ever. */
const MOST_TOO_LONG = 1000;

export interface SequenceSourceOptions extends SequenceSettings {
  maxLength: number | null;
  packing: boolean;
  packingBuffer: number;
  packingStrategy?: PackingStrategy;
  truncationMode?: 'keep_start' | 'keep_end' | null;
}

export interface SequenceSourceState {
  stream: unknown;
  /** Bins of the current buffer that were already given out (packing). */
  taken: number;
  read: number;
  tooLong: number;
}

/** One batch row: a sequence, or with packing the sequences of a bin. Attention never crosses from one to another. */
export type BatchRow = TrainingSequence[];

export class SequenceSource {
  #stream: RowStream<SftRow>;
  #options: SequenceSourceOptions;
  #bins: BatchRow[] = [];
  #taken = 0;
  #bufferStart: Omit<SequenceSourceState, 'taken'>;
  read = 0;
  tooLong = 0;

  constructor(stream: RowStream<SftRow>, options: SequenceSourceOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#bufferStart = this.#position();
  }

  /** The next batch row, or undefined at the end of the stream. */
  async next(): Promise<BatchRow | undefined> {
    if (!this.#options.packing) {
      const sequence = await this.#nextSequence();
      return sequence === undefined ? undefined : [sequence];
    }
    if (this.#taken === this.#bins.length && !(await this.#fill())) return undefined;
    return this.#bins[this.#taken++];
  }

  /** Up to `count` batch rows, fewer at the end of the stream. */
  async take(count: number): Promise<BatchRow[]> {
    const rows: BatchRow[] = [];
    while (rows.length < count) {
      const row = await this.next();
      if (row === undefined) break;
      rows.push(row);
    }
    return rows;
  }

  state(): SequenceSourceState {
    return this.#options.packing ? { ...this.#bufferStart, taken: this.#taken } : { ...this.#position(), taken: 0 };
  }

  async restore(state: SequenceSourceState): Promise<void> {
    this.#stream.restore(state.stream);
    this.read = state.read;
    this.tooLong = state.tooLong;
    this.#bins = [];
    this.#taken = 0;
    if (!this.#options.packing) return;
    this.#bufferStart = this.#position();
    if (state.taken > 0) await this.#fill();
    this.#taken = state.taken;
  }

  #position() {
    return { stream: this.#stream.state(), read: this.read, tooLong: this.tooLong };
  }

  async #fill(): Promise<boolean> {
    this.#bufferStart = this.#position();
    const sequences: TrainingSequence[] = [];
    while (sequences.length < this.#options.packingBuffer) {
      const sequence = await this.#nextSequence();
      if (sequence === undefined) break;
      sequences.push(sequence);
    }
    const { maxLength, packingBuffer, packingStrategy = 'bfd' } = this.#options;
    const lengths = sequences.map((sequence) => sequence.ids.length);
    const bins = packRows(lengths, maxLength!, packingStrategy, { rowsAtOnce: packingBuffer });
    this.#bins = bins.map((bin) => {
      const pieces = bin.map((segment) => pieceOf(sequences, segment));
      return packingStrategy === 'wrapped' ? [joined(pieces)] : pieces;
    });
    this.#taken = 0;
    return this.#bins.length > 0;
  }

  async #nextSequence(): Promise<TrainingSequence | undefined> {
    for (;;) {
      const row = await this.#stream.next();
      if (row === undefined) return undefined;
      this.read++;
      const sequence = rowToSequence(row, this.#options);
      const { maxLength, packing, packingStrategy = 'bfd', truncationMode = null } = this.#options;
      if (maxLength === null || sequence.ids.length <= maxLength) return sequence;
      if (packing && packingStrategy !== 'bfd') return sequence; // cut into pieces by the packer
      if (truncationMode !== null) return truncated(sequence, maxLength, truncationMode);
      this.tooLong++;
      if (this.tooLong >= MOST_TOO_LONG && this.tooLong === this.read)
        throw new TrainerError(
          'TW_TRAINERS_NO_ROWS',
          `The first ${this.read} rows are all longer than maxLength ${maxLength}. Raise maxLength, or cut them with truncationMode or packingStrategy "bfd_split".`,
        );
    }
  }
}

/** The first or the last `maxLength` tokens. */
export function truncated(
  { ids, mask }: TrainingSequence,
  maxLength: number,
  mode: 'keep_start' | 'keep_end',
): TrainingSequence {
  const start = mode === 'keep_start' ? 0 : Math.max(0, ids.length - maxLength);
  return { ids: ids.slice(start, start + maxLength), mask: mask.slice(start, start + maxLength) };
}

/** The tokens of a segment; its first has no context, so its mask is not read. */
export function pieceOf(
  sequences: readonly TrainingSequence[],
  { row, start, length }: PackedSegment,
): TrainingSequence {
  const { ids, mask } = sequences[row]!;
  if (start === 0 && length === ids.length) return sequences[row]!;
  return { ids: ids.slice(start, start + length), mask: mask.slice(start, start + length) };
}

/** Pieces end to end as one sequence: `wrapped`, where tokens attend to the rows before theirs. */
export function joined(pieces: readonly TrainingSequence[]): TrainingSequence {
  const length = pieces.reduce((sum, { ids }) => sum + ids.length, 0);
  const whole = { ids: new Int32Array(length), mask: new Uint8Array(length) };
  let at = 0;
  for (const { ids, mask } of pieces) {
    whole.ids.set(ids, at);
    whole.mask.set(mask, at);
    at += ids.length;
  }
  return whole;
}
