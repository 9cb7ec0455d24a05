// Checkpoints and output folders that are missing, damaged, of other options or on a full disk: refused, and no file is lost.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '@thinkwright/checkpoints';
import { useDevice } from '@thinkwright/tensors';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { collectEvents } from '../test/index.ts';
import { CLASH, expectRefusal, MISMATCH, newModel, sft } from './refusals.ts';

/** Writes to open files fail as on a full disk while this is set. */
const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (...given) => {
    const handle = await real.open(...given);
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    if (disk.isFull) handle.write = () => Promise.reject(full);
    return handle;
  };
  return { ...real, open };
});

let folder = '';
let checkpoint = '';

const folders: [string, () => object, string, RegExp][] = [
  ['resuming without a folder to look in', () => ({ resumeFromCheckpoint: true }), CLASH, /Give outputDir/],
  [
    'a folder that is no checkpoint',
    () => ({ resumeFromCheckpoint: folder }),
    'TW_TRAINERS_CHECKPOINT_MISSING',
    /Name a checkpoint-<step> folder/,
  ],
  [
    'a folder that does not exist',
    () => ({ resumeFromCheckpoint: join(folder, 'none') }),
    'TW_TRAINERS_CHECKPOINT_MISSING',
    /none is no training checkpoint.*Name a checkpoint-<step> folder/,
  ],
  [
    'a checkpoint of other options',
    () => ({ resumeFromCheckpoint: checkpoint, learningRate: 0.5 }),
    MISMATCH,
    /learningRate was 0\.00002, is 0\.5\. Use the old options/,
  ],
  [
    'a damaged checkpoint',
    () => ({ resumeFromCheckpoint: join(folder, 'damaged') }),
    'TW_TRAINERS_CHECKPOINT_CORRUPT',
    /sha256 differs.*Remove it/,
  ],
  [
    'a checkpoint without its optimizer',
    () => ({ resumeFromCheckpoint: join(folder, 'partial') }),
    'TW_TRAINERS_CHECKPOINT_CORRUPT',
    /optimizer\.safetensors: has no such file.*Remove it/,
  ],
  [
    'an output folder that cannot be written',
    () => ({ outputDir: join(folder, 'file', 'run') }),
    'TW_TRAINERS_OUTPUT_FOLDER',
    /is a file, not a folder\. Choose another outputDir/,
  ],
];
beforeAll(async () => {
  await useDevice('cpu');
  folder = await mkdtemp(join(tmpdir(), 'thinkwright-wrong-'));
  await collectEvents(sft({ outputDir: folder, perDeviceTrainBatchSize: 1, maxSteps: 1 })(newModel()));
  checkpoint = join(folder, 'checkpoint-1');
  for (const name of ['damaged', 'partial']) await cp(checkpoint, join(folder, name), { recursive: true });
  const file = join(folder, 'damaged', 'model.safetensors');
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
  await rm(join(folder, 'partial', 'optimizer.safetensors'));
  await writeFile(join(folder, 'file'), 'not a folder');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('wrong folders', () => {
  it.each(folders)('%s', async (_, given, code, hint) => {
    const before = await readdir(folder, { recursive: true });
    const own = { perDeviceTrainBatchSize: 1, maxSteps: 1, ...given() };
    await expectRefusal(sft(own), code, hint);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  it('a disk that fills up keeps the checkpoint before, and the run goes on from it', async () => {
    const run = { outputDir: join(folder, 'full'), perDeviceTrainBatchSize: 1, maxSteps: 2, saveSteps: 1 };
    const loop = sft(run)(newModel()).train();
    const fill = async () => {
      for await (const event of loop) if (event.type === 'checkpoint') disk.isFull = true;
    };
    const failure = await fill().catch((error: unknown) => error);
    disk.isFull = false;
    expect(failure).toBeInstanceOf(CheckpointError);
    expect(failure).toMatchObject({ code: 'TW_CHECKPOINTS_DISK_FULL' });
    expect((failure as Error).message).toMatch(/no space left on the disk\. Free some space/);
    expect(await readdir(run.outputDir)).toEqual(['checkpoint-1']);
    const resumed = sft({ ...run, resumeFromCheckpoint: true })(newModel());
    await resumed.ready();
    expect(resumed.step).toBe(1);
    expect((await collectEvents(resumed)).summary.step).toBe(2);
  });
});
