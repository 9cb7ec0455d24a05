// A run that was killed with SIGKILL and resumed ends with the bytes of a run that was not, and samples the same on the way: killed in
// the middle of a rollout, a backward pass, a save and between steps (kill-points.ts), never by the clock.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf, useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectEvents } from '../test/index.ts';
import type { TrainerEvent } from '../trainer.ts';
import type { KillMoment } from './kill-points.ts';
import { TINY_RUNS, type TinyRun, tinyTrainer } from './tiny-runs.ts';

let folder = '';
beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-resume-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Everything that the newest checkpoint holds, by file. */
async function newestBytes(outputDir: string): Promise<Record<string, string>> {
  const names = (await readdir(outputDir)).filter((name) => name.startsWith('checkpoint-'));
  const newest = names.sort((a, b) => Number(a.slice(11)) - Number(b.slice(11))).at(-1)!;
  const files = await readdir(join(outputDir, newest));
  const entries = files.map(async (file) => [file, (await readFile(join(outputDir, newest, file))).toString('base64')]);
  return Object.fromEntries([['folder', newest], ...(await Promise.all(entries))]);
}

/** Runs the process, which kills itself at the moment given. Resolves to what it said last. */
function runProcess(kind: string, outputDir: string, moment: KillMoment, count: number): Promise<string> {
  const script = new URL('./tiny-run-process.ts', import.meta.url).pathname;
  const parameters = ['--conditions=@thinkwright/source', script, kind, outputDir, moment, String(count)];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(errors.trim().split('\n').at(-1)!);
      else reject(new Error(code === 0 ? 'the run came to its end alive' : `the run failed: ${errors}`));
    });
  });
}

/**
 * A process dies at the `count`-th of the moment's kind, after `step` saved steps. Every run accumulates two micro-batches a step, so an even
 * count of backward passes falls between the micro-batches of one update. (PPO trains only the value head in its first two steps.)
 */
interface KillPoint {
  run: TinyRun;
  during: KillMoment;
  count: number;
  step: number;
  says: RegExp;
}
const backward = { during: 'a backward pass', says: /^killed in a backward pass$/ } as const;
const save = (step: number) => ({
  ...{ during: 'a save' as const, count: step, step: step - 1 },
  says: new RegExp(`^killed in a save to \\.checkpoint-${step}\\.tmp-`),
});
const pause = (step: number) => ({
  ...{ during: 'two steps' as const, count: step, step: step - 1 },
  says: new RegExp(`^killed in the pause after step ${step}$`),
});
const rollout = { during: 'a rollout', says: /^killed in a rollout of \d+ prompts$/ } as const;
const KILL_POINTS: KillPoint[] = [
  { run: 'sft', ...backward, count: 4, step: 1 },
  { run: 'sft', ...save(3) },
  { run: 'sft', ...pause(2) },
  { run: 'rl', ...rollout, count: 3, step: 4 },
  { run: 'rl', ...backward, count: 6, step: 2 },
  { run: 'rl', ...save(2) },
  { run: 'ppo', ...rollout, count: 2, step: 4 },
  { run: 'ppo', ...backward, count: 8, step: 5 },
  { run: 'ppo', ...save(5) },
  { run: 'dpo', ...backward, count: 8, step: 3 },
  { run: 'dpo', ...save(2) },
  { run: 'dpo', ...pause(4) },
  { run: 'ppo-value-model', ...rollout, count: 2, step: 4 },
  { run: 'ppo-value-model', ...backward, count: 8, step: 5 },
  { run: 'ppo-value-model', ...save(2) },
  { run: 'reward-model-lora', ...backward, count: 4, step: 1 },
  { run: 'reward-model-lora', ...save(3) },
  { run: 'reward-model-lora', ...pause(2) },
  { run: 'process-reward', ...backward, count: 6, step: 2 },
  { run: 'process-reward', ...save(2) },
  { run: 'process-reward', ...pause(4) },
  { run: 'process-reward-lora', ...backward, count: 4, step: 1 },
  { run: 'process-reward-lora', ...save(4) },
  { run: 'process-reward-lora', ...pause(3) },
];

/** Samples and metrics of the steps after `step`, without times. */
const tale = (events: readonly TrainerEvent[], step: number) =>
  events.flatMap((event): object[] => {
    if (event.step <= step) return [];
    if (event.type === 'rollout') return [event];
    if (event.type !== 'step-end') return [];
    const { tokens_per_second: _, ...metrics } = event.metrics;
    return [{ step: event.step, metrics, tokens: event.tokens }];
  });

