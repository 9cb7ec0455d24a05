// What is learnt from pairs of some problems holds on pairs of others. The slow suite does seven algorithms over three seeds.
import { useDevice } from '@thinkwright/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PreferenceOptionsInput } from '../options/preference-options.ts';
import { heldOutAccuracy, schedule, warmStart } from './held-out.ts';

describe('held-out preferences', () => {
  beforeAll(async () => {
    await useDevice('native');
  });

  it.each<[string, PreferenceOptionsInput]>([
    ['DPO', {}],
    ['KTO', { algorithm: 'kto' }],
  ])('%s ranks more than nine in ten held-out pairs right', async (_, more) => {
    const model = await warmStart({ hiddenSize: 32, steps: 200, seed: 4 });
    const options = { ...schedule, maxSteps: 60, learningRate: 2e-3, ...more };
    const run = { options, reward: 'reference' as const, pairs: 512, heldOut: 200, seed: 4 };
    expect((await heldOutAccuracy(model, run)).after).toBeGreaterThan(0.9);
    model.dispose();
  });
});
