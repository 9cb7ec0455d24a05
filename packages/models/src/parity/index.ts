// What `npm run parity` runs for this package, on the current device.

import { join } from 'node:path';
import { adapterParity } from './adapter-parity.ts';
import type { ParityFamilies } from './family-result.ts';
import { modelParity } from './model-parity.ts';
import { smollm2Parity } from './smollm2-parity.ts';

export const modelFamilies: ParityFamilies = {
  'models/gemma3': (folder) => modelParity(join(folder, 'models/gemma3')),
  'models/llama-gqa-tied': (folder) => modelParity(join(folder, 'models/llama-gqa-tied')),
  'models/llama-untied-bias': (folder) => modelParity(join(folder, 'models/llama-untied-bias')),
  'models/llama-rope-llama3': (folder) => modelParity(join(folder, 'models/llama-rope-llama3')),
  'models/qwen2': (folder) => modelParity(join(folder, 'models/qwen2')),
  'models/qwen3': (folder) => modelParity(join(folder, 'models/qwen3')),
  'models/smollm3': (folder) => modelParity(join(folder, 'models/smollm3')),
  'models/adapter-lora': (folder) => adapters(folder, 'adapter-lora'),
  'models/adapter-dora': (folder) => adapters(folder, 'adapter-dora'),
  'models/adapter-rslora': (folder) => adapters(folder, 'adapter-rslora'),
};

export const parityFamilies: ParityFamilies = { ...modelFamilies, smollm2: (folder) => smollm2Parity(folder) };

const adapters = (folder: string, name: string) =>
  adapterParity(join(folder, 'models/llama-gqa-tied'), join(folder, 'models/llama-gqa-tied', name));
