// 8-bit moments against bitsandbytes' own AdamW8bit: its maps, its codes and its parameters, step by step.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { tf, useDevice } from '@thinkwright/tensors';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAdam8bit } from './adam-8bit.ts';
import { nearestCode, quantizedZeros, readBlock, writeBlock } from './block-quantization.ts';
import { dynamicMap } from './dynamic-map.ts';

interface Step {
  gradient: number[]; // in units of 1 / 16384
  parameters: number[];
  codes1: number[];
  codes2: number[];
  absmax1: number[];
  absmax2: number[];
}
interface Case {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  start: number[];
  steps: Step[];
  signedMap: number[];
  unsignedMap: number[];
}
const stored = gunzipSync(readFileSync(new URL('./adam-8bit.fixture.json.gz', import.meta.url))).toString();
const { cases } = JSON.parse(stored) as { cases: Case[] };
const relative = (found: ArrayLike<number>, expected: number[]) =>
  Math.max(...expected.map((value, i) => Math.abs(found[i]! - value))) / Math.max(...expected.map(Math.abs));

const [SIGNED, UNSIGNED] = [dynamicMap(true), dynamicMap(false)];
/**
 * Codes that differ by more than one step and are not both next to 0: its CPU quantiser finds the neighbour of the nearest value
 * now and then, and among the very small ones a further one.
 */
const farApart = (map: Float32Array, found: Float32Array, expected: number[]) =>
  expected.filter((code, i) => {
    const bothSmall = Math.max(Math.abs(map[code]!), Math.abs(map[found[i]!]!)) < 1e-4;
    return Math.abs(code - found[i]!) > 1 && !bothSmall;
  });
const stateOf = ({ codes1, codes2, absmax1, absmax2 }: Step) => {
  const slots = {
    'exp_avg.codes': codes1,
    'exp_avg.largest': absmax1,
    'exp_avg_sq.codes': codes2,
    'exp_avg_sq.largest': absmax2,
  };
  return new Map(
    Object.entries(slots).map(([slot, numbers]) => [
      `w.${slot}`,
      { shape: [numbers.length], data: Float32Array.from(numbers) },
    ]),
  );
};

beforeAll(async () => {
  await useDevice('cpu');
});

describe('dynamic maps', () => {
  it('are those of bitsandbytes', () => {
    expect(relative(dynamicMap(true), cases[0]!.signedMap)).toBeLessThan(1e-7);
    expect(relative(dynamicMap(false), cases[0]!.unsignedMap)).toBeLessThan(1e-7);
  });

  it('give the nearest of their values, and a block back within half a step of them', () => {
    const map = dynamicMap(true);
    const steps = Array.from(map.slice(1), (value, i) => value - map[i]!);
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: 1, maxLength: 256 }), (values) => {
        const blocks = quantizedZeros(values.length, map);
        writeBlock(blocks, map, 0, Float32Array.from(values), values.length);
        const back = new Float32Array(256);
        readBlock(blocks, map, 0, back);
        const most = Math.max(...values.map(Math.abs));
        for (const [i, value] of values.entries()) {
          const scaled = most === 0 ? 0 : value / most;
          const best = Math.min(...Array.from(map, (entry) => Math.abs(entry - scaled)));
          expect(Math.abs(map[nearestCode(map, scaled)]! - scaled)).toBeLessThanOrEqual(best + 1e-7);
          expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual((Math.max(...steps) / 2 + 1e-6) * most);
        }
      }),
    );
  });
});

describe.each(cases.map((item) => ({ item, decay: item.weightDecay, count: item.start.length })))(
  '$count parameters, weight decay $decay',
  ({ item }) => {
    it('updates as bitsandbytes does from the same state', async () => {
      const variable = tf.variable(tf.tensor1d(item.start));
      const optimizer = createAdam8bit([{ name: 'w', variable, decay: true }], { ...item, smallest: 1 });
      for (const [index, step] of item.steps.entries()) {
        const gradient = tf.tensor1d(step.gradient.map((value) => value / 16384));
        optimizer.update(new Map([['w', gradient]]), item.learningRate);
        gradient.dispose();
        expect(relative(await variable.data(), step.parameters), `parameters of step ${index}`).toBeLessThan(1e-6);
        const numbers = async (slot: string) => Float32Array.from(await optimizer.state().get(`w.${slot}`)!.data());
        expect(relative(await numbers('exp_avg.largest'), step.absmax1)).toBeLessThan(1e-6);
        expect(relative(await numbers('exp_avg_sq.largest'), step.absmax2)).toBeLessThan(1e-6);
        expect(farApart(SIGNED, await numbers('exp_avg.codes'), step.codes1)).toEqual([]);
        expect(farApart(UNSIGNED, await numbers('exp_avg_sq.codes'), step.codes2)).toEqual([]);
        await optimizer.load(index + 1, stateOf(step));
        variable.assign(tf.tensor1d(step.parameters));
      }
      optimizer.dispose();
      variable.dispose();
    });

    it('stays close to AdamW with float32 moments', async () => {
      const train = async (smallest: number) => {
        const variable = tf.variable(tf.tensor1d(item.start));
        const optimizer = createAdam8bit([{ name: 'w', variable, decay: true }], { ...item, smallest });
        for (const { gradient } of item.steps)
          optimizer.update(new Map([['w', tf.tensor1d(gradient.map((value) => value / 16384))]]), item.learningRate);
        return Array.from(await variable.data());
      };
      const [bytes, floats] = [await train(1), await train(1e9)];
      const moved = floats.map((value, i) => Math.abs(value - item.start[i]!));
      const apart = floats.map((value, i) => Math.abs(value - bytes[i]!));
      const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
      expect(sum(apart) / sum(moved)).toBeLessThan(0.05);
    });
  },
);
