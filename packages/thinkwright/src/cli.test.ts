// The command line as a process: help that teaches, one JSON object, errors with code, fix and exit status.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presetFormat } from '@thinkwright/chat';
import { saveModel, toHuggingFaceConfig } from '@thinkwright/models';
import { tinyConfig, tinyModel } from '@thinkwright/models/test';
import { plannedMethods } from '@thinkwright/recipes';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, describe, expect, it } from 'vitest';
import { inProcess, repository, runCli } from './test/run-cli.ts';

const root = mkdtempSync(join(tmpdir(), 'thinkwright-cli-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const quickstart = join(repository, 'examples', 'quickstart', 'quickstart.yaml');

describe('help', () => {
  it.each([
    [[]],
    [['run']],
    [['train', 'sft']],
    [['train', 'rl']],
    [['train', 'preference']],
    [['eval']],
    [['chat']],
    [['generate']],
    [['doctor']],
  ])('of %j gives examples', async (command) => {
    const { status, stdout, stderr } = await inProcess([...command, '--help']);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain(`thinkwright ${command.join(' ')}`.trim());
  });

  it('names the version', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('errors', () => {
  const cases: [string, string[], number, RegExp][] = [
    ['an unknown command', ['rnu'], 2, /unknown command 'rnu'[\s\S]*Did you mean run\?/],
    ['an unknown option', ['run', 'x.yaml', '--sede', '1'], 2, /unknown option '--sede'[\s\S]*Did you mean --seed\?/],
    ['a missing argument', ['run'], 2, /missing required argument 'recipe'/],
    ['a number that is none', ['run', 'x.yaml', '--seed', 'one'], 2, /Expected a number/],
    ['no threads', ['doctor', '--threads', '0'], 2, /Expected a whole number, 1 or more/],
    ['too many threads', ['doctor', '--threads', '999'], 2, /Expected at most 256/],
    ['completions of nothing', ['generate', 'x', 'hi', '--max-tokens', '0'], 2, /Expected a whole number, 1 or more/],
    [
      'a temperature below zero',
      ['eval', root, '--task', 'last-digit-chains', '--temperature', '-2'],
      2,
      /TW_CLI_USAGE: the option for temperature cannot be used: .*>0/,
    ],
    ['a missing recipe', ['run', 'nowhere.yaml'], 1, /TW_RECIPES_NOT_FOUND: nowhere\.yaml: there is no such file/],
    [
      'an unknown key in --set',
      ['run', quickstart, '--dry-run', '--set', 'grpo.max_stesp=3'],
      1,
      /TW_RECIPES_UNKNOWN_KEY: --set grpo\.max_stesp=3: unknown key "max_stesp" in stages\[3\]\.options\. Did you mean "max_steps"\?/,
    ],
    [
      'options that clash',
      ['run', quickstart, '--dry-run', '--set', 'grpo.max_steps=2'],
      1,
      /quickstart\.yaml:\d+: .*warmupSteps 5 is more than maxSteps 2/,
    ],
    ['an unknown method', ['run', quickstart, '--method', 'gropo'], 1, /TW_RECIPES_METHOD.*Did you mean "grpo"\?/],
    [
      'an unknown reward',
      ['run', quickstart, '--dry-run', '--set', 'grpo.rewards={ acuracy: 1 }'],
      1,
      /there is no reward "acuracy".*Did you mean "accuracy"\?/,
    ],
    [
      'an unknown gate',
      ['run', quickstart, '--dry-run', '--set', 'sft.gate.metric=beauty'],
      1,
      /asks for "beauty"\. Known: fact_accuracy/,
    ],
    ['--resume and --fresh', ['run', quickstart, '--resume', '--fresh'], 2, /TW_CLI_USAGE: --resume .* --fresh/],
    ['train without data', ['train', 'sft', '--model', 'x'], 2, /TW_CLI_MISSING_OPTION.*--data/],
    [
      'an unknown task',
      ['eval', root, '--task', 'gsm9k'],
      2,
      /TW_CLI_USAGE: there is no task "gsm9k"\. Did you mean "gsm8k"\?/,
    ],
    ['gsm8k without rows', ['eval', root, '--task', 'gsm8k'], 2, /TW_CLI_MISSING_OPTION.*--data/],
    ['a model that is nowhere', ['generate', './no-model.gguf', 'hi'], 1, /TW_MODELS_NOT_FOUND: .*no-model\.gguf/],
    ['a plan without a length', ['doctor', '--plan', 'model=x'], 2, /TW_CLI_USAGE: doctor --plan: it needs length=/],
    [
      'a plan of a storage that there is not',
      ['doctor', '--plan', 'model=x', 'length=8', 'storage=q4'],
      2,
      /TW_CLI_USAGE: storage q4: there is no such choice\. Did you mean "q4_0"\?/,
    ],
    ['a plan of nothing', ['doctor', '--plan', 'x'], 2, /"x" is no key=value/],
    [
      'a plan of a method that there is not',
      ['doctor', '--plan', 'model=x', 'method=preferences', 'length=8'],
      2,
      /method is "preferences"\. Did you mean "preference"\? Known: pretrain, sft, rl, /,
    ],
    [
      'a plan of distillation from nobody',
      ['doctor', '--plan', 'model=x', 'method=distill', 'length=8'],
      2,
      /TW_CLI_USAGE: doctor --plan: method distill needs teacher=/,
    ],
    [
      'a plan of a part of no adapter',
      ['doctor', '--plan', 'model=x', 'length=8', 'use_dora=true'],
      2,
      /use_dora belongs to an adapter: give its rank, lora=16/,
    ],
    [
      'a plan of a teacher in a storage that there is not',
      ['doctor', '--plan', 'model=x', 'method=distill', 'teacher=y', 'length=8', 'teacher_storage=q9_0'],
      2,
      /TW_CLI_USAGE: teacher_storage q9_0: there is no such choice\. Did you mean "q8_0"\?/,
    ],
    ['an unknown device', ['doctor', '--device', 'abacus'], 1, /there is no device 'abacus'/],
  ];
  it.each(cases)('%s: code, fix and status', async (_, args, status, message) => {
    const done = await inProcess(args);
    expect(done.status, done.stderr).toBe(status);
    expect(done.stderr + (args[0] === 'doctor' ? done.stdout : '')).toMatch(message);
    expect(done.stderr).not.toMatch(/^ {4}at /m);
  });

  it('show the stack only with --debug', async () => {
    expect((await inProcess(['run', 'nowhere.yaml', '--debug'])).stderr).toMatch(/^ {4}at /m);
  });

  it('are one JSON object with --json', async () => {
    for (const args of [
      ['run', 'nowhere.yaml', '--json'],
      ['run', 'x.yaml', '--sede', '--json'],
    ]) {
      const { stdout, status } = await inProcess(args);
      expect(status).toBeGreaterThan(0);
      expect(JSON.parse(stdout)).toMatchObject({
        error: { code: expect.stringMatching(/^TW_/), message: expect.any(String) },
      });
    }
  });

  it('of a hostile model folder name file and fix, without a crash', async () => {
    const folder = join(root, 'broken');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), '{}');
    writeFileSync(join(folder, 'model.safetensors'), Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 123]));
    const { status, stderr } = await inProcess(['generate', folder, 'hi']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error TW_[A-Z_]+: /);
  });

  it('of a pipe instead of a file come at once, for recipes and for models', async () => {
    const pipe = join(root, 'pipe.gguf');
    execFileSync('mkfifo', [pipe]);
    expect((await inProcess(['generate', pipe, 'hi'])).stderr).toMatch(
      /TW_RECIPES_NO_WEIGHTS: .*neither a file nor a folder/,
    );
    expect((await inProcess(['run', pipe])).stderr).toMatch(/TW_RECIPES_NOT_FOUND: .*no plain file/);
  });

  it('of a folder without permission say what to do', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may write everywhere');
    const folder = join(root, 'closed');
    mkdirSync(folder, { mode: 0o500 });
    const { status, stderr } = await inProcess([
      'run',
      join(repository, 'examples', 'quickstart', 'tiny.yaml'),
      '--folder',
      join(folder, 'run'),
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/TW_RECIPES_STORAGE: .*no permission/);
  });

  it('of a run folder that is a file say so', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    const { status, stderr } = await inProcess([
      'run',
      join(repository, 'examples', 'quickstart', 'tiny.yaml'),
      '--folder',
      join(file, 'run'),
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/TW_RECIPES_STORAGE: .*a part of the path is a file/);
  });
});

describe('output', () => {
  it('of --dry-run shows the plan and writes nothing', async () => {
    const { status, stdout } = await inProcess(['run', quickstart, '--dry-run', '--method', 'star']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/1\. pretrain[\s\S]*2\. sft[\s\S]*3\. before[\s\S]*4\. star[\s\S]*5\. after/);
    expect(stdout).not.toContain('grpo');
  });

  it('of a trained reward model does not ask to chat with it', async () => {
    await useDevice('cpu');
    const format = presetFormat('quickstart');
    const model = tinyModel({ vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
    const [place, pairs] = [join(root, 'base'), join(root, 'pairs.jsonl')];
    await saveModel(model, place, { tokenizerFiles: format.files });
    model.dispose();
    writeFileSync(pairs, `${JSON.stringify({ prompt: '1+2', chosen: '3', rejected: '4' })}\n`);
    const words = ['train', 'reward-model', '--model', place, '--data', pairs, '--max-steps', '1', '--device', 'cpu'];
    const { status, stdout } = await runCli([...words, '--folder', join(root, 'judge')]);
    expect(status).toBe(0);
    expect(stdout).toContain('load it with loadClassifier');
    expect(stdout).not.toContain('thinkwright chat');
  });

  it('has no colour codes in a pipe, and with NO_COLOR', async () => {
    for (const env of [{}, { NO_COLOR: '1', FORCE_COLOR: '1' }] as Record<string, string>[]) {
      const { stdout, stderr } = await runCli(['doctor'], { env });
      expect(stdout + stderr).not.toContain('\u001b');
    }
  });

  it('of doctor --json is one object that explains the device', async () => {
    const { status, stdout } = await inProcess(['doctor', '--json']);
    expect(status).toBe(0);
    const report = JSON.parse(stdout);
    expect(report.devices.map((device: { name: string }) => device.name)).toEqual(
      expect.arrayContaining(['native', 'cpu']),
    );
    expect(report.chosen.name).toBeTypeOf('string');
    expect(report.memory.totalBytes).toBeGreaterThan(report.memory.freeBytes);
  });

  it('of doctor --plan is the peak of a run that was not made', async () => {
    const model = join(root, 'planned');
    mkdirSync(model);
    writeFileSync(join(model, 'config.json'), JSON.stringify(toHuggingFaceConfig(tinyConfig())));
    const words = [`model=${model}`, 'length=32', 'per_device_train_batch_size=2', 'lora=4', 'storage=bfloat16'];
    const { status, stdout } = await runCli(['doctor', '--json', '--plan', ...words]);
    expect(status).toBe(0);
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({
      method: 'sft',
      length: 32,
      lora: { r: 4 },
      loading: { storage: 'bfloat16' },
      fits: true,
    });
    expect(plan.totalBytes).toBeGreaterThan(plan.deviceBytes + plan.processBytes);
    expect(plan.deviceBytes).toBeGreaterThan(plan.weightBytes);
  });

  it('of doctor --plan keeps what is frozen in the bits of its file', async () => {
    const model = join(root, 'planned-native');
    mkdirSync(model);
    const config = { ...toHuggingFaceConfig(tinyConfig()), torch_dtype: 'bfloat16' };
    writeFileSync(join(model, 'config.json'), JSON.stringify(config));
    const storageOf = async (...words: string[]) => {
      const { stdout } = await runCli(['doctor', '--json', '--plan', `model=${model}`, 'length=32', ...words]);
      return JSON.parse(stdout).loading.storage;
    };
    expect(await storageOf('method=generate')).toBe('bfloat16');
    expect(await storageOf('lora=4')).toBe('bfloat16');
    expect(await storageOf('method=sft')).toBeUndefined();
  });

  it('of doctor --plan counts the models beside the one that learns', async () => {
    const model = join(root, 'planned-beside');
    mkdirSync(model);
    writeFileSync(join(model, 'config.json'), JSON.stringify(toHuggingFaceConfig(tinyConfig())));
    const plan = async (...words: string[]) => {
      const all = [`model=${model}`, 'length=32', 'per_device_train_batch_size=2', ...words];
      const { status, stdout } = await runCli(['doctor', '--json', '--plan', ...all]);
      expect(status).toBe(0);
      return JSON.parse(stdout);
    };
    const alone = await plan('method=ppo');
    expect((await plan('method=ppo', `value_model=${model}`)).weightBytes).toBe(2 * alone.weightBytes);
    const taught = await plan('method=distill', `teacher=${model}`, 'teacher_storage=bfloat16', 'lmbda=0');
    expect(taught).toMatchObject({ method: 'distill', teacher: model, options: { lmbda: 0 } });
    expect(taught.weightBytes / alone.weightBytes).toBeLessThan(1.7);
  });

  it('of doctor --help names every method that can be planned', async () => {
    const { stdout } = await inProcess(['doctor', '--help']);
    for (const method of plannedMethods) expect(stdout.replaceAll(/\s+/g, ' ')).toContain(method);
  });
});
