// Whole sequences laid end to end, and the hidden states at chosen places of each: what reward models read. Unlike the batches of language
// modelling, the last id is an input too.

import type { HiddenOptions, LanguageModel } from '@thinkwright/models';
import { createLayout, gatherRows, type SequenceLayout, tf } from '@thinkwright/tensors';

export interface PickedSequence {
  ids: Int32Array;
  /** Places whose hidden states are read. */
  at: readonly number[];
}

export interface PickedBatch {
  ids: tf.Tensor1D; // int32 [T]
  layout: SequenceLayout;
  rows: tf.Tensor1D; // int32 [N]
  dispose(): void;
}

export function uploadPicked(sequences: readonly PickedSequence[]): PickedBatch {
  const ids: number[] = [];
  const rows: number[] = [];
  for (const sequence of sequences) {
    for (const place of sequence.at) rows.push(ids.length + place);
    for (const id of sequence.ids) ids.push(id);
  }
  const tensors = [tf.tensor1d(ids, 'int32'), tf.tensor1d(rows, 'int32')] as const;
  const layout = createLayout(sequences.map((sequence) => sequence.ids.length));
  return {
    ids: tensors[0],
    rows: tensors[1],
    layout,
    dispose() {
      tf.dispose([...tensors]);
      layout.dispose();
    },
  };
}

/** Hidden states at the chosen places, [N, C]. Differentiable. */
export function hiddenAt(model: LanguageModel, batch: PickedBatch, options: HiddenOptions = {}): tf.Tensor2D {
  return gatherRows(model.hidden(batch.ids, batch.layout, options), batch.rows);
}
