// Reinforcement learning on verifiable rewards: GRPO and its relatives, by the trainer's options.

import { createRlTrainer, parseRlOptions, rlOptionsSchema } from '@thinkwright/trainers';
import type { StageExecutor } from './executor.ts';
import { checkModel } from './stage-model.ts';
import { checkRewards, dataFingerprint, dataOf, rewardOf, rowStream, traceMetrics } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

export const rlStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkOptions(place, rlOptionsSchema, parseRlOptions);
    checkGate(place, ['reward', 'rewards/accuracy/mean']);
    checkRewards(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const options = checkOptions(context, rlOptionsSchema, parseRlOptions);
    return runTraining(context, {
      planned: options.maxSteps,
      async create({ model, format, engine, shared }) {
        const stream = await rowStream(context);
        return createRlTrainer({
          model,
          format,
          engine,
          stream,
          reward: await rewardOf(context),
          metrics: traceMetrics(dataOf(context).name),
          ...options,
          ...shared,
        });
      },
    });
  },
};
