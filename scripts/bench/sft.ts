// Our side of the fine-tuning benchmark: the setting of the TRL script (all weights, or r 16 on all linear layers; GSM8K, loss on the answer,
// bins of 512 tokens packed best-fit-decreasing, two bins a step unless told). Prints one JSON line.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chatFormatOf } from '@thinkwright/chat';
import { loadDataset } from '@thinkwright/datasets';
import { loadModel } from '@thinkwright/models';
import { useDevice } from '@thinkwright/tensors';
import { createSftTrainer } from '@thinkwright/trainers';
import { root } from './programs.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    steps: { type: 'string', default: '4' },
    method: { type: 'string', default: 'lora' },
    'batch-size': { type: 'string', default: '2' },
    'gradient-checkpointing': { type: 'boolean', default: false },
  },
});
if (values.model === undefined) throw new Error('sft.ts needs --model DIR');
const shared = process.env.THINKWRIGHT_SHARED ?? path.join(root, '../shared');
const file = values.data ?? path.join(shared, 'data/gsm8k-train-4k.jsonl');

const device = await useDevice('auto');
const lora = { r: 16, loraAlpha: 32, targetModules: 'all-linear' as const };
const model = await loadModel(values.model, values.method === 'lora' ? { lora } : {});
const trainer = createSftTrainer({
  model,
  dataset: await loadDataset('gsm8k', { file }),
  format: await chatFormatOf(values.model),
  learningRate: values.method === 'lora' ? 2e-4 : 5e-5,
  maxSteps: Number(values.steps),
  perDeviceTrainBatchSize: Number(values['batch-size']),
  gradientCheckpointing: values['gradient-checkpointing'],
  maxLength: 512,
  packing: true,
  lrSchedulerType: 'constant',
});
const steps: { tokens: number; seconds: number; loss: number }[] = [];
for await (const event of trainer.train()) {
  if (event.type === 'step-end')
    steps.push({ tokens: event.tokens, seconds: event.seconds, loss: event.metrics.loss ?? Number.NaN });
}
const timed = steps.slice(1);
const sum = (key: 'tokens' | 'seconds') => timed.reduce((total, step) => total + step[key], 0);
const peakGigabytes = (process.resourceUsage().maxRSS * 1024) / 1e9;
console.log(
  JSON.stringify({ device: device.name, tokensPerSecond: sum('tokens') / sum('seconds'), peakGigabytes, steps }),
);
