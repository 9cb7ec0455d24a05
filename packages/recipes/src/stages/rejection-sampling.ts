// Rejection sampling (STaR as expert iteration): sample, keep what the verifier accepts, fine-tune on it, a few rounds.

import {
  createRejectionSampler,
  parseRejectionSamplingOptions,
  rejectionSamplingOptionsSchema,
} from '@thinkwright/trainers';
import type { StageExecutor } from './executor.ts';
import { checkRewards, rewardOf } from './rewards.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, loadRows, rowStream } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

export const rejectionSamplingStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkOptions(place, rejectionSamplingOptionsSchema, parseRejectionSamplingOptions);
    checkGate(place, ['reward', 'rewards/accuracy/mean']);
    checkRewards(place);
  },
  fingerprint: dataFingerprint,
  run(context) {
    const options = checkOptions(context, rejectionSamplingOptionsSchema, parseRejectionSamplingOptions);
    return runTraining(context, {
      async create({ model, format, engine, shared, atEnd }) {
        const stream = await rowStream(context);
        const dataset = await loadRows(context); // the pre-flight looks ahead in it
        return createRejectionSampler({
          model,
          format,
          engine,
          stream,
          dataset,
          reward: await rewardOf(context, { format, atEnd }),
          ...options,
          ...shared,
        });
      },
    });
  },
};
