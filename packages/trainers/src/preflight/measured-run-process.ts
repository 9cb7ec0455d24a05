// A process that trains two steps on the native device and says what the device held, then leaves too little of the device for a second run
// of the same kind and says what became of it: `node measured-run-process.ts <kind> [adapter]`. A process of its own, because a device's
// peak never falls.

import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createAdapter, createClassifier, createEngine, type LoraOptions, type ModelConfig } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import { currentDevice, tf, useDevice } from '@thinkwright/tensors';
import { createDistillationTrainer } from '../distillation/distillation-trainer.ts';
import { createPreferenceTrainer } from '../preference/preference-trainer.ts';
import { createProcessRewardTrainer } from '../reward-models/process-reward-trainer.ts';
import { createRewardModelTrainer } from '../reward-models/reward-model-trainer.ts';
import { createSftTrainer } from '../sft/sft-trainer.ts';
import { collectEvents } from '../test/index.ts';

export const MEASURED_KINDS = [
  'sft',
  'sft-qwen3',
  'sft-gemma3',
  'dpo',
  'reward-model',
  'process-reward',
  'distillation',
] as const;
/** LoRA by its options; `all weights` is none. */
const ADAPTERS: Record<string, LoraOptions> = {
  lora: { r: 8 },
  'lora with dropout': { r: 8, loraDropout: 0.1 },
  dora: { r: 8, useDora: true },
  'dora on queries and values': { r: 8, useDora: true, targetModules: ['q_proj', 'v_proj'] },
};
export type MeasuredKind = (typeof MEASURED_KINDS)[number];

export interface MeasuredRun {
  /** Beyond what was there when the trainer was made: its peak in training. */
  bytes: number;
  refusal: { code: string; message: string; step: number };
}

const format = presetFormat('quickstart');
const [prompt, short, long] = ['12+34=', '46', '1+2+3+4+5+6+7+8+9+'.repeat(6)];
const rows = <Row>(row: Row) =>
  arrayDataset(
    'rows',
    Array.from({ length: 16 }, () => row),
  );

const families: Partial<Record<MeasuredKind, Partial<ModelConfig>>> = {
  'sft-qwen3': { modelType: 'qwen3', headDimension: 48 },
  'sft-gemma3': {
    modelType: 'gemma3_text',
    headDimension: 48,
    slidingWindow: { size: 32, layers: [0, 1, 2] },
    localRopeTheta: 100,
  },
};

function setUp(kind: MeasuredKind, adapter: string) {
  const shape = { vocabularySize: format.tokenizer.vocabularySize, layerCount: 4, maxPositions: 256 };
  const size = { hiddenSize: 128, intermediateSize: 320, headCount: 4, keyValueHeadCount: 2 };
  const family = families[kind] ?? {};
  const model = tinyModel({ seed: 1, ...shape, ...size, ...family });
  const lora = ADAPTERS[adapter];
  if (lora) model.attachAdapter(createAdapter(model.config, lora));
  const shared = { format, perDeviceTrainBatchSize: 8, gradientAccumulationSteps: 1, maxSteps: 2 };
  const pairs = rows({ prompt, chosen: long, rejected: long });
  if (kind.startsWith('sft'))
    return createSftTrainer({ ...shared, model, dataset: rows({ prompt, completion: long }) });
  if (kind === 'dpo') return createPreferenceTrainer({ ...shared, model, dataset: pairs });
  if (kind === 'reward-model') {
    const classifier = createClassifier(model, { kind: 'sequence', seed: 4 });
    return createRewardModelTrainer({ ...shared, classifier, dataset: pairs });
  }
  if (kind === 'process-reward') {
    const classifier = createClassifier(model, { kind: 'token', seed: 4 });
    const solutions = rows({ prompt, completions: [long, short], labels: [true, false] });
    return createProcessRewardTrainer({ ...shared, classifier, dataset: solutions });
  }
  const teacher = tinyModel({ seed: 2, ...shape, ...size });
  const dataset = rows({ prompt, completion: long });
  return createDistillationTrainer({ ...shared, model, teacher, engine: createEngine(model), lmbda: 0, dataset });
}

async function measure(kind: MeasuredKind, adapter: string): Promise<MeasuredRun> {
  await useDevice('native');
  const memory = () => currentDevice().memory!();
  const first = setUp(kind, adapter);
  const made = memory().bytesInUse;
  await collectEvents(first);
  const bytes = memory().peakBytes - made;
  const second = setUp(kind, adapter);
  const room = () => memory().bytesLimit - memory().bytesInUse;
  while (room() > 0.6 * bytes) tf.zeros([2 ** 18]); // 1 MiB
  const found: { code: string; message: string } = await collectEvents(second).then(
    () => ({ code: 'nothing', message: 'it trained' }),
    (error) => error,
  );
  return { bytes, refusal: { code: found.code, message: found.message, step: second.step } };
}

if (process.argv[1] === import.meta.filename) {
  const [kind, adapter] = process.argv.slice(2) as [MeasuredKind, string];
  console.log(JSON.stringify(await measure(kind, adapter)));
}
