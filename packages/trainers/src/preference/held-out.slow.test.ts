// Preferences hold on problems never seen, for seven algorithms over three seeds: a table, and a bound for each. A minute or two.
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PreferenceOptionsInput } from '../options/preference-options.ts';
import { heldOutAccuracy, type ImpliedReward, schedule, warmStart } from './held-out.ts';

const SEEDS = [1, 2, 3];
const ALGORITHMS: [string, PreferenceOptionsInput, ImpliedReward][] = [
  ['DPO', {}, 'reference'],
  ['KTO', { algorithm: 'kto' }, 'reference'],
  ['APO-zero', { lossType: 'apo_zero' }, 'reference'],
  ['IPO', { lossType: 'ipo' }, 'reference'],
  ['CPO', { algorithm: 'cpo' }, 'sum'],
  ['SimPO', { algorithm: 'cpo', referenceFreeLoss: 'simpo', cpoAlpha: 0, beta: 2 }, 'mean'],
  ['ORPO', { algorithm: 'orpo' }, 'mean'],
];

describe('held-out preferences', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  it.each(ALGORITHMS)(
    '%s ranks more than nine in ten held-out pairs right, over three seeds',
    async (name, more, reward) => {
      const found: string[] = [];
      const accuracies: number[] = [];
      for (const seed of SEEDS) {
        const model = await warmStart({ hiddenSize: 64, steps: 300, seed });
        const started = performance.now();
        const run = { options: { ...schedule, ...more }, reward, pairs: 1024, heldOut: 400, seed };
        const { before, after } = await heldOutAccuracy(model, run);
        found.push(
          `${before?.toFixed(3) ?? '(chance)'} -> ${after.toFixed(3)} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
        );
        accuracies.push(after);
        model.dispose();
      }
      console.log(`${name}: ${found.join(', ')}`);
      expect(Math.min(...accuracies)).toBeGreaterThan(0.9);
    },
  );
});
