// Proximal policy optimisation: reinforcement learning with a learnt value of each token. `value_model` among the options gives the values
// layers of their own.

import { createPpoTrainer, parsePpoOptions, ppoOptionsSchema } from '@thinkwright/trainers';
import { z } from 'zod';
import type { StageContext, StageExecutor } from './executor.ts';
import { checkRewards, rewardOf } from './rewards.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, loadRows, rowStream, traceMetrics } from './tasks.ts';
import { checkGate, checkOptions, runTraining } from './training.ts';
import { checkValueModel, openValueModel } from './value-model.ts';

const stageOptionsSchema = ppoOptionsSchema.extend({ valueModel: z.string().min(1).optional() });

function optionsOf(place: Pick<StageContext, 'recipe' | 'stage' | 'textIndex'>) {
  return checkOptions(place, stageOptionsSchema, (given) => {
    const { valueModel: _, ...own } = given as Record<string, unknown>;
    return parsePpoOptions(own);
  });
}

export const ppoStage: StageExecutor = {
  check(place) {
    checkModel(place.recipe);
    checkValueModel(place, optionsOf(place).valueModel);
    checkGate(place, ['reward', 'rewards/accuracy/mean']);
    checkRewards(place);
  },
  totalSteps: (stage) => stage.options.maxSteps as number | undefined,
  fingerprint: dataFingerprint,
  run(context) {
    const { valueModel: named, ...options } = optionsOf(context);
    return runTraining(context, {
      planned: options.maxSteps,
      async create({ model, format, engine, shared, atEnd }) {
        const valueModel = named === undefined ? undefined : await openValueModel(context, named, format.tokenizer);
        if (valueModel) atEnd(() => valueModel.dispose());
        const stream = await rowStream(context);
        const [reward, metrics] = [await rewardOf(context, { format, atEnd }), traceMetrics(dataOf(context).name)];
        const dataset = await loadRows(context); // of which the probe takes its own
        const ports = { model, valueModel, format, engine, stream, dataset, reward, metrics };
        return createPpoTrainer({ ...ports, ...options, ...shared });
      },
    });
  },
};
