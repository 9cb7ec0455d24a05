// What a person at the command line sees of every bad input: one line with code, finding and fix, exit status 1, no stack. How each
// package finds the fault is tested beside the package; here it is that nothing gets through, and that nothing hangs.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { saveModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess } from './test/run-cli.ts';

const root = mkdtempSync(join(tmpdir(), 'thinkwright-bad-input-'));
const good = join(root, 'good');
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  await useDevice('cpu');
  const format = presetFormat('quickstart');
  const { tokenizer, stopIds } = format;
  const model = tinyModel({ vocabularySize: tokenizer.vocabularySize, eosTokenIds: stopIds, maxPositions: 96 });
  await saveModel(model, good, { tokenizerFiles: format.files });
  model.dispose();
});

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** A copy of the good model, with one file changed. */
function broken(name: string, change: (folder: string) => void): string {
  const folder = join(root, name.replaceAll(/\W+/g, '-'));
  cpSync(good, folder, { recursive: true });
  change(folder);
  return folder;
}

const editJson = (file: string, edit: (json: Record<string, never>) => unknown) => (folder: string) => {
  const json = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  writeFileSync(join(folder, file), JSON.stringify(edit(json) ?? json));
};
const config = (changes: Record<string, unknown>) => editJson('config.json', (json) => ({ ...json, ...changes }));
const text = (file: string, content: string) => (folder: string) => writeFileSync(join(folder, file), content);
const bytes = (edit: (weights: Buffer, dataStart: number) => Buffer) => (folder: string) => {
  const file = join(folder, 'model.safetensors');
  const weights = readFileSync(file);
  writeFileSync(file, edit(weights, 8 + Number(weights.readBigUInt64LE(0))));
};
/** `edit` changes the header in place, or gives its text. */
const header = (edit: (header: Header) => string | undefined) =>
  bytes((weights, dataStart) => {
    const json = JSON.parse(weights.toString('utf8', 8, dataStart));
    const text = edit(json) ?? JSON.stringify(json);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)));
    return Buffer.concat([length, Buffer.from(text), weights.subarray(dataStart)]);
  });
const embedding = 'model.embed_tokens.weight';
const embeddingAs = (changes: Partial<Header[string]>) =>
  header((names) => {
    Object.assign(names[embedding]!, changes);
    return undefined;
  });

