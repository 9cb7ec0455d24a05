// Optimizers by name: AdamW in its fused kernel, the others from their rules. Shared options keep their AdamW names.
// AMSGrad: https://arxiv.org/abs/1904.09237.

import { createAdamW, type Optimizer, type Parameter } from '@thinkwright/tensors';
import { createAdam8bit } from './adam-8bit.ts';
import { combineOptimizers } from './combine-optimizers.ts';
import { type LearningRateGroup, splitByGroup } from './learning-rate-groups.ts';
import { lion } from './lion.ts';
import { createMuonWithAdamW } from './muon.ts';
import { createRuleOptimizer } from './rule-optimizer.ts';
import { sgd } from './sgd.ts';

export const OPTIMIZERS = ['adamw', 'adamw_8bit', 'muon', 'lion', 'sgd'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface OptimizerOptions {
  /** 'adamw' when left out. 'muon' trains the matrices of the blocks with Muon and the rest with AdamW. */
  optim?: OptimizerName;
  adamBeta1: number;
  adamBeta2: number;
  adamEpsilon: number;
  /** AMSGrad, of 'adamw' alone. Default false. */
  amsgrad?: boolean;
  weightDecay: number;
  /** Parameters with a learning rate of their own. */
  learningRateGroups?: readonly LearningRateGroup[];
}

/**
 * `adamBeta1` is also SGD's momentum and Lion's first coefficient; Lion's second is `adamBeta2`.
 * @throws TrainerError OPTIONS_CLASH when a group of `learningRateGroups` matches no parameter.
 */
export function createOptimizer(parameters: readonly Parameter[], options: OptimizerOptions): Optimizer {
  const { learningRateGroups = [] } = options;
  if (learningRateGroups.length === 0) return createPart(parameters, options);
  const groups = splitByGroup(parameters, learningRateGroups);
  return combineOptimizers(groups.map(({ members, scale }) => ({ optimizer: createPart(members, options), scale })));
}

function createPart(parameters: readonly Parameter[], options: OptimizerOptions): Optimizer {
  const { adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: epsilon, weightDecay } = options;
  const adamW = { beta1, beta2, epsilon, weightDecay };
  switch (options.optim ?? 'adamw') {
    case 'adamw_8bit':
      return createAdam8bit(parameters, adamW);
    case 'muon':
      return createMuonWithAdamW(parameters, { weightDecay, adamW });
    case 'lion':
      return createRuleOptimizer(parameters, lion({ beta1, beta2, weightDecay }));
    case 'sgd':
      return createRuleOptimizer(parameters, sgd({ momentum: beta1, weightDecay }));
    default:
      return createAdamW(parameters, { ...adamW, amsgrad: options.amsgrad });
  }
}