describe.each(TINY_RUNS)('%s', (kind) => {
  let reference: Record<string, string> = {};
  let events: TrainerEvent[] = [];
  beforeAll(async () => {
    const outputDir = join(folder, `${kind}-reference`);
    const { trainer } = await tinyTrainer(kind, { outputDir });
    events = (await collectEvents(trainer)).events;
    reference = await newestBytes(outputDir);
  });

  for (const { during, count, step, says } of KILL_POINTS.filter(({ run }) => run === kind)) {
    const where = during === 'two steps' ? 'between two steps' : `during ${during}`;
    it(`is the same after kill -9 ${where}`, async () => {
      const outputDir = join(folder, `${kind}-${during}`);
      expect(await runProcess(kind, outputDir, during, count)).toMatch(says);
      const halfWritten = (await readdir(outputDir)).filter((name) => name.startsWith('.checkpoint-'));
      expect(halfWritten).toHaveLength(during === 'a save' ? 1 : 0);
      for (const name of halfWritten) {
        const files = await readdir(join(outputDir, name));
        expect(files).toContain('optimizer.safetensors');
        expect(files.some((file) => /^(adapter_)?model\.safetensors$/.test(file))).toBe(true);
        expect(files).not.toContain('manifest.json');
      }
      const { trainer } = await tinyTrainer(kind, { outputDir, resumeFromCheckpoint: true });
      await trainer.ready();
      expect(trainer.step).toBe(step);
      const resumed = await collectEvents(trainer);
      expect(tale(resumed.events, step)).toEqual(tale(events, step));
      expect(await newestBytes(outputDir)).toEqual(reference);
    });
  }

  it('is the same after an abort, which saves where it stands', async () => {
    const outputDir = join(folder, `${kind}-aborted`);
    const abort = new AbortController();
    const first = await tinyTrainer(kind, { outputDir, saveSteps: 0 });
    for await (const event of first.trainer.train({ signal: abort.signal })) {
      if (event.type === 'step-end' && event.step === 3) abort.abort();
      if (event.type === 'end') expect(event).toMatchObject({ reason: 'aborted', step: 3 });
    }
    const second = await tinyTrainer(kind, { outputDir, resumeFromCheckpoint: true });
    await second.trainer.ready();
    expect(second.trainer.step).toBe(3);
    await collectEvents(second.trainer);
    const bytes = await newestBytes(outputDir);
    for (const file of Object.keys(reference).filter((name) => name.endsWith('.safetensors'))) {
      expect(bytes[file]).toBe(reference[file]);
    }
  });
});

describe('refusals', () => {
  const checkpoint = () => join(folder, 'sft-full-reference', 'checkpoint-5');

  it('names the options that differ', async () => {
    const { trainer } = await tinyTrainer('sft-full', { resumeFromCheckpoint: checkpoint(), learningRate: 0.5 });
    await expect(trainer.ready()).rejects.toMatchObject({
      code: 'TW_TRAINERS_CHECKPOINT_MISMATCH',
      message: expect.stringContaining('learningRate was 0.02, is 0.5'),
    });
  });

  it('reads no checkpoint of another trainer', async () => {
    const { trainer } = await tinyTrainer('rl', { resumeFromCheckpoint: checkpoint() });
    await expect(trainer.ready()).rejects.toMatchObject({ code: 'TW_TRAINERS_CHECKPOINT_MISMATCH' });
  });

  it('reads no damaged checkpoint, and says which file', async () => {
    const outputDir = join(folder, 'damaged');
    const { trainer } = await tinyTrainer('sft-full', { outputDir });
    await collectEvents(trainer, { untilStep: 1 });
    const file = join(outputDir, 'checkpoint-1', 'model.safetensors');
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    const again = await tinyTrainer('sft-full', { outputDir, resumeFromCheckpoint: true });
    await expect(again.trainer.ready()).rejects.toMatchObject({
      code: 'TW_TRAINERS_CHECKPOINT_CORRUPT',
      message: expect.stringContaining('model.safetensors'),
    });
  });

  it('says when a folder is no checkpoint', async () => {
    const { trainer } = await tinyTrainer('sft-full', { resumeFromCheckpoint: folder });
    await expect(trainer.ready()).rejects.toMatchObject({ code: 'TW_TRAINERS_CHECKPOINT_MISSING' });
  });

  it('starts afresh where nothing was saved yet', async () => {
    const { trainer } = await tinyTrainer('sft-full', {
      outputDir: join(folder, 'nothing'),
      resumeFromCheckpoint: true,
    });
    await trainer.ready();
    expect(trainer.step).toBe(0);
  });
});

describe('memory', () => {
  it('holds the same tensors after every step', async () => {
    const { trainer, model } = await tinyTrainer('rl', {});
    const counts: number[] = [];
    for await (const event of trainer.train()) if (event.type === 'step-end') counts.push(tf.memory().numTensors);
    expect(new Set(counts.slice(1)).size).toBe(1);
    trainer.dispose();
    model.dispose();
  });
});
