// The gradient of every objective with respect to every weight of a two-layer model agrees with finite differences of its loss, along a
// direction that no parameter is left out of. What a loss holds constant (a weight, a mask, a ratio) is held at its value there too:
// `withoutGradient` is recorded at the point and replayed beside it.
import { createModel, type LanguageModel } from '@thinkwright/models';
import { tinyConfig } from '@thinkwright/models/test';
import { computeGradients, normalValues, tf, uniform, useDevice } from '@thinkwright/tensors';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { type PackedBatch, packSequences } from '../batches/packed-batch.ts';
import { sequenceSums } from '../batches/sequence-sums.ts';
import { tokenEntropy } from '../entropy/token-entropy.ts';
import { KL_ESTIMATORS } from '../kl/estimators.ts';
import { type PreferenceOptions, parsePreferenceOptions } from '../options/preference-options.ts';
import { LOSS_TYPES } from '../policy-losses/loss-types.ts';
import { preferenceObjective } from '../preference/preference-objective.ts';
import { REFERENCE_FREE_LOSSES } from '../preference-losses/cpo.ts';
import { DIVERGENCES } from '../preference-losses/f-divergence.ts';
import { UNPAIRED_LOSSES, unpairedLoss } from '../preference-losses/kto.ts';
import { PAIR_LOSSES } from '../preference-losses/pair-objective.ts';
import { lengthDesensitized } from '../preference-losses/pair-scores.ts';
import { logSumSquaredProbs, wpoWeights } from '../preference-losses/wpo-weight.ts';
import { learnerWindow } from '../rl/learner-batch.ts';
import { policyConstants } from '../rl/policy-constants.ts';
import { type PolicyObjectiveOptions, policyObjective } from '../rl/policy-objective.ts';
import { type Rollout, trajectorySequence } from '../rl/rollout.ts';
import { dynamicFineTuning, negativeLogLikelihood } from '../sft/sft-loss.ts';

const constants = vi.hoisted(() => ({
  recorded: [] as { values: number[]; shape: number[]; dtype: 'float32' | 'int32' }[],
  replayAt: -1,
}));
vi.mock('@thinkwright/tensors', async (importOriginal) => {
  const original = await importOriginal<typeof import('@thinkwright/tensors')>();
  const withoutGradient = (compute: () => tf.Tensor) => {
    if (constants.replayAt >= 0) {
      const { values, shape, dtype } = constants.recorded[constants.replayAt++]!;
      return original.tf.tensor(values, shape, dtype);
    }
    const result = original.withoutGradient(compute);
    const { shape, dtype } = result as tf.Tensor & { dtype: 'float32' | 'int32' };
    constants.recorded.push({ values: Array.from(result.dataSync()), shape, dtype });
    return result;
  };
  return { ...original, withoutGradient };
});
afterEach(() => {
  constants.recorded = [];
  constants.replayAt = -1;
});

const STEP = 4e-3; // rounding of float32 losses near 1 is about 1e-5 of the slope
const TOLERANCE = 3e-3; // of the gradient's norm

let model: LanguageModel;
beforeAll(async () => {
  await useDevice('cpu');
  model = createModel(tinyConfig({ layerCount: 2 }), { seed: 9, initialization: { embeddingStd: 0.5 } });
});

