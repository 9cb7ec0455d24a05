import { computeGradients, currentDevice, listDevices, tf, tokenLogProbs, useDevice } from '@thinkwright/tensors';
import { describe, expect, test } from 'vitest';

const present = (await listDevices()).some(({ name, available }) => name === 'native' && available);

describe.runIf(present)('the head with its loss', () => {
  test.each([
    ['', {}],
    [' with a scale and a soft cap', { logitScale: 0.5, finalLogitSoftcapping: 30 }],
  ])('holds 5 % of the logits matrix beside its inputs and gradients, forward and backward%s', async (_, options) => {
    await useDevice('native');
    const [rows, channels, vocabulary] = [1024, 576, 49_152];
    const variable = (shape: number[], value: number) => tf.tidy(() => tf.variable(tf.fill(shape, value)));
    const hidden = variable([rows, channels], 0.02) as tf.Variable<tf.Rank.R2>;
    const weight = variable([vocabulary, channels], 0.01) as tf.Variable<tf.Rank.R2>;
    const targets = tf.zeros<tf.Rank.R1>([rows], 'int32');
    const parameters = [
      { name: 'hidden', variable: hidden, decay: false },
      { name: 'weight', variable: weight, decay: false },
    ];
    const { loss, gradients } = computeGradients(
      () => tf.mean(tokenLogProbs(hidden, weight, targets, options).logProbs),
      parameters,
    );
    expect(loss.dataSync()[0]).toBeCloseTo(-Math.log(vocabulary), 4); // the device has done its work
    const { peakBytes, bytesInUse, scratchBytes } = currentDevice().memory!();
    const logits = 4 * rows * vocabulary;
    expect(scratchBytes).toBeGreaterThan(0);
    expect((peakBytes - bytesInUse + scratchBytes) / logits).toBeLessThanOrEqual(0.05);
    tf.dispose([loss, hidden, weight, targets, ...gradients.values()]);
  });
});
