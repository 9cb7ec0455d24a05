// Classifiers in the layout of transformers: `score.weight` (and `score.bias`) beside the base weights, and the architecture's name in
// config.json. What is written here loads with AutoModelForSequenceClassification or AutoModelForTokenClassification, and back.

import { openModelTensors, writeAdapter } from '@thinkwright/checkpoints';
import { tf } from '@thinkwright/tensors';
import { architectureOf } from '../architectures.ts';
import { parseModelConfig, toHuggingFaceConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import { readWeights } from '../loading/read-weights.ts';
import { peftFolderContent } from '../lora/adapter-folder.ts';
import { headName } from '../parameter-specs.ts';
import { type SaveModelOptions, writeModelFolder, writeTokenizerFiles } from '../save-model.ts';
import { type Classifier, type ClassifierKind, classifierOf } from './classifier.ts';
import { LinearHead } from './linear-head.ts';

const ARCHITECTURES = {
  sequence: 'LlamaForSequenceClassification',
  token: 'LlamaForTokenClassification',
} as const satisfies Record<ClassifierKind, string>;

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
    architectures: [ARCHITECTURES[kind]],
    id2label: Object.fromEntries(labels.map((name, label) => [String(label), name])),
    label2id: Object.fromEntries(labels.map((name, label) => [name, label])),
  };
  const base = [...model.namedTensors()].filter(([name]) => name !== headName);
  const tensors = [...base, ...score.map(({ name, variable }) => [name, variable] as const)];
  await writeModelFolder(folder, config, tensors, model.config, options);
}

/**
 * Loads a folder that `saveClassifier` or transformers wrote.
 * @throws ModelError `TW_MODELS_UNSUPPORTED_ARCHITECTURE` when it is no classifier, `TW_MODELS_WEIGHTS_MISMATCH` when it has no
 *   score of the model's width; CheckpointError for damaged files. Nothing stays allocated after an error.
 */
export async function loadClassifier(folder: string, { signal }: { signal?: AbortSignal } = {}): Promise<Classifier> {
  const source = await openModelTensors(folder);
  try {
    const kind = kindOf(source.config, folder);
    // without a language model head it makes no difference whether that would be tied
    const config = parseModelConfig({ ...source.config, tie_word_embeddings: true });
    const shape = source.entries.get('score.weight')?.shape;
    if (shape?.length !== 2 || shape[1] !== config.hiddenSize)
      throw new ModelError(
        'TW_MODELS_WEIGHTS_MISMATCH',
        `${folder}: score.weight has shape [${shape ?? 'missing'}], expected [labels, ${config.hiddenSize}]. Take config and weights from the same model.`,
      );
    const weights = await readWeights(source, config, { signal, beside: (name) => name.startsWith('score.') });
    const model = architectureOf(config.modelType).create(folder, config, weights);
    try {
      const variable = async (name: string) => {
        const values = await source.readFloat32(name, { signal });
        return tf.tidy(() => tf.variable(tf.tensor(values, source.entries.get(name)!.shape)));
      };
      const hasBias = source.entries.has('score.bias');
      const weight = await variable('score.weight');
      return classifierOf(
        kind,
        model,
        new LinearHead('score', weight, hasBias ? await variable('score.bias') : undefined),
      );
    } catch (error) {
      model.dispose();
      throw error;
    }
  } finally {
    await source.close();
  }
}

function kindOf(config: Record<string, unknown>, folder: string): ClassifierKind {
  const names = Array.isArray(config.architectures) ? config.architectures : [];
  const kinds = Object.keys(ARCHITECTURES) as ClassifierKind[];
  const kind = kinds.find((candidate) => names.includes(ARCHITECTURES[candidate]));
  if (kind !== undefined) return kind;
  throw new ModelError(
    'TW_MODELS_UNSUPPORTED_ARCHITECTURE',
    `${folder}: config.json names the architectures ${JSON.stringify(config.architectures ?? null)}; a reward model has one of ${Object.values(ARCHITECTURES).join(', ')}. ` +
      'Load a language model with loadModel, and put a fresh score on it with createClassifier.',
  );
}