/** `loss` builds the scalar on the tape. Its slope along a direction, by the gradient and by differences. */
async function expectSlopesAgree(loss: () => tf.Scalar): Promise<void> {
  const parameters = model.parameters().map((parameter) => ({ ...parameter, decay: false }));
  const { loss: value, gradients } = computeGradients(() => ({ loss: loss(), keep: {} }), parameters);
  expect(Number.isFinite((await value.data())[0])).toBe(true);
  let norm = 0;
  let slope = 0;
  const directions = new Map<string, Float32Array>();
  for (const [index, { name, variable }] of parameters.entries()) {
    const gradient = (await gradients.get(name)!.data()) as Float32Array;
    const own = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    // half along the gradient, so that the slope is large; half by chance, so that a wrong component shows
    const noise = normalValues(variable.size, 1 / Math.sqrt(variable.size), 7, index);
    const direction = noise.map((n, i) => (own > 0 ? gradient[i]! / own : 0) + n);
    directions.set(name, direction);
    norm += own * own;
    slope += gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
  }
  norm = Math.sqrt(norm);
  expect(norm).toBeGreaterThan(1e-4);
  const at = (step: number) => {
    const saved = parameters.map(({ variable }) => variable.dataSync().slice() as Float32Array);
    const move = (values: Float32Array, name: string) => values.map((x, i) => x + step * directions.get(name)![i]!);
    for (const [i, { name, variable }] of parameters.entries())
      tf.tidy(() => variable.assign(tf.tensor(move(saved[i]!, name), variable.shape)));
    constants.replayAt = 0;
    const found = tf.tidy(() => loss().dataSync()[0]!);
    constants.replayAt = -1;
    for (const [i, { variable }] of parameters.entries())
      tf.tidy(() => variable.assign(tf.tensor(saved[i]!, variable.shape)));
    return found;
  };
  const step = STEP / Math.sqrt(parameters.length);
  const central = (h: number) => (at(h) - at(-h)) / (2 * h);
  const difference = (4 * central(step) - central(2 * step)) / 3; // Richardson: without the error of the second order
  expect(Math.abs(difference - slope) / norm).toBeLessThan(TOLERANCE);
  tf.dispose([value, ...gradients.values()]);
}

const randomIds = (length: number, key: number) =>
  Int32Array.from({ length }, (_, i) => 3 + Math.floor(uniform(1, key, i) * 29));
const rollouts = [5, 2, 6, 3].map((length, key): Rollout => {
  const ids = randomIds(length, 10 + key);
  const near = (stream: number) => Float32Array.from(ids, (_, t) => -3.4 - 0.5 * uniform(stream, key, t));
  return {
    key: String(key >> 1),
    sample: key & 1,
    group: key >> 1,
    promptIds: randomIds(3, key >> 1),
    ids,
    samplerLogProbs: near(4),
    oldLogProbs: near(2),
    referenceLogProbs: near(3),
    correction: Float32Array.from(ids, (_, t) => 0.8 + 0.4 * uniform(5, key, t)),
    finish: 'stop',
    reward: key,
    parts: {},
    advantage: key - 1.5,
    zeroSignal: false,
  };
});
const sequences = rollouts.map(trajectorySequence);

async function onBatch(
  packed: PackedBatch,
  build: (scored: ReturnType<typeof scoreTokens>) => tf.Scalar,
): Promise<void> {
  const device = uploadBatch(packed);
  await expectSlopesAgree(() => build(scoreTokens(model, device, { temperature: 0.9 })));
  device.dispose();
}

async function policySlopes(more: Partial<PolicyObjectiveOptions>, entropyBonus = 0): Promise<void> {
  const window = { maxCompletionLength: 8, maskTruncatedCompletions: false, dropZeroSignalGroups: false };
  const lossType = more.lossType ?? 'dapo';
  const [batch] = learnerWindow(rollouts, { ...window, lossType, perDeviceTrainBatchSize: 4 });
  const clip = { epsilon: 0.35, epsilonHigh: lossType === 'cispo' ? 1.4 : 0.45, delta: null };
  const options = { ...clip, beta: 0, useBiasCorrectionKl: false, ...more, lossType };
  const { tensors, dispose } = policyConstants(batch!, options);
  await onBatch(batch!.packed, ({ logProbs, hidden }) => {
    const entropy = () => tokenEntropy(hidden, model.outputWeight(), { temperature: 0.9, trained: true });
    const bonus = entropyBonus > 0 ? { entropy: entropy(), weight: entropyBonus } : undefined;
    return policyObjective(logProbs, tensors, options, bonus);
  });
  dispose();
}

