import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openSafetensors, type TensorToWrite, writeSafetensors } from '@thinkwright/checkpoints';
import { memoryReport, useDevice } from '@thinkwright/tensors';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ModelConfig, toHuggingFaceConfig } from '../config.ts';
import type { LanguageModel } from '../language-model.ts';
import { createAdapter } from '../lora/adapter.ts';
import { saveModel } from '../save-model.ts';
import { tinyConfig, tinyModel } from '../test/tiny-model.ts';
import { checkTokenizer } from './check-tokenizer.ts';
import { loadModel } from './load-model.ts';

let folder: string;
beforeAll(async () => {
  await useDevice('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-models-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function weightsOf(model: LanguageModel): Promise<TensorToWrite[]> {
  return Promise.all(
    [...model.namedTensors()].map(async ([name, tensor]) => ({
      name,
      dtype: 'F32' as const,
      shape: tensor.shape,
      data: (await tensor.data()) as Float32Array,
    })),
  );
}

const expectSameWeights = async (found: LanguageModel, expected: LanguageModel) => {
  expect([...found.namedTensors().keys()]).toEqual([...expected.namedTensors().keys()]);
  for (const [name, tensor] of expected.namedTensors())
    expect([...(await found.namedTensors().get(name)!.data())]).toEqual([...(await tensor.data())]);
};

const families: Partial<ModelConfig>[] = [
  { modelType: 'llama', attentionBias: true, mlpBias: true },
  { modelType: 'qwen2', attentionBias: true },
  { modelType: 'qwen3', slidingWindow: { size: 3, layers: [1] } },
  {
    modelType: 'gemma3_text',
    slidingWindow: { size: 5, layers: [0] },
    localRopeTheta: 100,
    queryPreAttentionScalar: 7,
  },
  { modelType: 'mistral', slidingWindow: { size: 4, layers: [0, 1] } },
  { modelType: 'smollm3', layersWithoutRope: [0], slidingWindow: { size: 4, layers: [1] } },
];

describe('saveModel and loadModel', () => {
  it.each(families)('round-trip bit for bit, with config and tokenizer files: %o', async (family) => {
    const model = tinyModel({ seed: 4, tieWordEmbeddings: false, ...family });
    await saveModel(model, folder, { tokenizerFiles: { 'tokenizer.json': '{"a":1}' } });
    const events: string[] = [];
    const loaded = await loadModel(folder, { onProgress: ({ phase }) => events.push(phase) });
    expect(loaded.config).toEqual(model.config);
    await expectSameWeights(loaded, model);
    expect(events).toHaveLength(model.namedTensors().size);
    expect(await readFile(join(folder, 'tokenizer.json'), 'utf8')).toBe('{"a":1}');
    expect(JSON.parse(await readFile(join(folder, 'generation_config.json'), 'utf8'))).toMatchObject({
      eos_token_id: 2,
    });
    model.dispose();
    loaded.dispose();
  });

  it('stores bfloat16 on request', async () => {
    const model = tinyModel({ seed: 4 });
    await saveModel(model, folder, { dtype: 'BF16' });
    const file = await openSafetensors(folder);
    expect([...file.entries.values()].every(({ dtype }) => dtype === 'BF16')).toBe(true);
    await file.close();
    const loaded = await loadModel(folder);
    const [found, expected] = await Promise.all([loaded.outputWeight().data(), model.outputWeight().data()]);
    for (const [i, value] of expected.entries())
      expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(Math.abs(value) / 256);
    model.dispose();
    loaded.dispose();
  });

  it('refuses to save base weights while an adapter is attached', async () => {
    const model = tinyModel();
    model.attachAdapter(createAdapter(model.config));
    await expect(saveModel(model, folder)).rejects.toMatchObject({ code: 'TW_MODELS_ADAPTER_STATE' });
    model.dispose();
  });

  it('frees everything on dispose', async () => {
    const before = memoryReport().liveTensors;
    const model = tinyModel();
    await saveModel(model, folder);
    const loaded = await loadModel(folder, { lora: { r: 2 } });
    loaded.dispose();
    model.dispose();
    expect(memoryReport().liveTensors).toBe(before);
  });
});

// The file has the names and keys of gguf-py (scripts/make_qwen3_gguf.py), the folder is what transformers wrote.
it('loads a Qwen3 from GGUF as from its folder', async () => {
  const unpacked = async (from: string, to: string) =>
    writeFile(join(folder, to), gunzipSync(await readFile(join(import.meta.dirname, from))));
  await unpacked('fixtures/tiny-qwen3.gguf.gz', 'tiny.gguf');
  const fixture = '../parity/fixtures/models/qwen3';
  for (const name of ['config.json', 'model.safetensors']) await unpacked(`${fixture}/${name}.gz`, name);
  const [found, expected] = [await loadModel(join(folder, 'tiny.gguf')), await loadModel(folder)];
  expect(found.config).toEqual(expected.config);
  expect(expected.config).toMatchObject({ modelType: 'qwen3', hiddenSize: 32, headCount: 4, headDimension: 16 });
  await expectSameWeights(found, expected);
  found.dispose();
  expected.dispose();
});

describe('loadModel refuses', () => {
  const write = async (change: (tensors: TensorToWrite[]) => TensorToWrite[], config = tinyConfig()) => {
    const model = tinyModel();
    await writeSafetensors(join(folder, 'model.safetensors'), change(await weightsOf(model)));
    await writeFile(join(folder, 'config.json'), JSON.stringify(toHuggingFaceConfig(config)));
    model.dispose();
  };
  const failure = async () => {
    const before = memoryReport().liveTensors;
    const error = await loadModel(folder).then(
      () => undefined,
      (reason: { code: string; message: string }) => reason,
    );
    expect(memoryReport().liveTensors).toBe(before);
    return error;
  };

  it('a missing tensor, by name', async () => {
    await write((tensors) => tensors.filter(({ name }) => name !== 'model.layers.1.mlp.up_proj.weight'));
    expect(await failure()).toMatchObject({
      code: 'TW_MODELS_WEIGHTS_MISMATCH',
      message: expect.stringContaining("'model.layers.1.mlp.up_proj.weight' [24,16] is missing"),
    });
  });

  it('a Qwen3 without the norms of its keys', async () => {
    await write((tensors) => tensors, tinyConfig({ modelType: 'qwen3' }));
    expect((await failure())?.message).toContain("'model.layers.0.self_attn.k_norm.weight' [8] is missing");
  });

  it('a tensor of another shape, saying both shapes', async () => {
    await write((tensors) => tensors, tinyConfig({ vocabularySize: 40 }));
    expect((await failure())?.message).toContain(
      "'model.embed_tokens.weight' has shape [32,16], but config.json means [40,16]",
    );
  });

  it('a tensor that the model has no place for', async () => {
    await write((tensors) => [...tensors, { ...tensors[1]!, name: 'model.layers.2.input_layernorm.weight' }]);
    expect((await failure())?.message).toContain("'model.layers.2.input_layernorm.weight' is not part");
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('weights that hold %s, by tensor', async (value) => {
    await write((tensors) =>
      tensors.map((each, i) => (i === 3 ? { ...each, data: (each.data as Float32Array).map(() => value) } : each)),
    );
    expect(await failure()).toMatchObject({
      code: 'TW_MODELS_WEIGHTS_NOT_FINITE',
      message: expect.stringMatching(new RegExp(`holds ${value} at element 0`)),
    });
  });

  it('weights without the head of an untied model, naming the setting', async () => {
    await write((tensors) => tensors, tinyConfig({ tieWordEmbeddings: false }));
    expect((await failure())?.message).toContain('set tie_word_embeddings to true');
  });

  it('but not the head that a tied model stores again', async () => {
    await write((tensors) => [...tensors, { ...tensors[0]!, name: 'lm_head.weight' }]);
    (await loadModel(folder)).dispose();
  });

  it('an abort, leaving nothing behind', async () => {
    await write((tensors) => tensors);
    const before = memoryReport().liveTensors;
    const controller = new AbortController();
    const loading = loadModel(folder, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
    expect(memoryReport().liveTensors).toBe(before);
  });

  it('what is neither a path nor a hub id, and adapters given twice', async () => {
    await expect(loadModel(join(folder, 'nowhere/at/all'))).rejects.toMatchObject({ code: 'TW_MODELS_NOT_FOUND' });
    await expect(loadModel('models/nothing.gguf')).rejects.toMatchObject({ code: 'TW_MODELS_NOT_FOUND' });
    await expect(loadModel(folder, { lora: {}, adapter: folder })).rejects.toMatchObject({
      code: 'TW_MODELS_ADAPTER_STATE',
    });
  });
});

it('checkTokenizer refuses a tokenizer with more ids than the embedding has rows', () => {
  expect(() => checkTokenizer(tinyConfig(), 32)).not.toThrow();
  expect(() => checkTokenizer(tinyConfig(), 33)).toThrowError(
    expect.objectContaining({ code: 'TW_MODELS_TOKENIZER_MISMATCH' }),
  );
});
