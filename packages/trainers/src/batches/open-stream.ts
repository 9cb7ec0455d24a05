// The rows that a trainer reads: the caller's stream, or a dataset gone through pass after pass.

import type { Dataset, RowStream } from '@thinkwright/datasets';
import { TrainerError } from '../errors.ts';

export interface RowPorts<Row> {
  /** Rows in the order in which they are trained. */
  stream?: RowStream<Row>;
  /** Instead of a stream: by the options' seed, pass after pass. Beside one: for what is read before training (`probeSamples`). */
  dataset?: Dataset<Row>;
}

/** @param trainer name for the message. @throws TrainerError NO_ROWS when neither was given. */
export function openStream<Row>(
  { stream, dataset }: RowPorts<Row>,
  { seed, shuffle }: { seed: number; shuffle: boolean },
  trainer: string,
): RowStream<Row> {
  if (stream !== undefined) return stream;
  if (dataset !== undefined) return dataset.stream({ seed, shuffle, epochs: Number.POSITIVE_INFINITY });
  throw new TrainerError('TW_TRAINERS_NO_ROWS', `${trainer}: there are no rows. Give \`stream\` or \`dataset\`.`);
}
