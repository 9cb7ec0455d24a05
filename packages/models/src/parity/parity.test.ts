// The fixtures of transformers and PEFT, compressed beside this file; SmolLM2 where the shared models are.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { listDevices, memoryReport, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseModelConfig } from '../config.ts';
import { modelFamilies } from './index.ts';
import { modelParity } from './model-parity.ts';
import { smollm2Parity } from './smollm2-parity.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
/** Made by scripts/make_window_fixtures.py: beside the published families, those whose layers see a window. */
const windowed = ['gemma3-window', 'mistral', 'qwen2-window', 'qwen3-window', 'smollm3-window'];
const families = {
  ...modelFamilies,
  ...Object.fromEntries(
    windowed.map((name) => [`models/${name}`, (base: string) => modelParity(join(base, 'models', name))]),
  ),
};
const shared = process.env.THINKWRIGHT_SHARED ?? join(import.meta.dirname, '../../../../../shared');
const devices = (await listDevices()).filter(({ available }) => available).map(({ name }) => name);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-parity-'));
  for (const path of await readdir(fixtures, { recursive: true })) {
    if (!path.endsWith('.gz')) continue;
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path.slice(0, -3)), gunzipSync(await readFile(join(fixtures, path))));
  }
});

afterAll(() => rm(folder, { recursive: true }));

for (const device of ['cpu', 'native'])
  describe.skipIf(!devices.includes(device))(`parity on ${device}`, () => {
    beforeAll(async () => {
      await useDevice(device);
    });

    for (const [name, run] of Object.entries(families))
      it(name, async () => {
        const result = await run(folder);
        const live = memoryReport().liveTensors;
        expect(result.failures).toEqual([]);
        expect(result.passed).toBe(result.total);
        await run(folder);
        expect(memoryReport().liveTensors).toBe(live);
      });
  });

it.each([
  'llama-gqa-tied',
  'llama-untied-bias',
  'llama-rope-llama3',
  'qwen2',
  'qwen3',
  'smollm3',
  'gemma3',
  ...windowed,
])('%s: both spellings of its config mean the same', async (name) => {
  const read = async (file: string) =>
    parseModelConfig(JSON.parse(await readFile(join(folder, 'models', name, file), 'utf8')));
  expect(await read('config-transformers4.json')).toEqual(await read('config.json'));
});

const hasSmolLm = existsSync(join(shared, 'models/SmolLM2-135M-Instruct.Q4_1.gguf')) && devices.includes('native');

// Needs the native device and the shared model file (THINKWRIGHT_SHARED).
it.skipIf(!hasSmolLm)('SmolLM2-135M, one prompt', async () => {
  await useDevice('native');
  const result = await smollm2Parity(join(shared, 'parity'), 1);
  expect(result.failures).toEqual([]);
  expect(result.skipped).toBe(0);
});
