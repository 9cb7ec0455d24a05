// @thinkwright/recipes/stages: what each kind of stage does and the machine it runs on; opening and evaluating a model as stages do.
// Apart from the package's main entry because it loads the whole training stack.

import { distillStage } from './distill.ts';
import { evaluateStage } from './evaluate.ts';
import type { StageExecutors } from './executor.ts';
import { ppoStage } from './ppo.ts';
import { preferenceStage } from './preference.ts';
import { pretrainStage } from './pretrain.ts';
import { rejectionSamplingStage } from './rejection-sampling.ts';
import { processRewardStage, rewardModelStage } from './reward-models.ts';
import { rlStage } from './rl.ts';
import { sftStage } from './sft.ts';

export {
  type EvaluateModelRequest,
  type EvaluationOptions,
  evaluateModel,
  evaluationOptionsSchema,
} from './evaluation.ts';
export { machine } from './machine.ts';
export { type OpenedModel, type OpenModelOptions, openModel } from './open-model.ts';

export const stageExecutors: StageExecutors = {
  pretrain: pretrainStage,
  sft: sftStage,
  rl: rlStage,
  ppo: ppoStage,
  distill: distillStage,
  'reward-model': rewardModelStage,
  'process-reward': processRewardStage,
  'rejection-sampling': rejectionSamplingStage,
  preference: preferenceStage,
  evaluate: evaluateStage,
};
