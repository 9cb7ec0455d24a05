// Blocks that are computed again in the backward pass give the gradients of blocks that were kept, bit for bit, in every family.

import { computeGradients, createLayout, listDevices, tf, tokenLogProbs, useDevice } from '@thinkwright/tensors';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.ts';
import type { LanguageModel } from './language-model.ts';
import { createAdapter } from './lora/adapter.ts';
import { tinyModel } from './test/tiny-model.ts';

const devices = (await listDevices()).filter(({ available }) => available).map(({ name }) => name);
const kinds: [string, Partial<ModelConfig>][] = [
  ['qwen3', { modelType: 'qwen3' }],
  ['gemma3', { modelType: 'gemma3_text', slidingWindow: { size: 5, layers: [0] }, localRopeTheta: 100 }],
  ['mistral', { modelType: 'mistral', slidingWindow: { size: 5, layers: [0, 1] } }],
  ['smollm3', { modelType: 'smollm3', layersWithoutRope: [1], slidingWindow: { size: 7, layers: [1] } }],
];

/** Gradients of the mean log-prob of fixed ids, by name. */
async function gradientsOf(model: LanguageModel, checkpointActivations: boolean): Promise<Map<string, number[]>> {
  const layout = createLayout([9, 21, 3]);
  const { loss, gradients } = computeGradients(() => {
    const ids = tf.tensor1d(
      Int32Array.from({ length: 33 }, (_, i) => (7 * i + i * i) % 32),
      'int32',
    );
    const hidden = model.hidden(ids, layout, { checkpointActivations });
    return tf.neg(tf.mean(tokenLogProbs(hidden, model.outputWeight(), ids).logProbs));
  }, model.parameters());
  const values = new Map<string, number[]>();
  for (const [name, gradient] of gradients) values.set(name, [...(await gradient.data())]);
  tf.dispose([loss, ...gradients.values()]);
  layout.dispose();
  return values;
}

for (const device of ['native', 'cpu'])
  describe.skipIf(!devices.includes(device))(`on ${device}`, () => {
    it.each(kinds)('%s, plain and with an adapter', async (_name, changes) => {
      await useDevice(device);
      const model = tinyModel({ ...changes, seed: 3 });
      for (const adapted of [false, true]) {
        if (adapted) model.attachAdapter(createAdapter(model.config, { r: 3, seed: 2 }));
        const kept = await gradientsOf(model, false);
        expect(kept.size).toBe(model.parameters().length);
        expect([...kept.values()].some((values) => values.some((value) => value !== 0))).toBe(true);
        expect(await gradientsOf(model, true)).toEqual(kept);
      }
      model.dispose();
    });
  });
