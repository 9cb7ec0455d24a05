import { computeGradients, currentDevice, linear, listDevices, tf, useDevice } from '@thinkwright/tensors';
import { describe, expect, test } from 'vitest';

const present = (await listDevices()).some(({ name, available }) => name === 'native' && available);

describe.runIf(present)('packed weights', () => {
  test('of a weight are freed when it is trained and made again when it is read, with the same result', async () => {
    await useDevice('native');
    const inUse = () => currentDevice().memory!().bytesInUse;
    const [n, k] = [512, 256];
    const x = tf.randomNormal<tf.Rank.R2>([64, k], 0, 1, 'float32', 1);
    const variable = tf.variable(tf.randomNormal([n, k], 0, 1, 'float32', 2)) as tf.Variable<tf.Rank.R2>;
    const before = inUse();
    const sampled = tf.tidy(() => linear(x, variable).dataSync());
    const withPack = inUse();
    expect(withPack - before).toBeGreaterThanOrEqual(4 * n * k);

    const parameter = { name: 'w', variable, decay: true };
    const { loss, gradients } = computeGradients(() => tf.mean(linear(x, variable)), [parameter]);
    tf.dispose([loss, ...gradients.values()]);
    expect(inUse()).toBe(before);

    expect(tf.tidy(() => linear(x, variable).dataSync())).toEqual(sampled);
    expect(inUse()).toBe(withPack);
    tf.dispose([x, variable]);
  });
});
