// Each trainer reports what TRL's trainer of the same algorithm reports, under TRL's names. What it does not report stands here with the
// reason, and is an error once it is reported after all.
import { presetFormat } from '@thinkwright/chat';
import { arrayDataset } from '@thinkwright/datasets';
import { createClassifier, createEngine } from '@thinkwright/models';
import { tinyModel } from '@thinkwright/models/test';
import type { RewardFunction } from '@thinkwright/rewards';
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDistillationTrainer } from '../distillation/distillation-trainer.ts';
import { createPpoTrainer } from '../ppo/ppo-trainer.ts';
import { createPreferenceTrainer } from '../preference/preference-trainer.ts';
import { createProcessRewardTrainer } from '../reward-models/process-reward-trainer.ts';
import { createRewardModelTrainer } from '../reward-models/reward-model-trainer.ts';
import { createRlTrainer } from '../rl/rl-trainer.ts';
import { createSftTrainer } from '../sft/sft-trainer.ts';
import { collectEvents } from '../test/index.ts';
import type { Trainer } from '../trainer.ts';

const format = presetFormat('quickstart');
const { vocabularySize } = format.tokenizer;
const model = (seed = 2) => tinyModel({ seed, vocabularySize, layerCount: 1 });
const prompts = ['1+2*3', '4-1*7', '5*3+2', '6+6-1'].map((content) => ({
  prompt: [{ role: 'user' as const, content }],
  answer: '0',
}));
const texts = ['1+2', '4-1', '5+3', '6-2'].map((prompt, i) => ({ prompt, completion: `${i}${(3 * i) % 7}` }));
const pairs = texts.map(({ prompt, completion }, i) => ({ prompt, chosen: completion, rejected: `${i + 1}${i}5` }));
const evenIds: RewardFunction = (batch) =>
  batch.map(({ ids }) => {
    const value = ids.filter((id) => id % 2 === 0).length / Math.max(ids.length, 1);
    return { value, parts: { even: value } };
  });
const once = { maxSteps: 1, perDeviceTrainBatchSize: 4 };

const EVERYWHERE = ['loss', 'grad_norm', 'learning_rate', 'num_tokens'];
/** Left out by every trainer. */
const NOWHERE = {
  epoch: 'steps are what is counted: a stream need not have a size',
  aux_loss: 'no model here routes to experts',
};
const ROLLOUTS = [
  ...['reward', 'reward_std', 'rewards/even/mean', 'rewards/even/std', 'completions/clipped_ratio'],
  ...['mean', 'min', 'max'].flatMap((part) => [`completions/${part}_length`, `completions/${part}_terminated_length`]),
];
const GRPO = [
  ...ROLLOUTS,
  ...['frac_reward_zero_std', 'kl', 'entropy'],
  ...['clip_ratio/low_mean', 'clip_ratio/high_mean', 'clip_ratio/region_mean'],
  ...['sampling/sampling_logp_difference/mean', 'sampling/sampling_logp_difference/max'],
];
const CORRECTION = ['min', 'mean', 'max'].map((part) => `sampling/importance_sampling_ratio/${part}`);
const NOT_OF_GRPO = {
  'clip_ratio/low_min': "TRL's least of its processes; here is one, so it is low_mean",
  'clip_ratio/high_max': "TRL's largest of its processes; here is one, so it is high_mean",
  step_time: 'the event of the step has its seconds',
  policy_loss: 'the loss less the entropy bonus, of which entropy and entropy_coef are reported',
  'vespo/phi_seq_mean': 'the weight of VESPO stays on the device; its effect is the loss',
  'tools/call_frequency': 'tools are called by the engine; a rollout only masks what they said',
  'tools/failure_frequency': 'as above',
};
const SIDES = ['rewards/chosen', 'rewards/rejected', 'logps/chosen', 'logps/rejected'];
const PREFERENCE = [...SIDES, 'rewards/margins', 'rewards/accuracies', 'logits/chosen', 'logits/rejected', 'entropy'];
const NOT_OF_PREFERENCE = {
  mean_token_accuracy: 'needs the logits of each token, which are never held; SFT has it as an option',
};

const rl = (changes: Record<string, unknown>) => {
  const policy = model();
  return createRlTrainer({
    ...{ model: policy, engine: createEngine(policy), format, reward: evenIds },
    ...{ dataset: arrayDataset('prompts', prompts), maxSteps: 1, perDeviceTrainBatchSize: 8, numGenerations: 4 },
    ...{ maxCompletionLength: 4, beta: 0.1, ...changes },
  });
};
const preference = (changes: Record<string, unknown>) =>
  createPreferenceTrainer({ model: model(), format, dataset: arrayDataset('pairs', pairs), ...once, ...changes });

