// Scores equal those of transformers on its own files, folders come back bit for bit, and what is no classifier is refused by name.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@thinkwright/checkpoints';
import { createLayout, gatherRows, memoryReport, tf, useDevice } from '@thinkwright/tensors';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../loading/load-model.ts';
import { createAdapter } from '../lora/adapter.ts';
import { saveAdapter } from '../lora/adapter-folder.ts';
import { saveModel } from '../save-model.ts';
import { tinyModel } from '../test/tiny-model.ts';
import { type Classifier, createClassifier } from './classifier.ts';
import { loadClassifier, saveClassifier } from './classifier-folder.ts';

let folder: string;
beforeAll(async () => {
  await useDevice('cpu');
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-heads-'));
});
afterEach(() => rm(folder, { recursive: true }));

const fixture = (kind: string) => new URL(`./fixtures/${kind}`, import.meta.url).pathname;

/** Scores [N, L] of the last token, or of all. */
async function scoresOf({ model, head }: Classifier, ids: number[], lastOnly: boolean): Promise<number[]> {
  const layout = createLayout([ids.length]);
  const scores = tf.tidy(() => {
    const hidden = model.hidden(tf.tensor1d(ids, 'int32'), layout);
    return head.forward(lastOnly ? gatherRows(hidden, tf.tensor1d([ids.length - 1], 'int32')) : hidden);
  });
  const values = Array.from(await scores.data());
  scores.dispose();
  layout.dispose();
  return values;
}

describe('loadClassifier', () => {
  it.each(['sequence', 'token'] as const)('gives the scores of transformers (%s classification)', async (kind) => {
    const expected = JSON.parse(await readFile(join(fixture(kind), 'expected.json'), 'utf8'));
    const classifier = await loadClassifier(fixture(kind));
    expect(classifier.kind).toBe(kind);
    for (const [index, ids] of expected.sequences.entries()) {
      const scores = await scoresOf(classifier, ids, kind === 'sequence');
      const wanted = expected.logits[index].flat();
      expect(scores).toHaveLength(wanted.length);
      for (const [i, score] of scores.entries()) expect(Math.abs(score - wanted[i])).toBeLessThan(3e-5);
    }
    classifier.dispose();
  });

  it.each([
    ['sequence', 'llama', 'LlamaForSequenceClassification'],
    ['token', 'llama', 'LlamaForTokenClassification'],
    ['sequence', 'qwen3', 'Qwen3ForSequenceClassification'],
    ['sequence', 'gemma3_text', 'Gemma3TextForSequenceClassification'],
  ] as const)('reads back what saveClassifier wrote (%s, %s)', async (kind, modelType, architecture) => {
    const model = tinyModel({ seed: 2, tieWordEmbeddings: false, modelType });
    const classifier = createClassifier(model, { kind, seed: 5 });
    await saveClassifier(classifier, folder, { tokenizerFiles: { 'tokenizer.json': '{}' } });
    const loaded = await loadClassifier(folder);
    expect(await scoresOf(loaded, [1, 9, 4], false)).toEqual(await scoresOf(classifier, [1, 9, 4], false));
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    expect(config.architectures).toEqual([architecture]);
    expect(config.id2label).toEqual(kind === 'sequence' ? { 0: 'LABEL_0' } : { 0: 'LABEL_0', 1: 'LABEL_1' });
    classifier.dispose();
    loaded.dispose();
  });

  it('refuses a language model, and says what to do', async () => {
    const model = tinyModel();
    await saveModel(model, folder);
    model.dispose();
    await expect(loadClassifier(folder)).rejects.toMatchObject({
      code: 'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
      message: expect.stringContaining('createClassifier'),
    });
  });

  it('refuses a score of another width, and leaves nothing allocated', async () => {
    const classifier = createClassifier(tinyModel(), { kind: 'sequence' });
    await saveClassifier(classifier, folder);
    classifier.dispose();
    const path = join(folder, 'config.json');
    const config = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...config, hidden_size: 24 }));
    const before = memoryReport().liveTensors;
    await expect(loadClassifier(folder)).rejects.toMatchObject({ code: 'TW_MODELS_WEIGHTS_MISMATCH' });
    expect(memoryReport().liveTensors).toBe(before);
  });

  it.each(['sequence', 'token'] as const)(
    'keeps the score beside an adapter, as PEFT does, and reads it back (%s)',
    async (kind) => {
      const base = join(folder, 'base');
      const plain = tinyModel();
      await saveModel(plain, base);
      plain.dispose();
      const model = await loadModel(base, { lora: { r: 2, seed: 7 } });
      const classifier = createClassifier(model, { kind, seed: 3 });
      await saveClassifier(classifier, join(folder, 'adapted'));
      const config = JSON.parse(await readFile(join(folder, 'adapted', 'adapter_config.json'), 'utf8'));
      expect(config).toMatchObject({
        task_type: kind === 'sequence' ? 'SEQ_CLS' : 'TOKEN_CLS',
        modules_to_save: ['score'],
        base_model_name_or_path: base,
      });
      const file = await openSafetensors(join(folder, 'adapted', 'adapter_model.safetensors'));
      expect(file.entries.get('base_model.model.score.weight')?.shape).toEqual([kind === 'sequence' ? 1 : 2, 16]);
      await file.close();
      const loaded = await loadClassifier(join(folder, 'adapted'));
      expect(loaded.kind).toBe(kind);
      expect(await scoresOf(loaded, [1, 9, 4], false)).toEqual(await scoresOf(classifier, [1, 9, 4], false));
      loaded.dispose();
      classifier.dispose();
    },
  );

  it('refuses the adapter of a language model, and leaves nothing allocated', async () => {
    const model = tinyModel();
    model.attachAdapter(createAdapter(model.config, { r: 2 }));
    await saveAdapter(model, folder);
    model.dispose();
    const before = memoryReport().liveTensors;
    await expect(loadClassifier(folder)).rejects.toMatchObject({ code: 'TW_MODELS_UNSUPPORTED_ARCHITECTURE' });
    expect(memoryReport().liveTensors).toBe(before);
  });
});
