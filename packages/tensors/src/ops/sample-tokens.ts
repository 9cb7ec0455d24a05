// Draws one token from each row of logits, all rows by the same settings and seed. See sample-rows.ts for what is computed.
import { TensorError } from '../errors.ts';
import { expectIndices, expectShape } from '../expect.ts';
import { tf } from '../tfjs.ts';
import { type SampledTokens, type SamplingRows, sampleRows } from './sample-rows.ts';
import { packSettings, penalises, type SamplingOptions, SETTINGS_WIDTH } from './sampling-settings.ts';

export interface SamplingRandom {
  seed: number;
  /** Hash of the prompt's key and the sample's index. int32 [M] */
  keys: tf.Tensor1D;
  /** Position of the token that is drawn. int32 [M] */
  positions: tf.Tensor1D;
}

/**
 * Draws a token for each row.
 * @param logits [M, V]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_DTYPE, TW_TENSORS_OPTION (also for penalties: they need `sampleRows` and counts)
 */
export function sampleTokens(logits: tf.Tensor2D, options: SamplingOptions, random: SamplingRandom): SampledTokens {
  expectShape('sampleTokens', 'logits', logits, [-1, -1], '[M, V]');
  expectIndices('sampleTokens', 'keys', random.keys, logits.shape[0]);
  expectIndices('sampleTokens', 'positions', random.positions, logits.shape[0]);
  if (penalises(options))
    throw new TensorError('TW_TENSORS_OPTION', 'sampleTokens: penalties need counts of what was seen; use sampleRows');
  return tf.tidy(() => {
    const { ids, logProbs } = sampleRows(logits, alike(logits.shape[0], options, random));
    return { ids, logProbs };
  });
}

/** The same settings and seed for every row. */
export function alike(
  count: number,
  options: SamplingOptions,
  { seed, keys, positions }: SamplingRandom,
): SamplingRows {
  const settings = packSettings(new Array<SamplingOptions>(count).fill(options));
  return {
    settings: tf.tensor2d(settings, [count, SETTINGS_WIDTH]),
    seeds: tf.tensor1d(new Int32Array(count).fill(seed), 'int32'),
    keys,
    positions,
  };
}
