// A thousand steps of each trainer leave live tensors, device blocks and resident memory where they were after the warm-up. In a
// process of its own, so that nothing else is measured.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

interface Reading {
  step: number;
  liveTensors: number;
  bytes: number;
  residentBytes: number;
}

/** Trains in a child process, reading its memory at step 250, 500, 750 and 1,000 after a garbage collection. */
async function readings(kind: 'sft' | 'rl'): Promise<Reading[]> {
  const script = `
    import { presetFormat } from '@thinkwright/chat';
    import { loadDataset } from '@thinkwright/datasets';
    import { createEngine } from '@thinkwright/models';
    import { tinyModel } from '@thinkwright/models/test';
    import { memoryReport, useDevice } from '@thinkwright/tensors';
    import { createRlTrainer, createSftTrainer } from '${new URL('./index.ts', import.meta.url)}';
    await useDevice('auto');
    const format = presetFormat('quickstart');
    const model = tinyModel({ seed: 3, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
    const stream = (await loadDataset('last-digit-chains', { split: '${kind}' })).stream({ seed: 5 });
    const shared = { model, format, stream, maxSteps: 1000, learningRate: 1e-3, seed: 1 };
    const trainer = ${kind === 'sft'}
      ? createSftTrainer({ ...shared, perDeviceTrainBatchSize: 4 })
      : createRlTrainer({ ...shared, engine: createEngine(model), maxCompletionLength: 6, numGenerations: 4,
          perDeviceTrainBatchSize: 8, reward: (batch) => batch.map(({ ids }) => ({ value: ids[0] % 2 })) });
    const readings = [];
    for await (const event of trainer.train()) {
      if (event.type !== 'step-end' || event.step % 250 !== 0) continue;
      gc();
      const { liveTensors, bytes } = memoryReport();
      readings.push({ step: event.step, liveTensors, bytes, residentBytes: process.memoryUsage().rss });
    }
    console.log(JSON.stringify(readings));
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--expose-gc',
      '--max-semi-space-size=4', // V8 otherwise grows its nursery for thousands of steps
      '--single-threaded', // and on a busy machine its compiler's threads would lag behind into the later readings
      '--conditions=@thinkwright/source',
      '--input-type=module-typescript',
      '-e',
      script,
    ],
    { cwd: import.meta.dirname, env: { ...process.env, THINKWRIGHT_THREADS: '1' } },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Reading[];
}

it.each(['sft', 'rl'] as const)('1,000 steps of %s leave tensors and resident memory flat', async (kind) => {
  const found = await readings(kind);
  expect(found.map(({ step }) => step)).toEqual([250, 500, 750, 1000]);
  const [warm, ...later] = found;
  for (const { liveTensors, bytes } of later)
    expect({ liveTensors, bytes }).toEqual({ liveTensors: warm!.liveTensors, bytes: warm!.bytes });
  // From step 500 on: until then V8 compiles. A leak of 8 kB a step would be 4 MB.
  const growth = (later.at(-1)!.residentBytes - later[0]!.residentBytes) / 2 ** 20;
  expect(growth, JSON.stringify(found)).toBeLessThan(4);
});
