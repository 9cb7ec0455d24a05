// A process that runs a tiny training and resumes from what it finds: `node tiny-run-process.ts <run> <outputDir> [<event> <ms>]`.
// With a moment given it kills itself with SIGKILL so many milliseconds after the event of that number, from another thread, so that
// the blow falls in the middle of whatever is going on: a rollout, a backward pass, a save.

import { Worker } from 'node:worker_threads';
import { useDevice } from '@thinkwright/tensors';
import { type TinyRun, tinyTrainer } from './tiny-runs.ts';

const [kind, outputDir, killEvent, milliseconds] = process.argv.slice(2) as [TinyRun, string, string?, string?];
const killer =
  killEvent === undefined
    ? undefined
    : new Worker(
        `require('node:worker_threads').parentPort.on('message', (ms) => setTimeout(() => process.kill(process.pid, 'SIGKILL'), ms))`,
        { eval: true },
      );
killer?.unref();
await useDevice('cpu');
const { trainer } = await tinyTrainer(kind, { outputDir, resumeFromCheckpoint: true });
let events = 0;
for await (const _ of trainer.train()) if (++events === Number(killEvent)) killer!.postMessage(Number(milliseconds));
