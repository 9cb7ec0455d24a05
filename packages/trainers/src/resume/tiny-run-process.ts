// A process that runs a tiny training, resumes from what it finds, and kills itself with SIGKILL:
// `node tiny-run-process.ts <run> <outputDir> [<moment> <count>]`. The moment is a named one (see kill-points.ts), or 'event' with a
// count and milliseconds: so long after the event of that number, from another thread, so that the blow falls in the middle of
// whatever is going on.

import { Worker } from 'node:worker_threads';
import { createEngine } from '@thinkwright/models';
import { useDevice } from '@thinkwright/tensors';
import { die, dieInBackward, dieInSave, dyingEngine, type KillMoment } from './kill-points.ts';
import { type TinyRun, tinyTrainer } from './tiny-runs.ts';

type Parameters = [TinyRun, string, (KillMoment | 'event')?, string?, string?];
const [kind, outputDir, moment, count, milliseconds] = process.argv.slice(2) as Parameters;
const killer =
  moment !== 'event'
    ? undefined
    : new Worker(
        `require('node:worker_threads').parentPort.on('message', (ms) => setTimeout(() => process.kill(process.pid, 'SIGKILL'), ms))`,
        { eval: true },
      );
killer?.unref();
await useDevice('cpu');
const { trainer, model } = await tinyTrainer(kind, {
  outputDir,
  resumeFromCheckpoint: true,
  ...(moment === 'a rollout' && { engineOf: (model) => dyingEngine(createEngine(model), Number(count)) }),
});
if (moment === 'a backward pass') dieInBackward(model, Number(count));
if (moment === 'a save') dieInSave(Number(count));
let events = 0;
for await (const { type, step } of trainer.train()) {
  if (++events === Number(count)) killer?.postMessage(Number(milliseconds));
  if (moment === 'two steps' && type === 'step-end' && step === Number(count)) die(`the pause after step ${step}`);
}
