// Three steps of reinforcement learning on a tiny model, for tests of exactness: sample, take a policy gradient of an
// arbitrary reward, update the weights in place, sample again from the same engine.

import { createHash } from 'node:crypto';
import { collectTrajectories } from '@thinkwright/rollouts';
import { computeGradients, createAdamW, tf } from '@thinkwright/tensors';
import type { ModelConfig } from '../config.ts';
import { createEngine, type EngineOptions } from '../engine/engine.ts';
import { tokenLogProbsOf } from '../token-log-probs-of.ts';
import { tinyModel } from './tiny-model.ts';

export interface PolicySteps {
  /** SHA-256 of every sampled id, log-prob, gradient and final weight. */
  fingerprint: string;
  /** Sampled ids whose ratio of trainer to sampler was not exactly 1. */
  unequalRatios: number;
  sampledIds: number;
}

export async function runPolicySteps(
  options: EngineOptions = {},
  changes: Partial<ModelConfig> = {},
): Promise<PolicySteps> {
  const model = tinyModel({ ...changes, seed: 6, vocabularySize: 50, hiddenSize: 24, intermediateSize: 40 });
  const engine = createEngine(model, options);
  const optimizer = createAdamW(model.parameters(), { weightDecay: 0.01 });
  const hash = createHash('sha256');
  const bytes = (values: ArrayLike<number>) => Buffer.from(Float64Array.from(values).buffer);
  let [unequalRatios, sampledIds] = [0, 0];
  for (let step = 0; step < 3; step++) {
    const groups = await collectTrajectories(
      engine,
      Array.from({ length: 4 }, (_, prompt) => ({
        key: `${step}/${prompt}`,
        promptIds: Int32Array.from({ length: 3 + 4 * prompt }, (_, i) => 3 + ((7 * i + prompt) % 40)),
        samples: 5,
        sampling: { temperature: 1, maxTokens: 12, stopIds: [2], seed: 1 },
      })),
    );
    const trajectories = groups.flat();
    const sequences = trajectories.map(({ promptIds, ids }) => ({
      ids: Int32Array.of(...promptIds, ...ids),
      from: promptIds.length,
    }));
    const weights = trajectories.flatMap(({ ids }) => Array.from(ids, () => (ids[0]! % 3) - 1));
    const { loss, gradients, kept } = computeGradients(() => {
      const { logProbs } = tokenLogProbsOf(model, sequences);
      return { loss: tf.neg(tf.mean(tf.mul(logProbs, tf.tensor1d(weights)))), keep: { logProbs } };
    }, model.parameters());
    const trained = await kept.logProbs.data();
    for (const [index, sampled] of trajectories.flatMap(({ logProbs }) => [...logProbs]).entries())
      if (Math.exp(trained[index]! - sampled) !== 1) unequalRatios++;
    sampledIds += trained.length;
    for (const { ids, logProbs } of trajectories) hash.update(bytes(ids)).update(bytes(logProbs));
    for (const gradient of gradients.values()) hash.update(bytes(await gradient.data()));
    optimizer.update(gradients, 0.01);
    model.weightVersion++;
    tf.dispose([loss, kept.logProbs, ...gradients.values()]);
  }
  for (const tensor of model.namedTensors().values()) hash.update(bytes(await tensor.data()));
  optimizer.dispose();
  model.dispose();
  return { fingerprint: hash.digest('hex'), unequalRatios, sampledIds };
}