const models: [string, (folder: string) => void, RegExp][] = [
  ['no weights', (folder) => rmSync(join(folder, 'model.safetensors')), /_NOT_FOUND: .*neither model\.safetensors nor/],
  ['no config', (folder) => rmSync(join(folder, 'config.json')), /_NOT_FOUND: .*config\.json/],
  ['no tokenizer', (folder) => rmSync(join(folder, 'tokenizer.json')), /_TOKENIZER_NOT_FOUND: /],
  [
    'weights cut off',
    bytes((weights) => weights.subarray(0, -1000)),
    /_TRUNCATED: .*ends at byte \d+, but the file has \d+/,
  ],
  [
    'a header cut off',
    bytes((weights) => weights.subarray(0, 100)),
    /_TRUNCATED: .*declares a header of \d+ bytes, but only 92/,
  ],
  ['empty weights', text('model.safetensors', ''), /_TRUNCATED: .*has 0 bytes/],
  [
    'a header length beyond the file',
    bytes((weights) => Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), weights.subarray(8)])),
    /_TRUNCATED: .*9223372036854775807 bytes/,
  ],
  [
    'bytes after the last tensor',
    bytes((weights) => Buffer.concat([weights, Buffer.alloc(64)])),
    /_SIZE_MISMATCH: .*64 bytes after its last tensor/,
  ],
  [
    'overlapping tensors',
    header((names) => {
      const [first, second] = Object.entries(names)
        .filter(([name]) => name !== '__metadata__')
        .map(([, entry]) => entry)
        .sort((a, b) => a.data_offsets[0] - b.data_offsets[0]);
      second!.data_offsets = [first!.data_offsets[1] - 4, second!.data_offsets[1]];
      second!.shape = [(second!.data_offsets[1] - second!.data_offsets[0]) / 4];
      return undefined;
    }),
    /_OVERLAP: .*overlaps the one before/,
  ],
  ['an unknown type', embeddingAs({ dtype: 'F7' }), /_UNKNOWN_TYPE: .*"F7"; known: /],
  ['a dimension of 2^63', embeddingAs({ shape: [2 ** 63, 1] }), /_BAD_SHAPE: .*impossible shape/],
  ['dimensions whose product overflows', embeddingAs({ shape: [2 ** 32, 2 ** 32] }), /_BAD_SHAPE: .*impossible shape/],
  [
    'a name twice',
    header((names) => `${JSON.stringify(names).slice(0, -1)},"${embedding}":${JSON.stringify(names[embedding])}}`),
    /_DUPLICATE_NAME: .*twice/,
  ],
  ['a header that is no JSON', header(() => '{"a": nope'), /_MALFORMED_HEADER: /],
  [
    'NaN weights',
    bytes((weights, start) => weights.fill(0xff, start + 40, start + 44)),
    /_WEIGHTS_NOT_FINITE: .*holds NaN at element \d+/,
  ],
  [
    'another width in the config',
    config({ hidden_size: 64 }),
    /_WEIGHTS_MISMATCH: .*\[27,16\], but config\.json means \[27,64\]/,
  ],
  [
    'more layers in the config',
    config({ num_hidden_layers: 5 }),
    /_WEIGHTS_MISMATCH: .*layers\.2.* is missing.* and \d+ more/,
  ],
  ['fewer layers in the config', config({ num_hidden_layers: 1 }), /_WEIGHTS_MISMATCH: .*is not part of such a model/],
  ['a huge config', config({ num_hidden_layers: 2 ** 40 }), /_BAD_CONFIG: .*below 2\^31/],
  ['a number as text', config({ hidden_size: '32' }), /_BAD_CONFIG: .*hidden_size is "32"/],
  ['another architecture', config({ model_type: 'mamba' }), /_UNSUPPORTED_ARCHITECTURE: .*"mamba"; supported: llama, /],
  ['a config that is no JSON', text('config.json', '{'), /_BAD_CONFIG: .*not valid JSON/],
  [
    'a tokenizer larger than the embedding',
    editJson('tokenizer.json', (json) => {
      for (let id = 27; id < 67; id++)
        (json as never as { model: { vocab: Record<string, number> } }).model.vocab[`w${id}`] = id;
    }),
    /_TOKENIZER_MISMATCH: .*has 67 ids, but the model's embedding has 27 rows/,
  ],
  ['a tokenizer that is no JSON', text('tokenizer.json', '{"model":'), /_BAD_TOKENIZER: .*not valid JSON/],
  ['an empty tokenizer', text('tokenizer.json', '{}'), /_BAD_TOKENIZER: /],
  [
    'a template that does not parse',
    editJson('tokenizer_config.json', (json) => ({ ...json, chat_template: '{% for x in %}' })),
    /_BAD_TEMPLATE: .*cannot be read/,
  ],
  [
    'a template that does not end',
    editJson('tokenizer_config.json', (json) => ({
      ...json,
      chat_template: '{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}',
    })),
    /_BAD_TEMPLATE: .*has not ended after 2 seconds/,
  ],
  [
    'a shard outside the folder',
    (folder) => {
      rmSync(join(folder, 'model.safetensors'));
      text('model.safetensors.index.json', '{"weight_map":{"a":"../../etc/passwd"}}')(folder);
    },
    /_BAD_INDEX: .*must be a plain file name/,
  ],
  [
    'an adapter that is no JSON',
    text('adapter_config.json', '{'),
    /_NO_WEIGHTS: .*adapter_config\.json is not valid JSON/,
  ],
];

