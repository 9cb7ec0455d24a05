// In plain numbers as on the tape.
import { tf, useDevice } from '@thinkwright/tensors';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { KL_ESTIMATORS, klEstimate } from './estimators.ts';
import { sampledKl } from './sampled-kl.ts';

beforeAll(async () => {
  await useDevice('cpu');
});

describe.each(KL_ESTIMATORS)('%s', (estimator) => {
  it('sums what the tape estimates for each token', () => {
    const value = fc.float({ min: -4, max: 0, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 6 }), (pairs) => {
        const policy = pairs.map(([first]) => first);
        const reference = pairs.map(([, second]) => second);
        const tape = tf.tidy(
          () => tf.sum(klEstimate(estimator, tf.tensor1d(policy), tf.tensor1d(reference))).dataSync()[0]!,
        );
        expect(Math.abs(sampledKl(estimator, policy, reference) - tape)).toBeLessThan(2e-5 * (1 + Math.abs(tape)));
      }),
      { numRuns: 40 },
    );
  });
});
