// Folds an adapter into the base weights, W + s B A (DoRA: m (W + s B A) / |W + s B A| row by row), and out again.

import { linear, storageOf, storeAs, tf } from '@thinkwright/tensors';
import { ModelError } from '../errors.ts';
import type { LanguageModel } from '../language-model.ts';
import type { Adapter, AdapterPair } from './adapter.ts';
import { rowSquares } from './weight-norm.ts';

/**
 * Adds the adapter to the base weights and takes it off the model, which is then a plain, fully trainable one: all its matrices are
 * float32 from then on. Equal to the adapted model up to float32 rounding.
 * @returns the adapter, for `unmergeAdapter` or `dispose()`
 * @throws ModelError `TW_MODELS_ADAPTER_STATE` when the model has none
 */
export async function mergeAdapter(model: LanguageModel): Promise<Adapter> {
  const adapter = model.detachAdapter();
  if (!adapter)
    throw new ModelError('TW_MODELS_ADAPTER_STATE', 'The model has no adapter to merge. Attach or load one first.');
  const weights = model.namedTensors();
  for (const [layer, pair] of adapter.pairs) {
    const weight = weights.get(`${layer}.weight`)!;
    const update = await productOf(pair, adapter.scale); // [N, K]
    tf.tidy(() => {
      const sum = tf.add(weight, update) as tf.Tensor2D;
      if (pair.magnitude === undefined) {
        weight.assign(storeAs(sum, 'float32'));
        return;
      }
      const norms = tf.sqrt(rowSquares(sum)) as tf.Tensor1D;
      adapter.mergedNorms.set(layer, tf.keep(norms));
      weight.assign(storeAs(tf.mul(sum, asColumn(tf.div(pair.magnitude, norms))), 'float32'));
    });
    update.dispose();
  }
  for (const weight of weights.values())
    if (storageOf(weight) !== 'float32') tf.tidy(() => weight.assign(storeAs(tf.add(weight, 0), 'float32')));
  model.weightVersion++;
  return adapter;
}

/**
 * Takes a merged adapter out of the base weights and attaches it again. Restores them up to float32 rounding: reload
 * the model where bits matter.
 */
export async function unmergeAdapter(model: LanguageModel, adapter: Adapter): Promise<void> {
  const weights = model.namedTensors();
  adapter.checkFits(model.config);
  for (const [layer, pair] of adapter.pairs) {
    const weight = weights.get(`${layer}.weight`)!;
    const update = await productOf(pair, adapter.scale);
    const norms = adapter.mergedNorms.get(layer);
    tf.tidy(() => {
      const sum = norms === undefined ? weight : tf.mul(weight, asColumn(tf.div(norms, pair.magnitude!)));
      weight.assign(storeAs(tf.sub(sum, update), 'float32'));
    });
    update.dispose();
  }
  adapter.forgetMerge();
  model.attachAdapter(adapter);
  model.weightVersion++;
}

const asColumn = (values: tf.Tensor) => tf.reshape(values, [-1, 1]);

/** s B A [N, K], for the caller to dispose. */
async function productOf({ a, b }: AdapterPair, scale: number): Promise<tf.Tensor2D> {
  const [rank, inputs] = a.shape as [number, number];
  const values = await a.data();
  const transposed = Float32Array.from(
    { length: rank * inputs },
    (_, i) => values[(i % rank) * inputs + Math.floor(i / rank)]!,
  );
  return tf.tidy(() =>
    tf.mul(linear(b as unknown as tf.Tensor2D, tf.tensor2d(transposed, [inputs, rank])), scale),
  ) as tf.Tensor2D;
}