describe('policy objectives', () => {
  it.each(LOSS_TYPES)('%s', (lossType) =>
    policySlopes({ lossType, ...(lossType === 'luspo' && { importanceSamplingLevel: 'sequence' }) }),
  );
  it.each(['sequence', 'sequence_sum', 'sequence_token'] as const)('the ratio of %s', (importanceSamplingLevel) =>
    policySlopes({ lossType: 'grpo', importanceSamplingLevel, epsilon: 20, epsilonHigh: 20 }),
  );
  it.each(KL_ESTIMATORS)('KL by %s', (klEstimator) => policySlopes({ beta: 0.7, klEstimator }));
  it('KL with the bias correction', () => policySlopes({ beta: 0.7, useBiasCorrectionKl: true }));
  it('dual clip, and the off-policy mask', () => policySlopes({ delta: 2.2, offPolicyMaskThreshold: 0.1 }));
  it('the entropy bonus', () => policySlopes({}, 0.05));
});

async function pairSlopes(given: Record<string, unknown>): Promise<void> {
  const options: PreferenceOptions = parsePreferenceOptions({ maxSteps: 1, beta: 0.4, ...given });
  const packed = packSequences(sequences);
  const lengths = Array.from(packed.supervised);
  const sums = sequenceSums(packed.sequenceOf, lengths.length);
  const reference = Float32Array.from(packed.targets, (_, t) => -3.4 - 0.5 * uniform(8, t));
  const needsReference = options.algorithm === 'dpo';
  const shape = { pairs: 2, chosenTokens: lengths[0]! + lengths[1]! };
  await onBatch(packed, ({ logProbs, hidden }) => {
    const tokens = {
      sequences: sums,
      lengths,
      ...(needsReference && { referenceLogProbs: tf.tensor1d(reference) }),
      ...(options.ldAlpha !== null && { tokenWeights: tf.tensor1d(lengthDesensitized(lengths, options.ldAlpha)) }),
    };
    const pairWeights = options.useWeighting
      ? wpoWeights(logProbs, logSumSquaredProbs(hidden, model.outputWeight()), tokens)
      : undefined;
    return preferenceObjective(logProbs, { ...tokens, pairWeights }, options, shape).loss;
  });
  sums.dispose();
}

describe('preference objectives', () => {
  it.each(PAIR_LOSSES)('%s', (lossType) =>
    pairSlopes({ lossType, ...(lossType === 'exo_pair' && { labelSmoothing: 0.1 }) }),
  );
  it.each(DIVERGENCES)('the divergence %s', (fDivergenceType) => pairSlopes({ fDivergenceType }));
  it('LD-DPO with WPO', () => pairSlopes({ ldAlpha: 0.5, useWeighting: true }));
  it.each(REFERENCE_FREE_LOSSES)('CPO by %s', (referenceFreeLoss) =>
    pairSlopes({ algorithm: 'cpo', referenceFreeLoss }),
  );
  it('ORPO', () => pairSlopes({ algorithm: 'orpo' }));
  it.each(UNPAIRED_LOSSES)('KTO by %s', async (lossType) => {
    const packed = packSequences(sequences);
    const sums = sequenceSums(packed.sequenceOf, 4);
    const reference = Float32Array.from(packed.targets, (_, t) => -3.4 - 0.5 * uniform(8, t));
    await onBatch(packed, ({ logProbs }) => {
      const ratios = sums.sum(tf.sub(logProbs, tf.tensor1d(reference)));
      const weights = { lossType, beta: 0.4, desirableWeight: 1, undesirableWeight: 1.3 };
      return tf.mean(unpairedLoss(ratios, tf.tensor1d([1, 0, 0, 1]), 0.2, weights));
    });
    sums.dispose();
  });
});

describe('supervised objectives', () => {
  it.each([
    ['negative log-likelihood', negativeLogLikelihood],
    ['dynamic fine-tuning', dynamicFineTuning],
  ] as const)('%s', (_, loss) =>
    onBatch(packSequences(sequences), ({ logProbs }) => loss(logProbs, logProbs.shape[0])),
  );
});
