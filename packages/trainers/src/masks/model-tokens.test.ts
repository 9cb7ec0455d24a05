// Tokens that the model did not write are context only. Every objective, with random masks: loss and gradient are those of a reference
// that scores every token of the completions and leaves the others out of all arrays and lengths by hand.
import { createLinearHead, createModel, type LanguageModel, type LinearHead } from '@thinkwright/models';
import { tinyConfig } from '@thinkwright/models/test';
import { gatherRows, tf, uniform, useDevice } from '@thinkwright/tensors';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { windowNormaliser } from '../aggregation/aggregation.ts';
import { scoreTokens, uploadBatch } from '../batches/device-batch.ts';
import { packSequences } from '../batches/packed-batch.ts';
import { sequenceSums } from '../batches/sequence-sums.ts';
import { rolloutCorrection } from '../corrections/rollout-correction.ts';
import { tokenEntropy } from '../entropy/token-entropy.ts';
import { OptimizerWindow } from '../optimizer/optimizer-window.ts';
import { aggregationOf, LOSS_TYPES, type LossType } from '../policy-losses/loss-types.ts';
import { clampedLog } from '../policy-losses/vespo.ts';
import { learnPpo } from '../ppo/learn-ppo.ts';
import type { PpoRollout } from '../ppo/ppo-rollout.ts';
import { scoreValues } from '../ppo/score-values.ts';
import { type LearnOptions, learn } from '../rl/learn.ts';
import { learnerWindow } from '../rl/learner-batch.ts';
import { policyObjective } from '../rl/policy-objective.ts';
import { type Rollout, rolloutFromJson, rolloutToJson, trajectorySequence } from '../rl/rollout.ts';
import { PLAIN_SGD } from '../test/finite-differences.ts';
import { entropyThreshold, highEntropyMask } from './high-entropy-tokens.ts';
import { checkMasks, modelPlace, modelTokens, ofModelTokens } from './model-tokens.ts';

const ROUNDING = 2e-6;
const PROMPT = 3;
const LONGEST = 9;

beforeAll(async () => {
  await useDevice('cpu');
});

/** Loss and gradient of one window: with plain SGD at learning rate 1 the step is the gradient. */
async function gradientOf(
  run: (model: LanguageModel, head: LinearHead, window: OptimizerWindow) => Promise<number>,
): Promise<{ loss: number; gradient: number[] }> {
  const model = createModel(tinyConfig({ layerCount: 1 }), { seed: 9, initialization: { embeddingStd: 0.5 } });
  const head = createLinearHead({ name: 'v', inputs: 16, outputs: 1, bias: true, std: 0.3, seed: 1 });
  const window = new OptimizerWindow(model, PLAIN_SGD, head.parameters());
  const read = async () =>
    (await Promise.all(window.parameters.map(async ({ variable }) => Array.from(await variable.data())))).flat();
  const before = await read();
  const loss = await run(model, head, window);
  const after = await read();
  window.dispose();
  head.dispose();
  model.dispose();
  return { loss, gradient: before.map((value, i) => value - after[i]!) };
}

type Found = Awaited<ReturnType<typeof gradientOf>>;

function expectSame(found: Found, expected: Found): void {
  expect(Math.abs(found.loss - expected.loss)).toBeLessThan(ROUNDING * Math.max(1, Math.abs(expected.loss)));
  const norm = Math.hypot(...expected.gradient);
  const difference = Math.hypot(...expected.gradient.map((value, i) => value - found.gradient[i]!));
  expect(norm).toBeGreaterThan(0);
  expect(difference / norm).toBeLessThan(ROUNDING);
}

