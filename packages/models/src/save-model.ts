// Writes a model as a folder that transformers, vLLM and llama.cpp's converter read: config, generation config, weights,
// and the tokenizer's files. Each file appears whole or not at all; for a whole folder use writeFolderAtomically.

import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomically, writeSafetensors } from '@thinkwright/checkpoints';
import type { tf } from '@thinkwright/tensors';
import { type ModelConfig, toHuggingFaceConfig } from './config.ts';
import { ModelError } from './errors.ts';
import type { LanguageModel } from './language-model.ts';

export interface SaveModelOptions {
  /** Content by file name (tokenizer.json, tokenizer_config.json, chat_template.jinja, …), written beside the weights. */
  tokenizerFiles?: Record<string, string>;
  /** Number format of the weights on disk. Default F32, which reads back bit for bit. */
  dtype?: 'F32' | 'BF16' | 'F16';
  signal?: AbortSignal;
}

const torchNames = { F32: 'float32', BF16: 'bfloat16', F16: 'float16' } as const;

/**
 * @throws ModelError `TW_MODELS_ADAPTER_STATE` while an adapter is attached (its weights are not in the base tensors);
 *   CheckpointError when the disk refuses
 */
export async function saveModel(model: LanguageModel, folder: string, options: SaveModelOptions = {}): Promise<void> {
  if (model.adapter)
    throw new ModelError(
      'TW_MODELS_ADAPTER_STATE',
      'The model has an adapter, which full weights do not hold. Call mergeAdapter first, or save it with saveAdapter.',
    );
  await writeModelFolder(folder, toHuggingFaceConfig(model.config), model.namedTensors(), model.config, options);
}

/** Config, generation config, tokenizer files, and the tensors by name. */
export async function writeModelFolder(
  folder: string,
  config: Record<string, unknown>,
  named: Iterable<readonly [string, tf.Tensor]>,
  { bosTokenId, eosTokenIds, padTokenId }: ModelConfig,
  { tokenizerFiles, dtype = 'F32', signal }: SaveModelOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'config.json'), { ...config, torch_dtype: torchNames[dtype] });
  await writeJson(join(folder, 'generation_config.json'), {
    bos_token_id: bosTokenId,
    eos_token_id: eosTokenIds.length > 1 ? eosTokenIds : eosTokenIds[0],
    pad_token_id: padTokenId,
  });
  await writeTokenizerFiles(folder, tokenizerFiles);
  const tensors = [...named].map(([name, tensor]) => ({
    name,
    dtype,
    shape: tensor.shape,
    data: async () => (await tensor.data()) as Float32Array,
  }));
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { metadata: { format: 'pt' }, signal });
}

/** Content by file name. */
export async function writeTokenizerFiles(folder: string, files: Record<string, string> = {}): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeText(join(folder, basename(name)), text);
}

const writeJson = (path: string, value: unknown) => writeText(path, `${JSON.stringify(value, null, 2)}\n`);

function writeText(path: string, text: string): Promise<void> {
  return writeFileAtomically(path, (file) => file.write(new TextEncoder().encode(text)));
}
