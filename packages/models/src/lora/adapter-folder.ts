// Adapters in PEFT's folder layout: adapter_config.json and adapter_model.safetensors, read and written.

import { type AdapterConfig, readAdapter, writeAdapter } from '@thinkwright/checkpoints';
import { type Parameter, tf } from '@thinkwright/tensors';
import type { ModelConfig } from '../config.ts';
import { ModelError } from '../errors.ts';
import type { LanguageModel } from '../language-model.ts';
import { Adapter, type AdapterPair, layerShape, pairNames } from './adapter.ts';
import { badAdapter, type LoraSettings, resolveLoraOptions, targetLayers } from './lora-options.ts';

/**
 * Reads a LoRA adapter made here or by PEFT for a model of this shape. Does not attach it.
 * @param options `beside`: a module that the folder may hold whole (`modules_to_save`), which is left for the caller to read.
 * @throws CheckpointError for damaged files; ModelError `TW_MODELS_BAD_ADAPTER` for what does not fit or is not implemented
 */
export async function loadAdapter(
  config: ModelConfig,
  folder: string,
  options: { signal?: AbortSignal; beside?: string } = {},
): Promise<Adapter> {
  const { config: stored, tensors } = await readAdapter(folder);
  const pairs = new Map<string, AdapterPair>();
  try {
    const settings = settingsOf(stored, config, options.beside);
    const layers = targetLayers(config, settings.targetModules);
    const namesOf = (layer: string) => {
      const { magnitude, ...names } = pairNames(layer);
      return settings.useDora ? [...Object.values(names), magnitude] : Object.values(names);
    };
    const expected = new Set(layers.flatMap(namesOf));
    const unexpected = [...tensors.entries.keys()].filter(
      (name) => !expected.has(name) && !(options.beside && name.startsWith(besideName(options.beside))),
    );
    if (unexpected.length > 0)
      throw badAdapter(
        `'${folder}' holds tensors that target_modules do not explain: ${unexpected.slice(0, 3).join(', ')}`,
      );
    const read = async (name: string, shape: number[]) => {
      const entry = tensors.entries.get(name);
      if (!entry) throw badAdapter(`'${folder}' lacks the tensor '${name}'`);
      if (entry.shape.join() !== shape.join())
        throw badAdapter(
          `'${name}' has shape [${entry.shape}], expected [${shape}] for this base model and r = ${settings.r}`,
        );
      const values = await tensors.readFloat32(name, options);
      return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    };
    for (const layer of layers) {
      const [outputs, inputs] = layerShape(config, layer);
      const names = pairNames(layer);
      const made: tf.Variable[] = [];
      try {
        made.push(await read(names.a, [settings.r, inputs]));
        made.push(await read(names.b, [outputs, settings.r]));
        if (settings.useDora) made.push(await read(names.magnitude, [outputs]));
      } catch (error) {
        tf.dispose(made);
        throw error;
      }
      const [a, b, magnitude] = made as [tf.Variable, tf.Variable, tf.Variable | undefined];
      pairs.set(layer, { a, b, ...(magnitude && { magnitude }) });
    }
    return new Adapter(settings, pairs);
  } catch (error) {
    for (const pair of pairs.values()) tf.dispose({ ...pair });
    throw error;
  } finally {
    await tensors.close();
  }
}

/** Fields that change the arithmetic and are not implemented, with the value that switches them off. */
const unsupported: Record<string, (value: unknown) => boolean> = {
  fan_in_fan_out: (value) => value === true,
  lora_bias: (value) => value === true,
  bias: (value) => value !== undefined && value !== 'none',
  modules_to_save: (value) => Array.isArray(value) && value.length > 0,
  rank_pattern: (value) => isFilled(value),
  alpha_pattern: (value) => isFilled(value),
  layers_to_transform: (value) => value !== null && value !== undefined,
  exclude_modules: (value) => value !== null && value !== undefined,
  trainable_token_indices: (value) => value !== null && value !== undefined,
};

const isFilled = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** Where a PEFT folder keeps the tensors of a module that was saved whole. */
export const besideName = (module: string) => `base_model.model.${module}.`;

function settingsOf(stored: AdapterConfig, config: ModelConfig, beside?: string): LoraSettings {
  const isBeside = (field: string) => field === 'modules_to_save' && JSON.stringify(stored[field]) === `["${beside}"]`;
  for (const [field, isUsed] of Object.entries(unsupported))
    if (isUsed(stored[field]) && !isBeside(field))
      throw badAdapter(
        `adapter_config.json sets ${field} to ${JSON.stringify(stored[field])}, which is not implemented; merge the adapter with PEFT first`,
      );
  const targets = stored.target_modules;
  if (typeof targets === 'string' && targets !== 'all-linear')
    throw badAdapter(`target_modules is the pattern ${JSON.stringify(targets)}; list the module names instead`);
  const settings = resolveLoraOptions({
    r: stored.r,
    loraAlpha: stored.lora_alpha,
    loraDropout: stored.lora_dropout ?? 0,
    targetModules: targets as string[] | 'all-linear',
    useRslora: stored.use_rslora ?? false,
    useDora: stored.use_dora ?? false,
  });
  targetLayers(config, settings.targetModules);
  return settings;
}

/**
 * Writes the model's adapter as a folder that PEFT, vLLM and llama.cpp's converter read.
 * @throws ModelError `TW_MODELS_ADAPTER_STATE` when the model has none
 */
export async function saveAdapter(
  model: LanguageModel,
  folder: string,
  options: { baseModel?: string; signal?: AbortSignal } = {},
): Promise<void> {
  const { config, tensors } = peftFolderContent(model, [], options.baseModel);
  await writeAdapter(folder, config, tensors, { signal: options.signal });
}

/**
 * What a PEFT folder of the model's adapter holds. @param beside further trained parameters, kept as `base_model.model.<name>`
 * @throws ModelError `TW_MODELS_ADAPTER_STATE` when the model has none
 */
export function peftFolderContent(model: LanguageModel, beside: readonly Parameter[] = [], baseModel = model.name) {
  const { adapter } = model;
  if (!adapter)
    throw new ModelError(
      'TW_MODELS_ADAPTER_STATE',
      'The model has no adapter to save. Use saveModel for full weights.',
    );
  const { r, loraAlpha, loraDropout, targetModules, useRslora, useDora } = adapter.settings;
  const config: AdapterConfig = {
    peft_type: 'LORA',
    base_model_name_or_path: baseModel,
    r,
    lora_alpha: loraAlpha,
    lora_dropout: loraDropout,
    target_modules: targetModules,
    use_rslora: useRslora,
    use_dora: useDora,
  };
  const named = [
    ...adapter.parameters(),
    ...beside.map((given) => ({ ...given, name: `base_model.model.${given.name}` })),
  ];
  const tensors = named.map(({ name, variable }) => ({
    name,
    dtype: 'F32' as const,
    shape: variable.shape,
    data: async () => (await variable.data()) as Float32Array,
  }));
  return { config, tensors };
}