/** Four rollouts; arrays of single tokens are made for all tokens, and cut to the model's by the mask. */
function rolloutsOf(masks: readonly number[][], seed: number): PpoRollout[] {
  return masks.map((written, key): PpoRollout => {
    const mask = Uint8Array.from(written);
    const values = (stream: number, low: number, high: number) =>
      ofModelTokens(
        Float32Array.from(written, (_, t) => low + (high - low) * uniform(seed, stream, key, t)),
        mask,
      );
    const ids = (length: number, stream: number, owner: number) =>
      Int32Array.from({ length }, (_, t) => 3 + Math.floor(uniform(seed, stream, owner, t) * 29));
    const [oldLogProbs, samplerLogProbs] = [values(1, -3.6, -3), values(2, -3.6, -3)];
    const modes = { importanceSamplingClipMax: 3, importanceSamplingClipMin: null };
    return {
      key: String(key >> 1),
      sample: key & 1,
      group: key >> 1,
      promptIds: ids(PROMPT, 3, key >> 1),
      ids: ids(written.length, 4, key),
      mask,
      oldLogProbs,
      samplerLogProbs,
      referenceLogProbs: values(5, -3.6, -3),
      correction: Float32Array.from(
        rolloutCorrection(oldLogProbs, samplerLogProbs, { ...modes, importanceSamplingMode: 'sequence_truncate' }),
      ),
      values: values(6, -1, 1),
      advantages: values(7, -2, 2),
      returns: values(8, -1, 1),
      finish: key === 1 ? 'length' : 'stop',
      reward: key,
      parts: {},
      advantage: key - 1.5,
      zeroSignal: false,
    };
  });
}

/** Scores all tokens, and which of them the model wrote, by hand. */
function scoredByHand(model: LanguageModel, rollouts: readonly Rollout[], temperature: number) {
  const places: number[] = [];
  const owners: number[] = [];
  let start = 0;
  for (const [owner, { ids, mask }] of rollouts.entries()) {
    for (const [t, written] of mask!.entries()) {
      if (written === 0) continue;
      places.push(start + t);
      owners.push(owner);
    }
    start += ids.length;
  }
  const device = uploadBatch(
    packSequences(rollouts.map(({ promptIds, ids }) => trajectorySequence({ promptIds, ids }))),
  );
  const score = () => {
    const { logProbs, entropy, hidden } = scoreTokens(model, device, { temperature });
    const pick = (values: tf.Tensor1D) => tf.gather(values, tf.tensor1d(places, 'int32'));
    const rows = gatherRows(hidden, tf.tensor1d(places, 'int32'));
    return { logProbs: pick(logProbs), entropy: pick(entropy), hidden: rows };
  };
  return { owners, score, dispose: () => device.dispose() };
}

const all = (
  rollouts: readonly Rollout[],
  name: 'oldLogProbs' | 'referenceLogProbs' | 'samplerLogProbs' | 'correction',
) => rollouts.flatMap((rollout) => Array.from(rollout[name]!));

type Objective = Omit<LearnOptions, 'gradientCheckpointing'> & { lossType: LossType };

async function policyByHand(
  model: LanguageModel,
  window: OptimizerWindow,
  rollouts: readonly Rollout[],
  options: Objective,
): Promise<number> {
  const { owners, score, dispose } = scoredByHand(model, rollouts, options.temperature);
  const lengths = rollouts.map(({ mask }) => mask!.filter((written) => written === 1).length);
  const normaliser = windowNormaliser(aggregationOf(options.lossType), lengths, LONGEST);
  const sequences = sequenceSums(owners, rollouts.length);
  const { topEntropyQuantile: share = 1, entropyBonus = 0 } = options;
  const entropies = tf.tidy(() => score().entropy).dataSync();
  const keep = share < 1 ? highEntropyMask(entropies, entropyThreshold(entropies, share)) : undefined;
  const kept = keep?.reduce((sum, value) => sum + value, 0) ?? owners.length;
  window.add(() => {
    const { logProbs, hidden } = score();
    const loss = policyObjective(
      logProbs,
      {
        advantages: tf.tensor1d(owners.map((owner) => rollouts[owner]!.advantage)),
        weights: tf.tensor1d(owners.map((owner) => normaliser.weight(lengths[owner]!))),
        oldLogProbs: tf.tensor1d(all(rollouts, 'oldLogProbs')),
        referenceLogProbs: tf.tensor1d(all(rollouts, 'referenceLogProbs')),
        samplerLogProbs: tf.tensor1d(all(rollouts, 'samplerLogProbs')),
        sequences,
        correction: {
          ratios: tf.tensor1d(all(rollouts, 'correction')),
          logSums: tf.tensor1d(
            rollouts.map(({ correction }) => correction!.reduce((sum, ratio) => sum + clampedLog(ratio), 0)),
          ),
        },
        ...(keep && { keep: tf.tensor1d(keep) }),
      },
      options,
      entropyBonus === 0
        ? undefined
        : {
            entropy: tokenEntropy(hidden, model.outputWeight(), { temperature: options.temperature, trained: true }),
            weight: entropyBonus / kept,
          },
    );
    return { loss, keep: {} };
  });
  const { loss } = await window.close(1);
  sequences.dispose();
  dispose();
  return loss;
}

