// Which ids each row has in its prompt and completion, for the repetition penalty: [M, V] bytes, kept row by row on the host and
// brought up to date by what was sampled since.

import type { Row } from './schedule.ts';

export class SeenIds {
  readonly #vocabularySize: number;
  readonly #marks = new WeakMap<Row, { seen: Uint8Array; counted: number }>();

  constructor(vocabularySize: number) {
    this.#vocabularySize = vocabularySize;
  }

  /** One row of marks for each of `rows`, and empty ones up to `size`. */
  of(rows: readonly Row[], size: number): Uint8Array {
    const marks = new Uint8Array(size * this.#vocabularySize);
    for (const [index, row] of rows.entries()) marks.set(this.#marksOf(row), index * this.#vocabularySize);
    return marks;
  }

  #marksOf(row: Row): Uint8Array {
    let entry = this.#marks.get(row);
    if (!entry) {
      entry = { seen: new Uint8Array(this.#vocabularySize), counted: 0 };
      for (const id of row.request.promptIds) entry.seen[id] = 1;
      this.#marks.set(row, entry);
    }
    for (; entry.counted < row.ids.length; entry.counted++) entry.seen[row.ids[entry.counted]!] = 1;
    return entry.seen;
  }
}