/** A number of 64 bits at `offset` of a GGUF head: 8 counts tensors, 16 keys, 24 the bytes of the first key. */
const count = (value: bigint, offset: number) => (head: Buffer) => {
  head.writeBigUInt64LE(value, offset);
  return head;
};
const gguf: [string, (head: Buffer) => Buffer, RegExp][] = [
  ['cut off', (head) => head.subarray(0, 40), /_TRUNCATED: /],
  ['empty', () => Buffer.alloc(0), /_TRUNCATED: .*only 0 are left/],
  [
    'of another kind',
    (head) => Buffer.concat([Buffer.from('XXXX'), head.subarray(4)]),
    /_UNKNOWN_FORMAT: .*does not begin with 'GGUF'/,
  ],
  ['with 2^63 tensors', count(2n ** 63n, 8), /_TRUNCATED: .*number of tensors is 9223372036854775808/],
  ['with 2^62 keys', count(2n ** 62n, 16), /_TRUNCATED: .*number of metadata keys/],
  ['with a key of 2^63 bytes', count(2n ** 63n, 24), /_TRUNCATED: .*length of a metadata key/],
];

const rows: [string, 'sft' | 'rl' | 'preference', string, RegExp][] = [
  ['an empty file', 'sft', '', /_EMPTY: data set .* has no rows/],
  ['blank lines', 'sft', '\n\n\n', /_EMPTY: /],
  ['a line that is no JSON', 'sft', '{"prompt":"4","completion":"5"}\nnope\n', /_BAD_ROW: .*rows\.jsonl:2: not JSON/],
  [
    'an empty line between rows',
    'sft',
    '{"text":"4"}\n\n{"text":"5"}\n',
    /_BAD_ROW: .*rows\.jsonl:2: the line is empty/,
  ],
  ['a cut last line', 'sft', '{"prompt":"4","completion":"5"', /_BAD_ROW: .*rows\.jsonl:1: not JSON/],
  [
    'rows of other columns',
    'sft',
    '{"question":"4"}\n',
    /_BAD_ROW: .*has none of prompt, messages, text; it has question/,
  ],
  ['rows without completions', 'sft', '{"prompt":"4"}\n', /_ROW_INVALID: .*"prompt" with "completion"/],
  ['rows longer than the context', 'sft', `${JSON.stringify({ text: '4+7'.repeat(99) })}\n`, /_TOO_LONG|longer than/],
  [
    'prompts longer than the context',
    'rl',
    `${JSON.stringify({ prompt: '4+7'.repeat(99), answer: '5' })}\n`,
    /_PROMPT_TOO_LONG: /,
  ],
  ['pairs without a worse side', 'preference', '{"prompt":"4","chosen":"5"}\n', /_ROW_INVALID: .*no rejected/],
  ['pairs without a token', 'preference', '{"prompt":"4","chosen":"5","rejected":[]}\n', /error TW_/],
  ['rows without answers', 'rl', '{"prompt":"4+7"}\n', /_ALL_REWARDS_FAILED: .*no gold answer/],
];

function expectOneLine({ status, stderr }: { status: number | null; stderr: string }, message: RegExp): void {
  expect(status, stderr).toBe(1);
  const errors = stderr.split('\n').filter((line) => line.startsWith('error '));
  expect(errors, stderr).toHaveLength(1);
  expect(errors[0]).toMatch(/^error TW_[A-Z_]+: /);
  expect(errors[0]).toMatch(message);
  expect(stderr).not.toMatch(/^ {4}at |TW_UNEXPECTED/m);
}

it('the good model answers', async () => {
  const { status, stderr } = await inProcess(['generate', good, '4+7', '--max-tokens', '4']);
  expect(status, stderr).toBe(0);
});

describe('a model with', () => {
  it.each(models)('%s', async (name, change, message) => {
    const folder = broken(name, change);
    expectOneLine(await inProcess(['generate', folder, '4+7', '--max-tokens', '4']), message);
  });

  it('a file that is no model', async () => {
    const file = join(root, 'notes.txt');
    writeFileSync(file, 'hello');
    expectOneLine(await inProcess(['generate', file, '4+7']), /_UNKNOWN_FORMAT: .*notes\.txt: is no model/);
  });
});