const masks = fc.array(
  fc
    .array(fc.constantFrom(0, 1), { minLength: 2, maxLength: LONGEST })
    .filter((mask) => mask.includes(1) && mask.includes(0)),
  { minLength: 4, maxLength: 4 },
);
const bySequence: Partial<LearnOptions> = { importanceSamplingLevel: 'sequence' };
const everyMask: Partial<LearnOptions> = { offPolicyMaskThreshold: 0.1, topEntropyQuantile: 0.6, entropyBonus: 0.02 };
const cases: [string, LossType, Partial<LearnOptions>][] = [
  ...LOSS_TYPES.map((lossType): [string, LossType, Partial<LearnOptions>] => [
    lossType,
    lossType,
    lossType === 'luspo' ? bySequence : {},
  ]),
  ['GSPO', 'grpo', bySequence],
  ['GSPO-token', 'grpo', { importanceSamplingLevel: 'sequence_token' }],
  ['RLOO', 'grpo', { importanceSamplingLevel: 'sequence_sum' }],
  ['dapo with masks and bonus', 'dapo', everyMask],
  ['gmpo with masks and bonus', 'gmpo', everyMask],
];

describe.each(cases)('tokens of tools under %s', (_, lossType, more) => {
  const options: Objective = {
    lossType,
    temperature: 0.9,
    epsilon: 0.2,
    epsilonHigh: 0.28,
    delta: null,
    beta: 0.05,
    useBiasCorrectionKl: true,
    ...more,
  };
  const cut = { lossType, maxCompletionLength: LONGEST, maskTruncatedCompletions: false, dropZeroSignalGroups: false };
  const train = (rollouts: readonly Rollout[], perDeviceTrainBatchSize: number) =>
    gradientOf(async (model, _head, window) => {
      const batches = learnerWindow(rollouts, { ...cut, perDeviceTrainBatchSize });
      return (await learn(model, window, batches, 1, { ...options, gradientCheckpointing: false }, true)).metrics.loss!;
    });

  it('leave loss and gradient to those of the model', async () => {
    await fc.assert(
      fc.asyncProperty(masks, fc.nat(1000), fc.constantFrom(2, 4), async (given, seed, size) => {
        const rollouts = rolloutsOf(given, seed);
        const expected = await gradientOf((model, _head, window) => policyByHand(model, window, rollouts, options));
        expectSame(await train(rollouts, size), expected);
      }),
      { numRuns: 4 },
    );
  });

  it('change not a bit where there are none', async () => {
    const ones = [5, 2, 7, 3].map((length) => new Array<number>(length).fill(1));
    const masked = rolloutsOf(ones, 1);
    expect(await train(masked, 4)).toEqual(
      await train(
        masked.map(({ mask: _mask, ...plain }) => plain),
        4,
      ),
    );
  });
});

