// Objectives, optimizer and whole training runs on the float32 tape against TRL and torch, on the subset beside this file.
import { tf, useDevice } from '@thinkwright/tensors';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { trainerFamilies } from './index.ts';

const fixtures = new URL('./fixtures', import.meta.url).pathname;
const expected: Record<string, { passed: number }> = {
  'grpo/adaptive-entropy': { passed: 2 },
  'grpo/gmpo': { passed: 8 },
  'grpo/gspo-token': { passed: 16 },
  'grpo/losses': { passed: 246 },
  'grpo/windows': { passed: 31 },
  'optim/clipping': { passed: 4 },
  'optim/optimizers': { passed: 29 },
  'packing/labels': { passed: 14 },
  'packing/sft-loss': { passed: 9 },
  'preference/cpo': { passed: 32 },
  'preference/dpo': { passed: 105 },
  'preference/kto': { passed: 18 },
  'preference/orpo': { passed: 4 },
  'rl/adaptive-kl': { passed: 2 },
  'rl/distillation': { passed: 80 },
  'rl/kl-estimators': { passed: 5 },
  'rl/ppo': { passed: 10 },
  'rl/process-reward-loss': { passed: 2 },
  'rl/process-reward-tokens': { passed: 96 },
  'rl/reward-model': { passed: 12 },
  'rl/whiten': { passed: 4 },
  'rl/rloo': { passed: 24 },
  'training/dpo': { passed: 2 },
  'training/grpo': { passed: 2 },
  'training/sft': { passed: 4 },
};

beforeAll(async () => {
  await useDevice('cpu');
});

describe('parity on the tape', () => {
  let tensors = 0;
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(tensors); // nothing leaks
  });

  it.each(Object.entries(expected))('%s', async (name, { passed }) => {
    const family = await trainerFamilies[name]!(fixtures);
    expect(family.failures).toEqual([]);
    expect(family.passed).toBe(passed);
  });
});
