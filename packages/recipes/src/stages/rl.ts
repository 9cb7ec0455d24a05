// Reinforcement learning on verifiable rewards: GRPO and its relatives, by the trainer's options.

import { createRlTrainer, parseRlOptions, rlOptionsSchema } from '@thinkwright/trainers';
import type { StageContext, StageExecutor } from './executor.ts';
import { rewardModelStageNamed, stepSeparatorOf } from './reward-model-stage.ts';
import { checkRewards, rewardOf } from './rewards.ts';
import { checkModel } from './stage-model.ts';
import { dataFingerprint, dataOf, loadRows, rowStream, traceMetrics } from './tasks.ts';
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
      async create({ model, format, engine, shared, atEnd }) {
        const stream = await rowStream(context);
        return createRlTrainer({
          model,
          format,
          engine,
          stream,
          dataset: await loadRows(context), // of which the probe takes its own
          reward: await rewardOf(context, { format, atEnd }),
          metrics: traceMetrics(dataOf(context).name),
          ...options,
          ...stepsOf(context),
          ...shared,
        });
      },
    });
  },
};

/** Step-level credit finds the steps where the process model of the recipe does, unless the stage says otherwise. */
function stepsOf(context: StageContext): { stepSeparator?: string } {
  if (context.stage.options.stepSeparator !== undefined) return {};
  const stages = Object.keys(context.stage.rewards ?? {}).map((name) => rewardModelStageNamed(context, name));
  const process = stages.find((stage) => stage?.kind === 'process-reward');
  return process ? { stepSeparator: stepSeparatorOf(process).replace(/[.*+?^${}()|[\]\\]/g, '\\$&') } : {};
}
