// The head without a kernel: rows in blocks against all rows at once, whose gradient the conformance suite compares with differences.
import { beforeAll, describe, expect, test } from 'vitest';
import { tf, useDevice } from '../index.ts';
import { expectClose } from '../test/conformance.ts';
import { randomIntegers, randomTensor } from '../test/random-tensors.ts';
import { computeGradients } from '../training/compute-gradients.ts';
import type { HeadOptions } from './head-logits.ts';
import { tokenLogProbsComposite, tokenLogProbsInBlocks } from './token-log-probs.ts';

const [ROWS, CHANNELS, VOCABULARY] = [254, 5, 1024];
const BLOCK_LOGITS = 4 * VOCABULARY;
const LOGITS_BYTES = 4 * ROWS * VOCABULARY;

type Head = typeof tokenLogProbsComposite;
const inBlocks: Head = (hidden, weight, targets, options) =>
  tokenLogProbsInBlocks(hidden, weight, targets, options, BLOCK_LOGITS);

const named = (name: string, shape: number[], seed: number) => ({
  name,
  variable: tf.tidy(() => tf.variable(randomTensor(shape, seed))),
  decay: false,
});

function evaluate(head: Head, { each = 1, ...options }: HeadOptions & { each?: number }) {
  const hidden = named('hidden', [ROWS, CHANNELS], 1);
  const weight = named('weight', [VOCABULARY, CHANNELS], 2);
  const bias = named('bias', [VOCABULARY], 3);
  const parameters = [hidden, weight, bias];
  const targets = tf.tensor(randomIntegers(ROWS * each, VOCABULARY, 4), each === 1 ? [ROWS] : [ROWS, each], 'int32');
  const { loss, gradients, kept } = computeGradients<Record<string, tf.Tensor>>(() => {
    const { logProbs, entropy } = head(
      hidden.variable as tf.Tensor2D,
      weight.variable as tf.Tensor2D,
      targets as tf.Tensor1D,
      {
        ...options,
        bias: bias.variable as tf.Tensor1D,
      },
    );
    return { loss: tf.sum(tf.mul(logProbs, randomTensor(targets.shape, 5))), keep: { logProbs, entropy } };
  }, parameters);
  const valuesOf = (tensor: tf.Tensor | undefined) => tensor!.dataSync<'float32'>();
  const values = {
    logProbs: valuesOf(kept.logProbs),
    entropy: valuesOf(kept.entropy),
    hidden: valuesOf(gradients.get('hidden')),
    weight: valuesOf(gradients.get('weight')),
    bias: valuesOf(gradients.get('bias')),
  };
  const variables = parameters.map(({ variable }) => variable);
  tf.dispose([loss, ...Object.values(kept), ...gradients.values(), ...variables, targets]);
  return values;
}

describe.each([
  ['without a cap', { temperature: 0.8 }],
  ['with a soft cap', { temperature: 0.8, logitScale: 0.5, finalLogitSoftcapping: 1.5 }],
  ['several targets a row', { temperature: 1.1, each: 3 }],
])('the head in blocks of rows, %s', (_, options) => {
  beforeAll(async () => {
    await useDevice('cpu');
  });

  test('has the bits of all rows at once; sums over rows agree to rounding', () => {
    const whole = evaluate(tokenLogProbsComposite, options);
    const blocks = evaluate(inBlocks, options);
    for (const name of ['logProbs', 'entropy', 'hidden'] as const) expect(blocks[name]).toEqual(whole[name]);
    for (const name of ['weight', 'bias'] as const) expectClose(name, blocks[name], whole[name], 2e-6);
  });

  test('never holds the logits of all rows, forward or backward, and leaves nothing behind', async () => {
    const peakOf = async (head: Head) => {
      const { numBytes, numTensors } = tf.memory();
      const { peakBytes } = await tf.profile(() => {
        evaluate(head, options);
        return tf.scalar(0);
      });
      expect(tf.memory().numTensors).toBe(numTensors + 1);
      return peakBytes - numBytes;
    };
    expect(await peakOf(tokenLogProbsComposite)).toBeGreaterThan(LOGITS_BYTES);
    expect(await peakOf(inBlocks)).toBeLessThan(LOGITS_BYTES / 2);
  });

  test('is differentiated by tfjs itself too', () => {
    tf.tidy(() => {
      const weight = randomTensor<tf.Tensor2D>([VOCABULARY, CHANNELS], 2);
      const targets = tf.tensor1d(randomIntegers(ROWS, VOCABULARY, 4), 'int32');
      const gradientOf = (head: Head) =>
        tf.grad((x) => tf.sum(head(x as tf.Tensor2D, weight, targets, options).logProbs))(
          randomTensor([ROWS, CHANNELS], 1),
        );
      expect(gradientOf(inBlocks).dataSync()).toEqual(gradientOf(tokenLogProbsComposite).dataSync());
    });
  });
});
