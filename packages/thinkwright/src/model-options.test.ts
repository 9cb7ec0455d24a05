// --storage, --numerics and --key-value-cache: offered wherever a model is loaded, refused with the nearest name, and taken to the model.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { saveModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { listDevices, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess } from './test/run-cli.ts';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);
const root = mkdtempSync(join(tmpdir(), 'thinkwright-options-'));
const model = join(root, 'model');
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  await useDevice('cpu');
  const format = presetFormat('quickstart');
  const { tokenizer, stopIds } = format;
  const sizes = { hiddenSize: 32, intermediateSize: 64, headCount: 2, keyValueHeadCount: 1, headDimension: 16 };
  const made = tinyModel({
    ...sizes,
    vocabularySize: tokenizer.vocabularySize,
    eosTokenIds: stopIds,
    maxPositions: 160,
  });
  await saveModel(made, model, { tokenizerFiles: format.files });
  made.dispose();
});

const evaluation = [
  'eval',
  model,
  '--task',
  'last-digit-chains',
  '--limit',
  '2',
  '--samples',
  '1',
  '--max-tokens',
  '6',
];
const flags = ['--storage', '--numerics', '--key-value-cache'];

describe('the options of a loaded model', () => {
  it.each([
    [['eval'], flags],
    [['chat'], flags],
    [['generate'], flags],
    [
      ['train', 'sft'],
      ['--storage', '--key-value-cache'],
    ],
    [
      ['train', 'rl'],
      ['--storage', '--key-value-cache'],
    ],
  ])('%j explains them', async (command, offered) => {
    const { stdout } = await inProcess([...command, '--help']);
    expect(flags.filter((flag) => stdout.includes(`${flag} <name>`))).toEqual(offered);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'default native, or float32 where all weights are trained (choices: "float32", "bfloat16", "float16", "q8_0",',
    );
  });

  it.each([
    ['--storage', 'q4', /--storage q4: there is no such choice\. Did you mean "q4_0"\? Known: float32, bfloat16, /],
    ['--storage', 'bfloat', /Did you mean "bfloat16"\?/],
    ['--numerics', 'int4', /--numerics int4: .*Did you mean "int8"\? Known: exact, int8, bf16/],
    ['--key-value-cache', 'q8_0', /--key-value-cache q8_0: there is no such choice\. Known: float32, bfloat16/],
  ])('%s %s is refused before anything is loaded', async (flag, value, message) => {
    for (const command of [evaluation, ['chat', 'nowhere'], ['generate', 'nowhere', 'hi']]) {
      const { status, stderr } = await inProcess([...command, flag, value]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
    }
  });

  it('numerics of another device are refused', async () => {
    const { status, stderr } = await inProcess([
      ...evaluation,
      ...['--device', 'cpu', '--storage', 'q8_0', '--numerics', 'int8'],
    ]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/TW_MODELS_BAD_NUMERICS: .*a mode of the native device/),
    ]);
  });
});

describe.skipIf(!hasNative)('a model on the native device', () => {
  const native = ['--device', 'native', '--json'];

  it.each([
    [[]],
    [['--storage', 'bfloat16']],
    [['--storage', 'bfloat16', '--numerics', 'bf16']],
    [['--storage', 'float16']],
    [['--storage', 'q8_0', '--numerics', 'int8']],
    [['--storage', 'q4_0', '--numerics', 'int8', '--key-value-cache', 'bfloat16']],
    [['--storage', 'q4_1']],
    [['--storage', 'native', '--numerics', 'exact']],
  ])('is evaluated with %j, and the result says how', async (given) => {
    const { status, stdout, stderr } = await inProcess([...evaluation, ...native, ...given]);
    expect([status, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout);
    expect(result.problems).toBe(2);
    expect(result.think.sampled).toBeGreaterThanOrEqual(0);
    const named = { storage: result.storage, numerics: result.numerics, 'key-value-cache': result.keyValueCache };
    expect(Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))).toEqual(
      given,
    );
  });

  it('answers from rounded weights, rounded inputs and a rounded cache, each another text in the end', async () => {
    const texts = new Set<string>();
    const ways = [
      [],
      ['--storage', 'q4_0'],
      ['--storage', 'q4_0', '--numerics', 'int8'],
      ['--key-value-cache', 'bfloat16'],
    ];
    for (const way of ways) {
      const sampled = ['--raw', '--samples', '6', '--temperature', '3', '--max-tokens', '120'];
      const { stdout } = await inProcess(['generate', model, '4+7*3-8', ...sampled, ...native, ...way]);
      texts.add(
        JSON.parse(stdout)
          .completions.map(({ text }: { text: string }) => text)
          .join('\n'),
      );
    }
    expect(texts.size).toBe(ways.length);
  });

  it('refuses numerics that do not read the storage', async () => {
    for (const way of [
      ['--numerics', 'int8'],
      ['--storage', 'q8_0', '--numerics', 'bf16'],
    ]) {
      const { status, stdout } = await inProcess([...evaluation, ...native, ...way]);
      expect(status).toBe(1);
      expect(JSON.parse(stdout).error).toMatchObject({
        code: 'TW_MODELS_BAD_NUMERICS',
        message: expect.stringMatching(
          /(in a format that numerics .* reads|does not read storage .*)\. Set storage to /,
        ),
      });
    }
  });

  it('is trained through an adapter on quantised weights, and not without one', async () => {
    const rows = join(root, 'rows.jsonl');
    writeFileSync(rows, '{"prompt":"1+2","completion":"3"}\n{"prompt":"2+2","completion":"4"}\n');
    const sft = ['train', 'sft', '--model', model, '--data', rows, '--max-steps', '1', '--batch-size', '2'];
    const whole = await inProcess([...sft, ...native, '--storage', 'q8_0', '--folder', join(root, 'whole')]);
    expect(whole.status).toBe(1);
    expect(JSON.parse(whole.stdout).error.message).toMatch(/model\.storage is "q8_0", .*are frozen.*Add model\.lora/);
    const folder = join(root, 'adapter');
    const { status, stdout } = await inProcess([
      ...[...sft, ...native, '--lora', '2', '--storage', 'q8_0', '--key-value-cache', 'bfloat16'],
      ...['--folder', folder],
    ]);
    expect(status).toBe(0);
    expect(existsSync(join(JSON.parse(stdout).checkpoint, 'adapter_config.json'))).toBe(true);
    expect(readFileSync(join(folder, 'run.yaml'), 'utf8')).toMatch(/storage: q8_0\s+key_value_cache: bfloat16/);
  });
});
