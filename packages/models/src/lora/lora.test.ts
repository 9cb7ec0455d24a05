// LoRA's own rules; agreement with PEFT is in parity/.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeGradients, createLayout, memoryReport, type SequenceLayout, tf, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HiddenOptions, LanguageModel } from '../language-model.ts';
import { tinyConfig, tinyModel } from '../test/tiny-model.ts';
import { type Adapter, createAdapter } from './adapter.ts';
import { loadAdapter, saveAdapter } from './adapter-folder.ts';
import { targetLayers } from './lora-options.ts';
import { mergeAdapter, unmergeAdapter } from './merge-adapter.ts';

let folder: string;
let layout: SequenceLayout;
let ids: tf.Tensor1D;
beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-lora-'));
  layout = createLayout([4, 3]);
  ids = tf.tensor1d([5, 6, 7, 8, 1, 2, 3], 'int32');
});
afterAll(() => rm(folder, { recursive: true }));

const hidden = (model: LanguageModel, options?: HiddenOptions): number[] =>
  tf.tidy(() => [...model.hidden(ids, layout, options).dataSync()]);

/** An adapter that changes something. */
function filledAdapter(options = {}): Adapter {
  const adapter = createAdapter(tinyConfig(), { r: 3, seed: 1, ...options });
  for (const { b } of adapter.pairs.values()) tf.tidy(() => b.assign(tf.add(b, 0.2)));
  return adapter;
}

const largestGap = (a: number[], b: number[]) => Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

