// Does PPO learn? On the quickstart's task, from the warm start that its recipe gives, over three seeds: think-mode accuracy on all
// problems of the held-out split, sampled at temperature 1, before and after. Minutes for each seed.
import { presetFormat } from '@thinkwright/chat';
import { chainAnswer, type DatasetRow, loadDataset } from '@thinkwright/datasets';
import { createEngine, createModel, type LanguageModel, type ModelConfig } from '@thinkwright/models';
import { answerReward, combineRewards, formatReward } from '@thinkwright/rewards';
import { collectTrajectories } from '@thinkwright/rollouts';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSftTrainer } from '../sft/sft-trainer.ts';
import { collectEvents } from '../test/index.ts';
import { createPpoTrainer } from './ppo-trainer.ts';

const SEEDS = [1, 2, 3];
const SAMPLES = 4; // of each problem
const format = presetFormat('quickstart');
const { tokenizer, stopIds } = format;
const config: ModelConfig = {
  modelType: 'llama',
  vocabularySize: tokenizer.vocabularySize,
  hiddenSize: 128,
  intermediateSize: 352,
  layerCount: 3,
  headCount: 4,
  keyValueHeadCount: 4,
  headDimension: 32,
  maxPositions: 128,
  ropeTheta: 100,
  rmsNormEpsilon: 1e-5,
  tieWordEmbeddings: true,
  attentionBias: false,
  mlpBias: false,
  eosTokenIds: stopIds,
};
const chains = async (split: string, seed: number, more = {}) =>
  (await loadDataset('last-digit-chains', { split, shortest: 2, longest: 5, ...more })).stream({ seed });

/** Pretrained and fine-tuned as in examples/quickstart/quickstart.yaml, without its gates. */
async function warmStart(seed: number): Promise<LanguageModel> {
  const model = createModel(config, { seed, initialization: { embeddingStd: 0.1 } });
  const shared = { model, format, seed, perDeviceTrainBatchSize: 16, adamBeta2: 0.95, weightDecay: 0.1 };
  const schedule = (endFactor: number) => ({
    lrSchedulerType: 'warmup_times_decay' as const,
    lrSchedulerKwargs: { endFactor },
    warmupSteps: 20,
  });
  const pretraining = { maxSteps: 250, learningRate: 2e-3, appendEos: false, ...schedule(1) };
  const traces = { careful: 0.2, stride: [0.2, 0.6, 0.2], thinkShare: 0.85 };
  const stages = [
    createSftTrainer({ ...shared, ...pretraining, tokenizer, stream: await chains('pretrain', seed) }),
    createSftTrainer({
      ...shared,
      ...schedule(0.1),
      stream: await chains('sft', seed, traces),
      maxSteps: 1200,
      learningRate: 1e-3,
    }),
  ];
  for (const stage of stages) {
    await collectEvents(stage);
    stage.dispose();
  }
  return model;
}

async function accuracyOf(model: LanguageModel): Promise<number> {
  const stream = await chains('test', 0);
  const rows: DatasetRow[] = [];
  for (let row = await stream.next(); row !== undefined; row = await stream.next()) rows.push(row);
  const requests = rows.map((row, i) => ({
    promptIds: format.renderPrompt(row.prompt as never, { mode: 'think' }).ids,
    samples: SAMPLES,
    sampling: { temperature: 1, maxTokens: 32, stopIds, seed: 9 },
    key: String(i),
  }));
  const groups = await collectTrajectories(createEngine(model), requests);
  const isRight = groups.flatMap((completions, i) =>
    completions.map(({ ids }) => chainAnswer(tokenizer.decode(ids, { skipSpecialTokens: false })) === rows[i]!.answer),
  );
  return isRight.filter(Boolean).length / isRight.length;
}

describe('PPO on the quickstart task', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  it('beats its warm start by at least 15 points, over three seeds', async () => {
    const reward = combineRewards({
      accuracy: [answerReward({ extract: chainAnswer, compare: 'exact', from: 'text' }), 1],
      format: [formatReward({ pattern: /<think>([^<]*)<\/think><answer>(\d)<\/answer>/ }), 0.1],
    });
    const gains: number[] = [];
    for (const seed of SEEDS) {
      const model = await warmStart(seed);
      const before = await accuracyOf(model);
      const trainer = createPpoTrainer({
        model,
        engine: createEngine(model),
        format,
        reward,
        seed,
        stream: await chains('rl', seed),
        maxSteps: 70, // 35 generations, each used twice
        numPpoEpochs: 2,
        perDeviceTrainBatchSize: 256,
        responseLength: 32,
        temperature: 1,
        learningRate: 3e-4,
        lrSchedulerType: 'warmup_times_decay',
        lrSchedulerKwargs: { endFactor: 0.1 },
        warmupSteps: 5,
        adamBeta2: 0.99,
        klCoef: 0,
        vfCoef: 0.5,
      });
      await collectEvents(trainer);
      const after = await accuracyOf(model);
      console.log(`seed ${seed}: ${before.toFixed(3)} -> ${after.toFixed(3)}`);
      gains.push(after - before);
      trainer.dispose();
      model.dispose();
    }
    expect(Math.min(...gains)).toBeGreaterThan(0.15);
  });
});