describe('a GGUF file', () => {
  it.each(gguf)('%s', async (name, edit, message) => {
    const head = Buffer.alloc(4096);
    head.write('GGUF');
    head.writeUInt32LE(3, 4);
    head.writeBigUInt64LE(1n, 8);
    head.writeBigUInt64LE(1n, 16);
    const file = join(root, `${name.replaceAll(/\W+/g, '-')}.gguf`);
    writeFileSync(file, edit(head));
    expectOneLine(await inProcess(['eval', file, '--task', 'last-digit-chains']), message);
  });
});

describe('training on', () => {
  it('pairs, single marked completions, and prompts with a judge, works', async () => {
    const folder = join(root, 'preferences');
    mkdirSync(folder);
    const file = (name: string, rows: unknown[]) => {
      writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      return join(folder, name);
    };
    const pairs = file('pairs.jsonl', [{ prompt: '4+7=', chosen: '1', rejected: '2' }]);
    const marked = file(
      'marked.jsonl',
      [1, 2].map((digit) => ({ prompt: '4+7=', completion: `${digit}`, label: digit === 1 })),
    );
    const recipe = join(folder, 'judge.yaml');
    const options =
      '{ max_steps: 1, per_device_train_batch_size: 2, num_generations: 4, max_completion_length: 8, minimum_margin: 0 }';
    writeFileSync(
      recipe,
      `name: judge\nmodel: { path: ${good} }\ndata: { name: last-digit-chains }\nstages:\n  - { name: judge, kind: preference, rewards: { format: 1 }, options: ${options} }\n`,
    );
    const train = (...args: string[]) =>
      inProcess(['train', 'preference', '--model', good, '--max-steps', '1', ...args]);
    for (const [name, run] of [
      ['pairs', () => train('--data', pairs, '--folder', join(folder, 'one'))],
      ['marked', () => train('--data', marked, '-o', 'algorithm=kto', '--folder', join(folder, 'two'))],
    ] as const) {
      const { status, stderr } = await run();
      expect(status, `${name}: ${stderr}`).toBe(0);
    }
    // a random model never writes the format: the judge sees no difference, and that is said
    expectOneLine(await inProcess(['run', recipe, '--folder', join(folder, 'three')]), /_NO_ROWS: .*worth the same/);
  });

  it.each(rows)('%s', async (name, kind, content, message) => {
    const folder = join(root, name.replaceAll(/\W+/g, '-'));
    mkdirSync(folder);
    writeFileSync(join(folder, 'rows.jsonl'), content);
    const options =
      kind === 'rl' ? ['--batch-size', '8', '-o', 'num_generations=4', '-o', 'max_completion_length=8'] : [];
    const args = ['train', kind, '--model', good, '--data', join(folder, 'rows.jsonl'), '--max-steps', '1', ...options];
    expectOneLine(await inProcess([...args, '--folder', join(folder, 'run')]), message);
  });

  it('an unknown option is refused before anything runs', async () => {
    const args = ['train', 'sft', '--model', good, '--data', 'rows.jsonl', '-o', 'learnin_rate=1'];
    expectOneLine(await inProcess(args), /_UNKNOWN_KEY: .*Did you mean "learning_rate"\?/);
  });

  it('prompts and completions of text, as most files hold, works', async () => {
    const folder = join(root, 'plain');
    mkdirSync(folder);
    writeFileSync(join(folder, 'rows.jsonl'), '{"prompt":"4+7=","completion":"1"}\n');
    const args = ['train', 'sft', '--model', good, '--data', join(folder, 'rows.jsonl'), '--max-steps', '1'];
    const { status, stderr } = await inProcess([...args, '--folder', join(folder, 'run')]);
    expect(status, stderr).toBe(0);
  });
});

it('a prompt longer than the context', async () => {
  for (const raw of [[], ['--raw']])
    expectOneLine(
      await inProcess(['generate', good, '4+7*3'.repeat(30), ...raw]),
      /has \d+ tokens, the model's context is 96/,
    );
});
