// Classifiers in the layout of transformers: `score.weight` (and `score.bias`) beside the base weights, and the architecture's name in
// config.json. What is written here loads with AutoModelForSequenceClassification or AutoModelForTokenClassification, and back.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openModelTensors, readAdapter, type TensorFile, writeAdapter } from '@thinkwright/checkpoints';
import { tf } from '@thinkwright/tensors';
import { architectureOf } from '../architectures.ts';
import { parseModelConfig, toHuggingFaceConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import { type Family, families } from '../families.ts';
import type { LanguageModel } from '../language-model.ts';
import { checkModelOptions, type ModelOptions } from '../loading/check-options.ts';
import { loadModel } from '../loading/load-model.ts';
import { readWeights } from '../loading/read-weights.ts';
import { checkDeviceNumerics } from '../loading/storage.ts';
import { besideName, loadAdapter, peftFolderContent } from '../lora/adapter-folder.ts';
import { badAdapter } from '../lora/lora-options.ts';
import { headName } from '../parameter-specs.ts';
import { type SaveModelOptions, writeModelFolder, writeTokenizerFiles } from '../save-model.ts';
import { type Classifier, type ClassifierKind, classifierOf } from './classifier.ts';
import { LinearHead } from './linear-head.ts';

/** Ends the class names of transformers: `LlamaForSequenceClassification`. */
const TASKS = {
  sequence: 'ForSequenceClassification',
  token: 'ForTokenClassification',
} as const satisfies Record<ClassifierKind, string>;

const classifierName = ({ className, classifierName: own = className }: Family, kind: ClassifierKind) =>
  `${own}${TASKS[kind]}`;

/** Writes the classifier; with an adapter attached, a PEFT folder that holds the score under `modules_to_save`. */
export async function saveClassifier(
  { kind, model, head }: Classifier,
  folder: string,
  options: SaveModelOptions = {},
): Promise<void> {
  const score = head.parameters();
  if (model.adapter) {
    const { config, tensors } = peftFolderContent(model, score);
    const task = { task_type: kind === 'sequence' ? 'SEQ_CLS' : 'TOKEN_CLS', modules_to_save: [head.name] };
    await writeAdapter(folder, { ...config, ...task }, tensors, { signal: options.signal });
    await writeTokenizerFiles(folder, options.tokenizerFiles);
    return;
  }
  const labels = Array.from({ length: head.weight.shape[0]! }, (_, label) => `LABEL_${label}`);
  const config = {
    ...toHuggingFaceConfig(model.config),
    architectures: [classifierName(families[model.config.modelType], kind)],
    id2label: Object.fromEntries(labels.map((name, label) => [String(label), name])),
    label2id: Object.fromEntries(labels.map((name, label) => [name, label])),
  };
  const base = [...model.namedTensors()].filter(([name]) => name !== headName);
  const tensors = [...base, ...score.map(({ name, variable }) => [name, variable] as const)];
  await writeModelFolder(folder, config, tensors, model.config, options);
}

export interface LoadClassifierOptions extends ModelOptions {
  signal?: AbortSignal;
  /** Base model of a PEFT folder: a path or hub id; default: the one that its adapter_config.json names. */
  base?: string;
}

/**
 * Loads a folder that `saveClassifier` or transformers wrote, or a PEFT folder with its base model.
 * @throws ModelError `TW_MODELS_UNSUPPORTED_ARCHITECTURE` when it is no classifier, `TW_MODELS_WEIGHTS_MISMATCH` when it has no
 *   score of the model's width; CheckpointError for damaged files. Nothing stays allocated after an error.
 */
export async function loadClassifier(folder: string, options: LoadClassifierOptions = {}): Promise<Classifier> {
  const { signal, storage, numerics, keyValueCache = 'float32' } = options;
  checkModelOptions(options);
  checkDeviceNumerics(numerics ?? 'exact');
  if (existsSync(join(folder, 'adapter_config.json'))) return loadAdaptedClassifier(folder, options);
  const source = await openModelTensors(folder);
  try {
    const kind = kindOf(source.config, folder);
    // without a language model head it makes no difference whether that would be tied
    const config = parseModelConfig({ ...source.config, tie_word_embeddings: true });
    checkScore(source, 'score.', config.hiddenSize, folder);
    const beside = (name: string) => name.startsWith('score.');
    const weights = await readWeights(source, config, { storage, numerics, signal, beside });
    const model = architectureOf(config.modelType).create(folder, config, weights);
    model.keyValueCache = keyValueCache;
    return await withScore(model, kind, source, 'score.', signal);
  } finally {
    await source.close();
  }
}

async function loadAdaptedClassifier(folder: string, options: LoadClassifierOptions): Promise<Classifier> {
  const { signal, base, ...loading } = options;
  const { config: stored, tensors } = await readAdapter(folder);
  try {
    const kind = stored.task_type === 'SEQ_CLS' ? 'sequence' : stored.task_type === 'TOKEN_CLS' ? 'token' : undefined;
    if (kind === undefined)
      throw new ModelError(
        'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
        `${folder}: adapter_config.json has task_type ${JSON.stringify(stored.task_type ?? null)}; a reward model has SEQ_CLS or TOKEN_CLS. Load a language model's adapter with loadModel(base, { adapter }).`,
      );
    const named = base ?? stored.base_model_name_or_path;
    if (typeof named !== 'string' || named === '')
      throw badAdapter(`'${folder}' does not name its base model (base_model_name_or_path); pass { base }`);
    const beside = resolve(folder, named);
    const model = await loadModel(existsSync(beside) ? beside : named, { ...loading, signal });
    try {
      checkScore(tensors, besideName('score'), model.config.hiddenSize, folder);
      model.attachAdapter(await loadAdapter(model.config, folder, { signal, beside: 'score' }));
    } catch (error) {
      model.dispose();
      throw error;
    }
    return await withScore(model, kind, tensors, besideName('score'), signal);
  } finally {
    await tensors.close();
  }
}

type Tensors = Pick<TensorFile, 'entries' | 'readFloat32'>;

function checkScore({ entries }: Tensors, prefix: string, hiddenSize: number, folder: string): void {
  const shape = entries.get(`${prefix}weight`)?.shape;
  if (shape?.length === 2 && shape[1] === hiddenSize) return;
  throw new ModelError(
    'TW_MODELS_WEIGHTS_MISMATCH',
    `${folder}: score.weight has shape [${shape ?? 'missing'}], expected [labels, ${hiddenSize}]. Take config and weights from the same model.`,
  );
}

/** The classifier owns the model; after an error nothing does, and it is gone. */
async function withScore(
  model: LanguageModel,
  kind: ClassifierKind,
  source: Tensors,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<Classifier> {
  const variable = async (name: string) => {
    const values = await source.readFloat32(name, { signal });
    return tf.tidy(() => tf.variable(tf.tensor(values, source.entries.get(name)!.shape)));
  };
  let weight: tf.Variable | undefined;
  try {
    weight = await variable(`${prefix}weight`);
    const hasBias = source.entries.has(`${prefix}bias`);
    return classifierOf(
      kind,
      model,
      new LinearHead('score', weight, hasBias ? await variable(`${prefix}bias`) : undefined),
    );
  } catch (error) {
    weight?.dispose();
    model.dispose();
    throw error;
  }
}

function kindOf(config: Record<string, unknown>, folder: string): ClassifierKind {
  const names = Array.isArray(config.architectures) ? config.architectures : [];
  const kinds = Object.keys(TASKS) as ClassifierKind[];
  const known = (kind: ClassifierKind) => Object.values(families).map((family) => classifierName(family, kind));
  const kind = kinds.find((candidate) => known(candidate).some((name) => names.includes(name)));
  if (kind !== undefined) return kind;
  throw new ModelError(
    'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
    `${folder}: config.json names the architectures ${JSON.stringify(config.architectures ?? null)}; a reward model has one of ${kinds.flatMap(known).join(', ')}. ` +
      'Load a language model with loadModel, and put a fresh score on it with createClassifier.',
  );
}
