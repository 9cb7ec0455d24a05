// Tiny runs of every trainer, with what makes an exact resume hard switched on: packing, accumulation, LoRA with dropout, AMSGrad, several
// updates a generation, replay and curriculum, a reference that follows, rounds. The resume test kills them as processes.

import { presetFormat } from '@thinkwright/chat';
import { arrayDataset, loadDataset } from '@thinkwright/datasets';
import { createAdapter, createClassifier, createEngine, type LanguageModel } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import type { RewardFunction } from '@thinkwright/rewards';
import type { RolloutEngine } from '@thinkwright/rollouts';
import { createDistillationTrainer } from '../distillation/distillation-trainer.ts';
import { createPpoTrainer } from '../ppo/ppo-trainer.ts';
import { createPreferenceTrainer } from '../preference/preference-trainer.ts';
import { createRejectionSampler } from '../rejection-sampling/rejection-sampler.ts';
import { createProcessRewardTrainer } from '../reward-models/process-reward-trainer.ts';
import { createRewardModelTrainer } from '../reward-models/reward-model-trainer.ts';
import { createRlTrainer } from '../rl/rl-trainer.ts';
import { createSftTrainer } from '../sft/sft-trainer.ts';
import type { Trainer } from '../trainer.ts';

export const TINY_RUNS = [
  'sft',
  'sft-full',
  'rl',
  'rl-following',
  'ppo',
  'ppo-value-model',
  'dpo',
  'rejection-sampling',
  'reward-model',
  'reward-model-lora',
  'process-reward',
  'process-reward-lora',
  'distillation',
] as const;
export type TinyRun = (typeof TINY_RUNS)[number];

export interface TinyRunOptions {
  outputDir?: string;
  resumeFromCheckpoint?: boolean | string;
  saveSteps?: number;
  learningRate?: number;
  engineOf?: (model: LanguageModel) => RolloutEngine;
}

/** Pays for even ids: dense enough that random weights have something to learn. */
const evenIds: RewardFunction = (batch) =>
  batch.map(({ ids }) => {
    const even = ids.filter((id) => id % 2 === 0).length / Math.max(ids.length, 1);
    return { value: even, parts: { even } };
  });

const preferences = arrayDataset(
  'preferences',
  ['1+2', '4-1', '5+3', '6-2', '2+2'].map((sum, i) => ({
    prompt: `${sum}=`,
    chosen: `${i}`,
    rejected: `${i + 4}${i}`,
  })),
);

const CLASSIFIER_BATCH = {
  perDeviceTrainBatchSize: 2,
  gradientAccumulationSteps: 2,
  maxSteps: 5,
  disableDropout: false,
  shuffleDataset: true,
};

/** Trainers of reward models take a classifier where the others take a model. */
const withoutModel = <Shared extends { model: LanguageModel }>({ model: _, ...own }: Shared) => own;