type Case = [name: string, create: () => Trainer, reported: string[], leftOut: Record<string, string>];

describe('metrics under the names of TRL', () => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  it.each<Case>([
    ['GRPO', () => rl({}), GRPO, NOT_OF_GRPO],
    [
      'GRPO with an adaptive entropy bonus and a correction of the sampler',
      () => rl({ useAdaptiveEntropy: true, importanceSamplingCorrection: true, oldLogProbs: 'recompute' }),
      [...GRPO, ...CORRECTION, 'entropy_coef'],
      NOT_OF_GRPO,
    ],
    ['CISPO', () => rl({ lossType: 'cispo', epsilonHigh: 5 }), [...ROLLOUTS, 'cispo_clip_ratio'], {}],
    [
      'RLOO',
      () =>
        rl({
          lossType: 'grpo',
          importanceSamplingLevel: 'sequence_sum',
          advantageEstimator: 'leave_one_out',
          beta: 0.05,
        }),
      GRPO,
      NOT_OF_GRPO,
    ],
    [
      'PPO',
      () => {
        const policy = model();
        const ports = { model: policy, engine: createEngine(policy), format, reward: evenIds };
        return createPpoTrainer({ ...ports, dataset: arrayDataset('prompts', prompts), ...once, responseLength: 4 });
      },
      [
        ...ROLLOUTS,
        ...['kl', 'entropy', 'non_score_reward', 'rlhf_reward', 'scores'].map((name) => `objective/${name}`),
        ...['policy/approxkl_avg', 'policy/clipfrac_avg', 'policy/entropy_avg', 'loss/policy_avg', 'loss/value_avg'],
        ...['val/clipfrac_avg', 'val/ratio', 'val/ratio_var', 'val/num_eos_tokens', 'episode'],
      ],
      { eps: 'episodes a second: the event of the step has its seconds', lr: 'is learning_rate, as in every trainer' },
    ],
    ['DPO', () => preference({}), PREFERENCE, NOT_OF_PREFERENCE],
    ['KTO', () => preference({ algorithm: 'kto' }), [...PREFERENCE, 'kl'], NOT_OF_PREFERENCE],
    ['CPO', () => preference({ algorithm: 'cpo' }), [...PREFERENCE, 'nll_loss'], NOT_OF_PREFERENCE],
    ['ORPO', () => preference({ algorithm: 'orpo' }), [...PREFERENCE, 'nll_loss'], NOT_OF_PREFERENCE],
    [
      'SFT',
      () => {
        const evaluation = { evalDataset: arrayDataset('texts', texts), evalSteps: 1, tokenAccuracy: true };
        return createSftTrainer({
          model: model(),
          format,
          dataset: arrayDataset('texts', texts),
          ...once,
          ...evaluation,
        });
      },
      [
        ...['entropy', 'mean_token_accuracy'],
        ...['eval_loss', 'eval_entropy', 'eval_mean_token_accuracy', 'eval_num_tokens'],
      ],
      {},
    ],
    [
      'reward model',
      () => {
        const classifier = createClassifier(model(), { kind: 'sequence', seed: 1 });
        return createRewardModelTrainer({ classifier, format, dataset: arrayDataset('pairs', pairs), ...once });
      },
      ['accuracy', 'margin', 'min_reward', 'mean_reward', 'max_reward'],
      {},
    ],
    [
      'process reward model',
      () => {
        const classifier = createClassifier(model(), { kind: 'token', seed: 1 });
        const steps = texts.map(({ prompt }, i) => ({ prompt, completions: [`${i}+1`, `${i}`], labels: [1, i % 2] }));
        return createProcessRewardTrainer({ classifier, format, dataset: arrayDataset('steps', steps), ...once });
      },
      ['accuracy'],
      {},
    ],
    [
      'GKD',
      () => {
        const student = model();
        const ports = { model: student, teacher: model(3), engine: createEngine(student), format };
        return createDistillationTrainer({ ...ports, dataset: arrayDataset('texts', texts), ...once, maxNewTokens: 4 });
      },
      ['entropy'],
      {},
    ],
  ])('%s', async (_, create, reported, leftOut) => {
    const trainer = create();
    const { events } = await collectEvents(trainer);
    trainer.dispose();
    const metrics: Record<string, number> = {};
    for (const event of events)
      if (event.type === 'step-end' || event.type === 'eval-end') Object.assign(metrics, event.metrics);
    const missing = [...EVERYWHERE, ...reported].filter((name) => !Number.isFinite(metrics[name]));
    expect(missing).toEqual([]);
    expect(Object.keys({ ...NOWHERE, ...leftOut }).filter((name) => name in metrics)).toEqual([]);
  });
});
