// Fills slots with prompts: all prompts of an admission side by side, in one call. The schedule bounds its rows.

import { type KeyValueCache, tf } from '@thinkwright/tensors';
import type { LanguageModel } from '../language-model.ts';
import type { Admission } from './schedule.ts';

/** Prompt ids between two decoding steps: enough to run the matrix products at full speed, few enough to keep rows waiting little. */
export const PREFILL_IDS = 512;

export function admitToCache(model: LanguageModel, cache: KeyValueCache, admission: Admission): void {
  for (const { from, to, length } of admission.earlyCopies) cache.copyPrefix(from, to, length);
  prefill(model, cache, admission.prefills);
  for (const { from, to, length } of admission.lateCopies) cache.copyPrefix(from, to, length);
}

function prefill(model: LanguageModel, cache: KeyValueCache, prompts: Admission['prefills']): void {
  const total = prompts.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new Int32Array(total);
  const slots = new Int32Array(total);
  const positions = new Int32Array(total);
  let row = 0;
  for (const prompt of prompts)
    for (const [index, id] of prompt.ids.entries()) {
      ids[row] = id;
      slots[row] = prompt.slot;
      positions[row++] = prompt.start + index;
    }
  if (total === 0) return;
  const tensor = (values: Int32Array) => tf.tensor1d(values, 'int32');
  tf.tidy(() => {
    model.decode(tensor(ids), cache, tensor(slots), tensor(positions));
  });
}