export async function tinyTrainer(
  kind: TinyRun,
  { saveSteps = 1, learningRate = 0.02, engineOf = createEngine, ...ports }: TinyRunOptions,
): Promise<{ trainer: Trainer; model: LanguageModel }> {
  const format = presetFormat('quickstart');
  const model = tinyModel({ seed: 3, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
  const shared = { model, format, saveSteps, learningRate, saveTotalLimit: 2, seed: 11, ...ports };
  const rows = async (split: 'sft' | 'rl') => (await loadDataset('last-digit-chains', { split })).stream({ seed: 5 });
  if (['sft', 'rl', 'ppo', 'dpo'].includes(kind) || kind.endsWith('-lora'))
    model.attachAdapter(createAdapter(model.config, { r: 2, loraDropout: 0.2, seed: 1 }));
  if (kind === 'dpo') {
    const batch = {
      perDeviceTrainBatchSize: 2,
      gradientAccumulationSteps: 2,
      lossType: ['sigmoid' as const, 'sft' as const],
    };
    return { trainer: createPreferenceTrainer({ ...shared, dataset: preferences, ...batch, maxSteps: 6 }), model };
  }
  if (kind === 'sft' || kind === 'sft-full') {
    const stream = await rows('sft');
    const batch = {
      perDeviceTrainBatchSize: 2,
      gradientAccumulationSteps: 2,
      packing: true,
      packingBuffer: 12,
      maxLength: 60,
      amsgrad: kind === 'sft-full',
    };
    return { trainer: createSftTrainer({ ...shared, stream, ...batch, maxSteps: 5 }), model };
  }
  if (kind === 'reward-model' || kind === 'reward-model-lora') {
    const pairs = Array.from({ length: 8 }, (_, i) => ({ prompt: `${i}+1`, chosen: `${i}1`, rejected: `${i}2` }));
    const classifier = createClassifier(model, { kind: 'sequence', seed: 4 });
    const ports = { ...withoutModel(shared), classifier, dataset: arrayDataset('pairs', pairs) };
    return { trainer: createRewardModelTrainer({ ...ports, ...CLASSIFIER_BATCH }), model };
  }
  if (kind === 'process-reward' || kind === 'process-reward-lora') {
    const solutions = Array.from({ length: 7 }, (_, i) => ({
      prompt: `${i}+1`,
      completions: [`${i}+1=${i + 1}`, `${i}`, `${i + 2}`].slice(0, 1 + (i % 3)),
      labels: [true, false, i % 2 === 0].slice(0, 1 + (i % 3)),
    }));
    const classifier = createClassifier(model, { kind: 'token', seed: 4 });
    const ports = { ...withoutModel(shared), classifier, dataset: arrayDataset('solutions', solutions) };
    return { trainer: createProcessRewardTrainer({ ...ports, ...CLASSIFIER_BATCH }), model };
  }
  if (kind === 'distillation') {
    const teacher = tinyModel({ seed: 8, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
    const batch = { perDeviceTrainBatchSize: 2, gradientAccumulationSteps: 2, maxNewTokens: 4, maxSteps: 5 };
    const engine = engineOf(model);
    return {
      trainer: createDistillationTrainer({ ...shared, teacher, engine, stream: await rows('sft'), ...batch }),
      model,
    };
  }
  const sampling = { engine: engineOf(model), reward: evenIds, maxCompletionLength: 4, numGenerations: 2 };
  const stream = await rows('rl');
  if (kind === 'rl') {
    const batch = { perDeviceTrainBatchSize: 2, gradientAccumulationSteps: 2, stepsPerGeneration: 4, maxSteps: 6 };
    const surroundings = {
      dynamicSampling: true,
      dynamicSamplingMaxGenBatches: 2,
      replayBufferSize: 3,
      maxStaleness: 6,
      curriculum: { passReward: 0.5, poolSize: 4 },
    };
    return {
      trainer: createRlTrainer({ ...shared, ...sampling, stream, ...batch, ...surroundings, beta: 0.04 }),
      model,
    };
  }
  if (kind === 'rl-following') {
    const batch = { perDeviceTrainBatchSize: 2, stepsPerGeneration: 2, numIterations: 2, beta: 0.04, maxSteps: 6 };
    const following = {
      syncRefModel: true,
      refModelSyncSteps: 2,
      klInReward: true,
      advantageEstimator: 'remax' as const,
    };
    return { trainer: createRlTrainer({ ...shared, ...sampling, stream, ...batch, ...following }), model };
  }
  if (kind === 'ppo' || kind === 'ppo-value-model') {
    const { engine, reward } = sampling;
    const batch = { perDeviceTrainBatchSize: 2, gradientAccumulationSteps: 2, numMiniBatches: 2, numPpoEpochs: 2 };
    const more = { responseLength: 4, valueWarmupSteps: 2, adapKlCtrl: true, maxSteps: 7 };
    const valueModel =
      kind === 'ppo'
        ? undefined
        : tinyModel({ seed: 6, vocabularySize: format.tokenizer.vocabularySize, layerCount: 1 });
    return { trainer: createPpoTrainer({ ...shared, engine, reward, stream, valueModel, ...batch, ...more }), model };
  }
  const rounds = { rounds: 2, problemsPerRound: 4, generationBatchSize: 2, keepPerProblem: 2, minimumReward: 0.1 };
  const accept = () => true;
  return {
    trainer: createRejectionSampler({ ...shared, ...sampling, ...rounds, stream, accept, perDeviceTrainBatchSize: 4 }),
    model,
  };
}
