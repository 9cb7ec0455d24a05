// One optimizer window of PPO: clipped surrogate plus vfCoef times the clipped value loss, both means over the tokens of the window.
//   L = mean_t max(-A rho, -A clip(rho, 1 -+ cliprange)) + vfCoef mean_t value loss        PPO, https://arxiv.org/abs/1707.06347
// TRL takes the means inside each micro-batch; here a micro-batch only saves memory.

import type { LanguageModel } from '@thinkwright/models';
import { tf } from '@thinkwright/tensors';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { packSequences } from '../batches/packed-batch.ts';
import { readKept } from '../batches/read-kept.ts';
import { modelTokens } from '../masks/model-tokens.ts';
import type { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { clippedSurrogate } from '../policy-losses/clipped-surrogate.ts';
import type { LearnResult } from '../rl/learn.ts';
import { concatenate } from '../rl/learner-batch.ts';
import { trajectorySequence } from '../rl/rollout.ts';
import { type Critic, valuesOf } from './critic.ts';
import type { PpoRollout } from './ppo-rollout.ts';
import { clippedValueLoss } from './value-loss.ts';
import { type WindowTokens, windowMetrics } from './window-metrics.ts';

export interface LearnPpoOptions {
  temperature: number;
  gradientCheckpointing: boolean;
  perDeviceTrainBatchSize: number;
  cliprange: number;
  cliprangeValue: number;
  vfCoef: number;
  /** Value warm-up: the policy stays as it is, and with it the layers that a value head shares with it. */
  valueOnly: boolean;
}

/** @param rollouts of the window; at least one. */
export async function learnPpo(
  model: LanguageModel,
  critic: Critic,
  window: OptimizerWindow,
  rollouts: readonly PpoRollout[],
  learningRate: number,
  options: LearnPpoOptions,
): Promise<LearnResult> {
  const { perDeviceTrainBatchSize, cliprange, cliprangeValue, vfCoef, valueOnly, ...scoring } = options;
  const windowTokens = rollouts.reduce((sum, rollout) => sum + modelTokens(rollout), 0);
  const constants: Omit<WindowTokens, 'logProbs' | 'values' | 'entropy'>[] = [];
  const kept: Record<'logProbs' | 'values' | 'entropy' | 'policyLoss' | 'valueLoss', tf.Tensor>[] = [];
  let tokens = 0;
  for (let start = 0; start < rollouts.length; start += perDeviceTrainBatchSize) {
    const chunk = rollouts.slice(start, start + perDeviceTrainBatchSize);
    tokens += chunk.reduce((sum, { promptIds, ids }) => sum + promptIds.length + ids.length, 0);
    const device = uploadBatch(packSequences(chunk.map(trajectorySequence)));
    const of = (pick: (rollout: PpoRollout) => Float32Array) =>
      concatenate(chunk, pick as Parameters<typeof concatenate>[1])!;
    const plain = {
      oldLogProbs: of(({ oldLogProbs }) => oldLogProbs),
      oldValues: of(({ values }) => values),
      advantages: of(({ advantages }) => advantages),
      returns: of(({ returns }) => returns),
    };
    constants.push(plain);
    // outside the tape the policy gets no gradient
    const frozen = valueOnly ? tf.tidy(() => pick(scoreTokens(model, device, scoring))) : undefined;
    kept.push(
      window.add(() => {
        const { logProbs, entropy, hidden } = frozen ?? scoreTokens(model, device, scoring);
        const values = valuesOf(critic, device, hidden, scoring);
        const valueLoss = share(
          clippedValueLoss(values, tf.tensor1d(plain.oldValues), tf.tensor1d(plain.returns), cliprangeValue),
          windowTokens,
        );
        const ratio = tf.exp(tf.sub(logProbs, tf.tensor1d(plain.oldLogProbs))) as tf.Tensor1D;
        const clip = { epsilon: cliprange, epsilonHigh: cliprange, delta: null };
        const policyLoss = share(clippedSurrogate(ratio, tf.tensor1d(plain.advantages), clip), windowTokens);
        const weighted: tf.Scalar = tf.mul(valueLoss, vfCoef);
        const loss: tf.Scalar = valueOnly ? weighted : tf.add(policyLoss, weighted);
        return { loss, keep: { logProbs, values, entropy, policyLoss, valueLoss } };
      }),
    );
    if (frozen) tf.dispose(frozen);
    device.dispose();
  }
  const [{ loss, gradNorm }, read] = await Promise.all([window.close(learningRate), readKept(kept)]);
  const sum = (name: 'policyLoss' | 'valueLoss') => read.reduce((total, micro) => total + micro[name][0]!, 0);
  return {
    metrics: {
      loss,
      grad_norm: gradNorm,
      learning_rate: learningRate,
      'loss/policy_avg': sum('policyLoss'),
      'loss/value_avg': sum('valueLoss'),
      ...windowMetrics(
        read.map((micro, i) => ({ ...constants[i]!, ...micro })),
        { cliprange, cliprangeValue },
      ),
    },
    tokens,
  };
}

const share = (losses: tf.Tensor1D, windowTokens: number): tf.Scalar => tf.div(tf.sum(losses), windowTokens);

const pick = ({ logProbs, entropy, hidden }: ReturnType<typeof scoreTokens>) => ({ logProbs, entropy, hidden });
