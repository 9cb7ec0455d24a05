// What the penalties of sampling look at: for each slot, which ids were in the prompt and how often each was sampled. Kept on the
// device, int32 [slots, V], element = 2 * (times sampled) + (1 if in the prompt); the sampling kernel adds what it samples.
// Kernel: TwStartCounts { counts, promptIds } attrs { slot }, in place.
import { expectCount, expectIndices } from '../expect.ts';
import { hasKernel, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';

/**
 * Zeroed counts, 4 bytes for each slot and id; the first slots continue with those of `before`, which stays the caller's.
 * @throws TensorError TW_TENSORS_OPTION
 */
export function createTokenCounts(slots: number, vocabularySize: number, before?: tf.Variable): tf.Variable {
  expectCount('createTokenCounts', 'slots', slots);
  expectCount('createTokenCounts', 'vocabularySize', vocabularySize);
  return tf.tidy(() => {
    const added = tf.fill([slots - (before?.shape[0] ?? 0), vocabularySize], 0, 'int32');
    return tf.variable(before ? tf.concat([before, added], 0) : added, false);
  });
}

/** Begins a sequence in `slot`: nothing sampled, these ids in its prompt. */
export function startCounts(counts: tf.Variable, slot: number, promptIds: tf.Tensor1D): void {
  expectIndices('startCounts', 'promptIds', promptIds, promptIds?.shape[0] ?? 0);
  if (hasKernel('TwStartCounts')) {
    runKernel('TwStartCounts', { counts, promptIds }, { slot });
    return;
  }
  const [slots, vocabularySize] = counts.shape as [number, number];
  const all = Int32Array.from(counts.dataSync());
  all.fill(0, slot * vocabularySize, (slot + 1) * vocabularySize);
  for (const id of promptIds.dataSync()) all[slot * vocabularySize + id] = 1;
  tf.tidy(() => counts.assign(tf.tensor2d(all, [slots, vocabularySize], 'int32')));
}
