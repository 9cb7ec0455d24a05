// Memory is linear in tokens, by the allocator's own figures: twice the tokens of context or of a training step take twice what they
// add, never the square (no [T, T] matrix, no [T, V] matrix of logits).

import { collectTrajectories } from '@thinkwright/rollouts';
import { computeGradients, currentDevice, listDevices, tf, useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from './engine/engine.ts';
import { tinyModel } from './test/tiny-model.ts';
import { tokenLogProbsOf } from './token-log-probs-of.ts';

const hasNative = (await listDevices()).some(({ name, available }) => name === 'native' && available);
const LENGTHS = [256, 512, 1024, 2048];

describe.skipIf(!hasNative)('growth of memory with the context', () => {
  beforeAll(async () => {
    await useDevice('native', { threads: 1 });
  });
  const model = () => tinyModel({ seed: 1, vocabularySize: 512, maxPositions: 2048 });
  const idsOf = (length: number) => Int32Array.from({ length }, (_, i) => (i * 37) % 512);

  /** What each doubling adds, over what the one before added: 2 for linear growth, 4 for quadratic. */
  function expectLinear(bytes: readonly number[]): void {
    const added = bytes.slice(1).map((value, index) => value - bytes[index]!);
    for (const [index, value] of added.slice(1).entries()) {
      expect(value / added[index]!, bytes.join(' ')).toBeGreaterThan(1.6);
      expect(value / added[index]!, bytes.join(' ')).toBeLessThan(2.4);
    }
  }

  it('one sequence in training: the peak is linear in its length', async () => {
    const policy = model();
    const peaks: number[] = [];
    for (const length of LENGTHS) {
      const sequences = [{ ids: idsOf(length), from: 1 }];
      const { loss, gradients } = computeGradients(
        () => tf.neg(tf.mean(tokenLogProbsOf(policy, sequences).logProbs)) as tf.Scalar,
        policy.parameters(),
      );
      await loss.data();
      tf.dispose([loss, ...gradients.values()]);
      peaks.push(currentDevice().memory!().peakBytes); // of all so far, and lengths ascend
    }
    expectLinear(peaks);
    policy.dispose();
  });

  it('sampling holds a cache that is linear in the context, and none of it afterwards', async () => {
    const policy = model();
    const engine = createEngine(policy, { maxBatch: 4 });
    const inUse = () => currentDevice().memory!().bytesInUse;
    const mostHeld = async (length: number) => {
      let most = 0;
      const sampling = { temperature: 1, maxTokens: 4, stopIds: [], seed: 1 };
      await collectTrajectories(engine, [{ key: 'one', promptIds: idsOf(length - 4), samples: 4, sampling }], {
        onTokens: () => {
          most = Math.max(most, inUse());
        },
      });
      return most;
    };
    await mostHeld(32); // records the step
    const before = inUse();
    const held: number[] = [];
    for (const length of LENGTHS) held.push(await mostHeld(length));
    expectLinear(held);
    expect(inUse()).toBe(before);
    policy.dispose();
  });
});
