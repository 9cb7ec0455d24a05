// One view of a language model on disk, whatever the format: config.json content and tensors under Hugging Face names,
// in Hugging Face's layout. A folder with config.json and safetensors, a .safetensors file with config.json beside it, or a .gguf.

import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CheckpointError } from './errors.ts';
import { readJsonObject } from './files/json-file.ts';
import { fromSystemError } from './files/system-error.ts';
import { architectureOf, ggufConfig } from './gguf/config.ts';
import { ggufToHuggingFaceName, permutedHeads } from './gguf/name-map.ts';
import { type GgufFile, openGguf } from './gguf/open.ts';
import { unpermuteHeads } from './gguf/unpermute.ts';
import { openSafetensors } from './safetensors/open.ts';
import { findEntry, type ReadOptions, type TensorEntry } from './tensor-file.ts';

export interface ModelTensors {
  readonly format: 'safetensors' | 'gguf';
  /** The content of config.json; made from the metadata for GGUF. */
  readonly config: Record<string, unknown>;
  /** By Hugging Face name (`model.layers.0.self_attn.q_proj.weight`), shapes as in PyTorch. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Row major, q and k rows in the order for half-split rotation. */
  readFloat32(name: string, options?: ReadOptions): Promise<Float32Array>;
  /** The stored bytes (plain numbers or ggml blocks), rows in the same order. */
  read(name: string, options?: ReadOptions): Promise<Uint8Array>;
  /** The folder or GGUF file that a tokenizer can be loaded from. */
  readonly tokenizerSource: string;
  close(): Promise<void>;
}

/**
 * Opens a model for reading, tensor by tensor.
 * @param folderOrFile a folder in Hugging Face layout, a .safetensors file in such a folder, or a .gguf file
 * @throws CheckpointError
 */
export async function openModelTensors(folderOrFile: string): Promise<ModelTensors> {
  if (folderOrFile.toLowerCase().endsWith('.gguf')) return openGgufModel(folderOrFile);
  let isFolder: boolean;
  try {
    isFolder = (await stat(folderOrFile)).isDirectory();
  } catch (error) {
    throw fromSystemError(error, folderOrFile, 'read');
  }
  if (!isFolder && !/\.(safetensors|index\.json)$/i.test(folderOrFile)) {
    throw new CheckpointError(
      'TW_CHECKPOINTS_UNKNOWN_FORMAT',
      'is no model: a .gguf or .safetensors file, or a folder with config.json and model.safetensors, was expected.',
      { path: folderOrFile },
    );
  }
  const folder = isFolder ? folderOrFile : dirname(folderOrFile);
  const config = await readJsonObject(join(folder, 'config.json'), 'TW_CHECKPOINTS_BAD_CONFIG');
  const file = await openSafetensors(folderOrFile);
  return {
    format: 'safetensors',
    config,
    entries: file.entries,
    readFloat32: (name, options) => file.readFloat32(name, options),
    read: (name, options) => file.read(name, options),
    tokenizerSource: folder,
    close: () => file.close(),
  };
}

async function openGgufModel(path: string): Promise<ModelTensors> {
  const file = await openGguf(path);
  try {
    return await viewAsHuggingFace(file, path);
  } catch (error) {
    await file.close();
    if (error instanceof CheckpointError && !error.path)
      throw new CheckpointError(error.code, error.message, { path, cause: error });
    throw error;
  }
}

async function viewAsHuggingFace(file: GgufFile, path: string): Promise<ModelTensors> {
  const arch = architectureOf(file);
  const sources = new Map<string, TensorEntry>(); // Hugging Face name -> entry of the file
  for (const [name, entry] of file.entries) {
    if (name === 'rope_freqs.weight') continue; // part of the configuration
    const target = ggufToHuggingFaceName(arch, name);
    if (!target) {
      throw new CheckpointError(
        'TW_CHECKPOINTS_UNSUPPORTED_ARCHITECTURE',
        `tensor '${name}' has no counterpart in a '${arch}' model. Use the model's safetensors instead.`,
      );
    }
    sources.set(target, entry);
  }
  const config = await ggufConfig(file);
  const headsOf = { query: config.num_attention_heads as number, key: config.num_key_value_heads as number };
  const inOrder = async <V extends Float32Array | Uint8Array>(name: string, read: (source: string) => Promise<V>) => {
    const source = findEntry(sources, name, path);
    const values = await read(source.name);
    const heads = permutedHeads(arch, name);
    return heads ? unpermuteHeads(values, source.shape[0]!, headsOf[heads], source.name) : values;
  };
  return {
    format: 'gguf',
    config,
    entries: new Map([...sources].map(([name, entry]) => [name, { ...entry, name }])),
    readFloat32: (name, options) => inOrder(name, (source) => file.readFloat32(source, options)),
    read: (name, options) => inOrder(name, (source) => file.read(source, options)),
    tokenizerSource: path,
    close: () => file.close(),
  };
}
