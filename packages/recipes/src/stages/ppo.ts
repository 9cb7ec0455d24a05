// Proximal policy optimisation: reinforcement learning with a learnt value of each token.

import { createPpoTrainer, parsePpoOptions, ppoOptionsSchema } from '@thinkwright/trainers';
import type { StageExecutor } from './executor.ts';
import { checkRewards, rewardOf } from './rewards.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, loadRows, rowStream, traceMetrics } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';

export const ppoStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkOptions(place, ppoOptionsSchema, parsePpoOptions);
    checkGate(place, ['reward', 'rewards/accuracy/mean']);
    checkRewards(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const options = checkOptions(context, ppoOptionsSchema, parsePpoOptions);
    return runTraining(context, {
      planned: options.maxSteps,
      async create({ model, format, engine, shared, atEnd }) {
        const stream = await rowStream(context);
        const [reward, metrics] = [await rewardOf(context, { format, atEnd }), traceMetrics(dataOf(context).name)];
        const dataset = await loadRows(context); // of which the probe takes its own
        return createPpoTrainer({ model, format, engine, stream, dataset, reward, metrics, ...options, ...shared });
      },
    });
  },
};