describe('tokens of tools under PPO', () => {
  const options = {
    temperature: 0.9,
    gradientCheckpointing: false,
    perDeviceTrainBatchSize: 4,
    cliprange: 0.2,
    cliprangeValue: 0.2,
    vfCoef: 0.5,
    valueOnly: false,
  };

  /** Clipped surrogate and clipped value loss, written out. */
  async function ppoByHand(
    model: LanguageModel,
    head: LinearHead,
    window: OptimizerWindow,
    rollouts: readonly PpoRollout[],
  ): Promise<number> {
    const { score, owners, dispose } = scoredByHand(model, rollouts, options.temperature);
    const tensor = (pick: (rollout: PpoRollout) => Float32Array) =>
      tf.tensor1d(rollouts.flatMap((rollout) => Array.from(pick(rollout))));
    window.add(() => {
      const { logProbs, hidden } = score();
      const values = tf.reshape(head.forward(hidden), [owners.length]);
      const [old, returns, advantages] = [
        tensor((rollout) => rollout.values),
        tensor((rollout) => rollout.returns),
        tensor((rollout) => rollout.advantages),
      ];
      const ratio = tf.exp(
        tf.sub(
          logProbs,
          tensor(({ oldLogProbs }) => oldLogProbs),
        ),
      );
      const policy = tf.maximum(
        tf.neg(tf.mul(advantages, ratio)),
        tf.neg(tf.mul(advantages, tf.clipByValue(ratio, 0.8, 1.2))),
      );
      const near = tf.add(old, tf.clipByValue(tf.sub(values, old), -0.2, 0.2));
      const value = tf.maximum(tf.square(tf.sub(values, returns)), tf.square(tf.sub(near, returns)));
      const loss = tf.add(tf.mean(policy), tf.mul(tf.mean(value), 0.5 * options.vfCoef)) as tf.Scalar;
      return { loss, keep: {} };
    });
    const { loss } = await window.close(1);
    dispose();
    return loss;
  }

  it('leave loss and gradient to those of the model', async () => {
    await fc.assert(
      fc.asyncProperty(masks, fc.nat(1000), async (given, seed) => {
        const rollouts = rolloutsOf(given, seed);
        const expected = await gradientOf((model, head, window) => ppoByHand(model, head, window, rollouts));
        const found = await gradientOf(
          async (model, head, window) => (await learnPpo(model, { head }, window, rollouts, 1, options)).metrics.loss!,
        );
        expectSame(found, expected);
      }),
      { numRuns: 6 },
    );
  });

  it('have no value, and those of the model have theirs in their sight', async () => {
    const rollouts = rolloutsOf(
      [
        [1, 0, 0, 1, 1],
        [0, 1],
        [1, 1, 0, 1, 0, 0],
        [1, 0],
      ],
      3,
    );
    await gradientOf(async (model, head) => {
      const scoring = { temperature: 1, batchSize: 3 };
      const found = await scoreValues(model, { head }, rollouts, scoring);
      const every = await scoreValues(
        model,
        { head },
        rollouts.map(({ promptIds, ids }) => ({ promptIds, ids })),
        scoring,
      );
      for (const [i, { mask }] of rollouts.entries()) {
        expect(found[i]!.values).toEqual(ofModelTokens(every[i]!.values, mask));
        expect(found[i]!.logProbs).toEqual(ofModelTokens(every[i]!.logProbs, mask));
      }
      return 0;
    });
  });
});

describe('masks', () => {
  const mask = Uint8Array.of(1, 0, 0, 1, 1, 0);
  const ids = new Int32Array(6);

  it('count and place the tokens of the model', () => {
    expect(modelTokens({ ids, mask })).toBe(3);
    expect(modelTokens({ ids })).toBe(6);
    expect([0, 1, 2, 3, 4, 5].map((place) => modelPlace(mask, place))).toEqual([0, 0, 0, 1, 2, 2]);
    expect(modelPlace(Uint8Array.of(0, 1), 0)).toBe(-1);
  });

  it('survive a checkpoint, and their absence too', () => {
    const [rollout] = rolloutsOf([[1, 0, 1]], 2);
    const opened = (given: Rollout) => rolloutFromJson(JSON.parse(JSON.stringify(rolloutToJson(given))));
    expect(opened(rollout!)).toMatchObject({ mask: Uint8Array.of(1, 0, 1), oldLogProbs: rollout!.oldLogProbs });
    const { mask: _mask, ...plain } = rollout!;
    expect(opened(plain)).not.toHaveProperty('mask');
  });

  it.each([
    ['of another length', Uint8Array.of(1, 0), /2 entries for 6 ids/],
    ['with other values', Uint8Array.of(1, 0, 2, 1, 1, 1), /holds 2 at 2/],
  ])('%s are refused', (_, wrong, message) => {
    const check = () => checkMasks([{ key: '0/1', sample: 2, ids, mask: wrong }]);
    expect(check).toThrow(message);
    expect(check).toThrow(expect.objectContaining({ code: 'TW_TRAINERS_SHAPE' }));
  });
});
