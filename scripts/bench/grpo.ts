// Our side of the GRPO benchmark: the setting of the TRL script (4 prompts x 8 completions of exactly 128 tokens, micro-batches of 8,
// a trivial reward, one update a step). Prints one JSON line.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chatFormatOf } from '@thinkwright/chat';
import { loadDataset } from '@thinkwright/datasets';
import { createEngine, loadModel } from '@thinkwright/models';
import { useDevice } from '@thinkwright/tensors';
import { createRlTrainer } from '@thinkwright/trainers';
import { root } from './programs.mjs';

const { values } = parseArgs({
  options: { model: { type: 'string' }, data: { type: 'string' }, steps: { type: 'string', default: '2' } },
});
if (values.model === undefined) throw new Error('grpo.ts needs --model DIR');
const shared = process.env.THINKWRIGHT_SHARED ?? path.join(root, '../shared');
const file = values.data ?? path.join(shared, 'data/gsm8k-train-4k.jsonl');

const device = await useDevice('auto');
const model = await loadModel(values.model);
const engine = createEngine(model);
const trainer = createRlTrainer({
  model,
  engine,
  dataset: await loadDataset('gsm8k', { file }),
  format: Object.create(await chatFormatOf(values.model), { stopIds: { value: [] } }), // every completion has its full length
  reward: (batch) => batch.map(({ ids }) => ids.filter((id) => id % 2 === 0).length / ids.length),
  maxSteps: Number(values.steps),
  numGenerations: 8,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 4,
  maxCompletionLength: 128,
  learningRate: 1e-6,
});
const steps: { seconds: number; reward: number | undefined }[] = [];
for await (const event of trainer.train())
  if (event.type === 'step-end') steps.push({ seconds: event.seconds, reward: event.metrics.reward });
await engine.close();
const timed = steps.slice(1);
const secondsPerStep = timed.reduce((sum, { seconds }) => sum + seconds, 0) / timed.length;
const peakGigabytes = (process.resourceUsage().maxRSS * 1024) / 1e9;
console.log(JSON.stringify({ device: device.name, secondsPerStep, peakGigabytes, steps }));
