import {
  computeGradients,
  currentDevice,
  headDivergence,
  listDevices,
  storeAs,
  tf,
  tokenLogProbs,
  topTokenLogProbs,
  useDevice,
} from '@thinkwright/tensors';
import { beforeAll, describe, expect, test } from 'vitest';

const present = (await listDevices()).some(({ name, available }) => name === 'native' && available);
const [ROWS, CHANNELS, VOCABULARY] = [1024, 576, 49_152];
const LOGITS = 4 * ROWS * VOCABULARY;

const variable = (shape: number[], value: number) => tf.tidy(() => tf.variable(tf.fill(shape, value)));
const makeHead = () => ({
  hidden: variable([ROWS, CHANNELS], 0.02) as tf.Variable<tf.Rank.R2>,
  weight: variable([VOCABULARY, CHANNELS], 0.01) as tf.Variable<tf.Rank.R2>,
});

/** What the device took beside what it holds now, as a share of the logits matrix. */
function shareOfLogits(): number {
  const { peakBytes, bytesInUse, scratchBytes } = currentDevice().memory!();
  expect(scratchBytes).toBeGreaterThan(0);
  return (peakBytes - bytesInUse + scratchBytes) / LOGITS;
}

/** The mean of `rows` with the gradients of a head. */
function train({ hidden, weight }: ReturnType<typeof makeHead>, rows: () => tf.Tensor) {
  const parameters = [
    { name: 'hidden', variable: hidden, decay: false },
    { name: 'weight', variable: weight, decay: false },
  ];
  return computeGradients(() => tf.mean(rows()) as tf.Scalar, parameters);
}

describe.runIf(present)('beside its inputs, outputs and gradients the head holds 5 % of the logits matrix', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  // Before the others, as the peak is that of the process.
  test('for the likeliest tokens', () => {
    const head = makeHead();
    const { ids, logProbs } = topTokenLogProbs(head.hidden, head.weight, 64);
    expect(Array.from(ids.dataSync().subarray(0, 3))).toEqual([0, 1, 2]); // all are equal
    expect(logProbs.dataSync()[0]).toBeCloseTo(-Math.log(VOCABULARY), 4);
    expect(shareOfLogits()).toBeLessThanOrEqual(0.05);
    tf.dispose([head, ids, logProbs]);
  });

  test.each([
    ['', {}],
    [' with a scale and a soft cap', { logitScale: 0.5, finalLogitSoftcapping: 30 }],
  ])('for its loss, forward and backward%s', async (_, options) => {
    const head = makeHead();
    const targets = tf.zeros<tf.Rank.R1>([ROWS], 'int32');
    const { loss, gradients } = train(head, () => tokenLogProbs(head.hidden, head.weight, targets, options).logProbs);
    expect(loss.dataSync()[0]).toBeCloseTo(-Math.log(VOCABULARY), 4); // the device has done its work
    expect(shareOfLogits()).toBeLessThanOrEqual(0.05);
    tf.dispose([loss, head, targets, ...gradients.values()]);
  });

  test('for the divergence from a teacher, forward and backward', async () => {
    const head = makeHead();
    const targets = tf.zeros<tf.Rank.R1>([ROWS], 'int32');
    const teacher = tf.tidy(() => ({
      hidden: tf.keep(tf.fill<tf.Rank.R2>([ROWS, 64], 0.1)),
      weight: tf.keep(storeAs(tf.fill<tf.Rank.R2>([VOCABULARY, 64], 0.1), 'bfloat16')),
    }));
    await tf.nextFrame();
    const options = { beta: 0.5, temperature: 0.9 };
    const { loss, gradients } = train(head, () => headDivergence(head, teacher, targets, options).divergence);
    expect(loss.dataSync()[0]).toBeCloseTo(0, 6);
    expect(shareOfLogits()).toBeLessThanOrEqual(0.05);
    tf.dispose([loss, head, targets, teacher, ...gradients.values()]);
  });
});