describe('LoRA', () => {
  it('changes nothing at first, trains only A and B, and is off inside withoutAdapter', () => {
    const model = tinyModel();
    const base = hidden(model);
    const allParameters = model.parameters().length;
    model.attachAdapter(createAdapter(model.config));
    expect(hidden(model)).toEqual(base);
    expect(model.parameters()).toHaveLength(2 * 7 * 2);
    expect(model.parameters()[0]!.name).toBe('base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight');
    model.detachAdapter()!.dispose();
    expect(model.parameters()).toHaveLength(allParameters);

    model.attachAdapter(filledAdapter());
    expect(largestGap(hidden(model), base)).toBeGreaterThan(0.01);
    expect(model.withoutAdapter(() => hidden(model))).toEqual(base);
    expect(() =>
      model.withoutAdapter(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(hidden(model)).not.toEqual(base);
    model.dispose();
  });

  it('gives the same gradients with activation checkpointing, none of them for base weights', async () => {
    const model = tinyModel();
    model.attachAdapter(filledAdapter({ targetModules: ['q_proj', 'v_proj', 'down_proj'], loraDropout: 0.3 }));
    const gradientsOf = (options: HiddenOptions) =>
      computeGradients(() => tf.sum(tf.square(model.hidden(ids, layout, options))) as tf.Scalar, model.parameters());
    const dropoutKey = { seed: 1, stream: 2 };
    const plain = gradientsOf({ dropoutKey });
    const again = gradientsOf({ dropoutKey, checkpointActivations: true });
    expect([...plain.gradients.keys()]).toEqual(model.parameters().map(({ name }) => name));
    for (const [name, gradient] of plain.gradients) {
      const values = [...(await gradient.data())];
      expect([...(await again.gradients.get(name)!.data())]).toEqual(values);
      expect(values.some((value) => value !== 0)).toBe(true);
    }
    tf.dispose([plain.loss, again.loss, ...plain.gradients.values(), ...again.gradients.values()]);
    model.dispose();
  });

  it('DoRA: changes nothing at first, trains a magnitude, keeps its bits under activation checkpointing, merges and comes back', async () => {
    const model = tinyModel();
    const base = hidden(model);
    const liveBefore = memoryReport().liveTensors;
    const fresh = createAdapter(model.config, { useDora: true, r: 3, seed: 1 });
    model.attachAdapter(fresh);
    expect(largestGap(hidden(model), base)).toBeLessThan(1e-6);
    expect(model.parameters().map(({ name }) => name)).toContain(
      'base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector',
    );
    for (const { b, magnitude } of fresh.pairs.values()) {
      tf.tidy(() => b.assign(tf.add(b, 0.2)));
      tf.tidy(() => magnitude!.assign(tf.mul(magnitude!, 1.5)));
    }
    const adapted = hidden(model);
    expect(largestGap(adapted, base)).toBeGreaterThan(0.01);
    const gradientsOf = (options: HiddenOptions) =>
      computeGradients(() => tf.sum(tf.square(model.hidden(ids, layout, options))) as tf.Scalar, model.parameters());
    const plain = gradientsOf({ dropoutKey: { seed: 1, stream: 2 } });
    const again = gradientsOf({ dropoutKey: { seed: 1, stream: 2 }, checkpointActivations: true });
    expect(plain.gradients.size).toBe(2 * 7 * 3);
    for (const [name, gradient] of plain.gradients)
      expect([...(await again.gradients.get(name)!.data())], name).toEqual([...(await gradient.data())]);
    tf.dispose([plain.loss, again.loss, ...plain.gradients.values(), ...again.gradients.values()]);

    await saveAdapter(model, folder);
    const loaded = await loadAdapter(model.config, folder);
    expect(loaded.settings).toEqual(fresh.settings);
    const merged = await mergeAdapter(model);
    expect(largestGap(hidden(model), adapted)).toBeLessThan(1e-5);
    await unmergeAdapter(model, merged);
    expect(largestGap(hidden(model), adapted)).toBeLessThan(1e-5);
    model.detachAdapter()!.dispose();
    expect(largestGap(hidden(model), base)).toBeLessThan(1e-5);
    model.attachAdapter(loaded);
    expect(largestGap(hidden(model), adapted)).toBeLessThan(1e-5);
    model.detachAdapter()!.dispose();
    expect(memoryReport().liveTensors).toBe(liveBefore);
    model.dispose();
  });

  it('drops inputs of the adapter only while training, by key', () => {
    const model = tinyModel();
    const base = hidden(model);
    model.attachAdapter(filledAdapter({ loraDropout: 0.5 }));
    const still = hidden(model);
    const one = hidden(model, { dropoutKey: { seed: 1, stream: 1 } });
    expect(one).not.toEqual(still);
    expect(hidden(model, { dropoutKey: { seed: 1, stream: 1 } })).toEqual(one);
    expect(hidden(model, { dropoutKey: { seed: 1, stream: 2 } })).not.toEqual(one);
    expect(model.withoutAdapter(() => hidden(model, { dropoutKey: { seed: 1, stream: 1 } }))).toEqual(base);
    model.dispose();
  });

  it('merges to the same function, and unmerges', async () => {
    const model = tinyModel();
    const base = hidden(model);
    model.attachAdapter(filledAdapter({ useRslora: true }));
    const adapted = hidden(model);
    const adapter = await mergeAdapter(model);
    expect(model.adapter).toBeUndefined();
    expect(largestGap(hidden(model), adapted)).toBeLessThan(1e-5);
    await unmergeAdapter(model, adapter);
    expect(largestGap(hidden(model), adapted)).toBeLessThan(1e-5);
    expect(
      largestGap(
        model.withoutAdapter(() => hidden(model)),
        base,
      ),
    ).toBeLessThan(1e-5);
    await expect(mergeAdapter(tinyModel())).rejects.toMatchObject({ code: 'TW_MODELS_ADAPTER_STATE' });
    model.dispose();
  });

  it('round-trips through a PEFT folder bit for bit', async () => {
    const model = tinyModel();
    model.attachAdapter(
      filledAdapter({ r: 2, loraAlpha: 5, loraDropout: 0.1, targetModules: ['o_proj', 'up_proj'], useRslora: true }),
    );
    await saveAdapter(model, folder, { baseModel: 'org/base' });
    const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8'));
    expect(config).toMatchObject({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: 'org/base',
      r: 2,
      lora_alpha: 5,
      lora_dropout: 0.1,
      target_modules: ['o_proj', 'up_proj'],
      use_rslora: true,
    });
    const loaded = await loadAdapter(model.config, folder);
    expect(loaded.settings).toEqual(model.adapter!.settings);
    for (const [layer, { a, b }] of model.adapter!.pairs) {
      expect([...(await loaded.pairs.get(layer)!.a.data())]).toEqual([...(await a.data())]);
      expect([...(await loaded.pairs.get(layer)!.b.data())]).toEqual([...(await b.data())]);
    }
    loaded.dispose();
    model.dispose();
  });

  it('refuses what it does not implement, what does not fit, and leaves nothing behind', async () => {
    const model = tinyModel();
    model.attachAdapter(filledAdapter());
    await saveAdapter(model, folder);
    const path = join(folder, 'adapter_config.json');
    const config = JSON.parse(await readFile(path, 'utf8'));
    const before = memoryReport().liveTensors;
    const changes = [
      { use_dora: true },
      { target_modules: '.*q_proj' },
      { target_modules: ['q_proj'] },
      { target_modules: ['nothing'] },
      { r: 4 },
      { modules_to_save: ['lm_head'] },
      { rank_pattern: { q_proj: 4 } },
    ];
    for (const change of changes) {
      await writeFile(path, JSON.stringify({ ...config, ...change }));
      await expect(loadAdapter(model.config, folder)).rejects.toMatchObject({ code: 'TW_MODELS_BAD_ADAPTER' });
    }
    await writeFile(path, JSON.stringify(config));
    await expect(loadAdapter(tinyConfig({ hiddenSize: 8 }), folder)).rejects.toMatchObject({
      code: 'TW_MODELS_BAD_ADAPTER',
    });
    await expect(loadAdapter(tinyConfig({ layerCount: 3 }), folder)).rejects.toMatchObject({
      code: 'TW_MODELS_BAD_ADAPTER',
    });
    expect(memoryReport().liveTensors).toBe(before);
    const extra = filledAdapter();
    expect(() => model.attachAdapter(extra)).toThrowError(expect.objectContaining({ code: 'TW_MODELS_ADAPTER_STATE' }));
    const small = tinyModel({ hiddenSize: 8 });
    expect(() => small.attachAdapter(extra)).toThrowError(expect.objectContaining({ code: 'TW_MODELS_BAD_ADAPTER' }));
    for (const options of [{ r: 0 }, { r: 1.5 }, { loraDropout: 1 }, { loraAlpha: Number.NaN }, { targetModules: [] }])
      expect(() => createAdapter(model.config, options)).toThrowError(
        expect.objectContaining({ code: 'TW_MODELS_BAD_ADAPTER' }),
      );
    extra.dispose();
    small.dispose();
    model.dispose();
  });

  it('selects layers by ending, full name, or all', () => {
    const config = tinyConfig();
    expect(targetLayers(config, 'all-linear')).toHaveLength(14);
    expect(targetLayers(config, ['q_proj'])).toEqual([
      'model.layers.0.self_attn.q_proj',
      'model.layers.1.self_attn.q_proj',
    ]);
    expect(targetLayers(config, ['model.layers.1.mlp.up_proj'])).toEqual(['model.layers.1.mlp.up_proj']);
  });
});
