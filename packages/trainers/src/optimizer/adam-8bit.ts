// AdamW whose two moments are bytes: 2 bytes of state a parameter instead of 8. The moments live on the host in blocks of 256
// (`block-quantization.ts`) and the update is computed there, so it trades time for memory. Small parameters (norms, biases) keep
// float32 moments: they cost nothing and their blocks would be ragged. Dettmers et al., https://arxiv.org/abs/2110.02861;
// the numbers are those of bitsandbytes' AdamW8bit.

import { createAdamW, type LiveState, type Optimizer, type Parameter, type StateTensor } from '@thinkwright/tensors';
import { TrainerError } from '../errors.ts';
import { BLOCK_SIZE, type QuantizedBlocks, quantizedZeros, readBlock, writeBlock } from './block-quantization.ts';
import { combineOptimizers } from './combine-optimizers.ts';
import { dynamicMap } from './dynamic-map.ts';
import { setValues } from './set-values.ts';

export interface Adam8bitOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  weightDecay?: number;
  /** Parameters with fewer numbers keep float32 moments. Default 4,096, as bitsandbytes. */
  smallest?: number;
}

/** One optimizer: 8-bit moments for the large parameters, float32 for the others. */
export function createAdam8bit(parameters: readonly Parameter[], options: Adam8bitOptions = {}): Optimizer {
  const { smallest = 4096, ...adamW } = options;
  const isLarge = ({ variable }: Parameter) => variable.size >= smallest;
  return combineOptimizers([
    { optimizer: createBlockAdam(parameters.filter(isLarge), adamW) },
    {
      optimizer: createAdamW(
        parameters.filter((parameter) => !isLarge(parameter)),
        adamW,
      ),
    },
  ]);
}

interface Moments {
  first: QuantizedBlocks;
  second: QuantizedBlocks;
  missed: number;
}

const SIGNED = dynamicMap(true);
const UNSIGNED = dynamicMap(false);

function createBlockAdam(parameters: readonly Parameter[], options: Omit<Adam8bitOptions, 'smallest'>): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const moments = new Map(
    parameters.map(({ name, variable: { size } }): [string, Moments] => [
      name,
      { first: quantizedZeros(size, SIGNED), second: quantizedZeros(size, UNSIGNED), missed: 0 },
    ]),
  );
  const average = new Float32Array(BLOCK_SIZE);
  const squares = new Float32Array(BLOCK_SIZE);
  let step = 0;

  function updateOne(values: Float32Array, gradient: Float32Array, own: Moments, learningRate: number, decay: boolean) {
    const updates = step - own.missed;
    const stepSize = learningRate / (1 - beta1 ** updates);
    const correction = Math.sqrt(1 - beta2 ** updates);
    const keep = decay ? 1 - learningRate * weightDecay : 1;
    for (let block = 0; block * BLOCK_SIZE < values.length; block++) {
      const count = readBlock(own.first, SIGNED, block, average);
      readBlock(own.second, UNSIGNED, block, squares);
      for (let i = 0; i < count; i++) {
        const at = block * BLOCK_SIZE + i;
        const g = gradient[at]!;
        average[i] = average[i]! * beta1 + g * (1 - beta1);
        squares[i] = squares[i]! * beta2 + g * g * (1 - beta2);
        values[at] = values[at]! * keep - (stepSize * average[i]!) / (Math.sqrt(squares[i]!) / correction + epsilon);
      }
      writeBlock(own.first, SIGNED, block, average, count);
      writeBlock(own.second, UNSIGNED, block, squares, count);
    }
  }

  return {
    get step() {
      return step;
    },
    update(gradients, learningRate, { gradientScale } = {}) {
      step++;
      const scale = gradientScale?.dataSync()[0] ?? 1;
      for (const { name, variable, decay } of parameters) {
        const own = moments.get(name)!;
        const gradient = gradients.get(name);
        if (gradient === undefined) {
          own.missed++;
          continue;
        }
        const scaled = (gradient.dataSync() as Float32Array).map((value) => value * scale);
        const values = Float32Array.from(variable.dataSync());
        updateOne(values, scaled, own, learningRate, decay);
        setValues(variable, values);
      }
    },
    state() {
      const all = new Map<string, LiveState>();
      for (const [name, { first, second }] of moments)
        for (const [slot, numbers] of Object.entries(slotsOf(first, second)))
          all.set(`${name}.${slot}`, { shape: [numbers.length], data: async () => Float32Array.from(numbers) });
      return all;
    },
    missedUpdates: () =>
      Object.fromEntries(Array.from(moments, ([name, { missed }]) => [name, missed] as const).filter(([, n]) => n > 0)),
    async load(savedStep, saved, missedUpdates = {}) {
      for (const [name, own] of moments) {
        const slots = slotsOf(own.first, own.second);
        for (const [slot, numbers] of Object.entries(slots)) expectSaved(`${name}.${slot}`, numbers.length, saved);
        for (const [slot, numbers] of Object.entries(slots)) numbers.set(saved.get(`${name}.${slot}`)!.data);
        own.missed = missedUpdates[name] ?? 0;
      }
      step = savedStep;
    },
    dispose: () => moments.clear(),
  };
}

const slotsOf = (first: QuantizedBlocks, second: QuantizedBlocks) => ({
  'exp_avg.codes': first.codes,
  'exp_avg.largest': first.largest,
  'exp_avg_sq.codes': second.codes,
  'exp_avg_sq.largest': second.largest,
});

function expectSaved(name: string, length: number, saved: ReadonlyMap<string, StateTensor>): void {
  const found = saved.get(name)?.data.length;
  if (found === length) return;
  throw new TrainerError(
    'TW_TRAINERS_CHECKPOINT_MISMATCH',
    `8-bit Adam: the saved state has ${found ?? 'no'} numbers for ${name}, expected ${length}. Resume with the same optimizer and trainable parameters.`,
  );
}
