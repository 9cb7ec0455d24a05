// A process that runs a tiny training, resumes from what it finds, and kills itself with SIGKILL at a moment of kill-points.ts:
// `node tiny-run-process.ts <run> <outputDir> <moment> <count>`.

import { createEngine } from '@thinkwright/models';
import { useDevice } from '@thinkwright/tensors';
import { die, dieInBackward, dieInSave, dyingEngine, type KillMoment } from './kill-points.ts';
import { type TinyRun, tinyTrainer } from './tiny-runs.ts';

const [kind, outputDir, moment, count] = process.argv.slice(2) as [TinyRun, string, KillMoment, string];
await useDevice('cpu');
const { trainer, model } = await tinyTrainer(kind, {
  outputDir,
  resumeFromCheckpoint: true,
  ...(moment === 'a rollout' && { engineOf: (model) => dyingEngine(createEngine(model), Number(count)) }),
});
if (moment === 'a backward pass') dieInBackward(model, Number(count));
if (moment === 'a save') dieInSave(Number(count));
for await (const { type, step } of trainer.train()) {
  if (moment === 'two steps' && type === 'step-end' && step === Number(count)) die(`the pause after step ${step}`);
}
