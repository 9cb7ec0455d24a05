// What the tape keeps: outputs that are cheap to compute again are not among it, and gradients do not notice.
import { afterEach, describe, expect, it } from 'vitest';
import { currentDevice, useDevice } from './devices/discovery.ts';
import { addBlocks } from './ops/add-blocks.ts';
import { dropout } from './ops/dropout.ts';
import { linear } from './ops/linear.ts';
import { rmsNorm } from './ops/rms-norm.ts';
import { swiglu } from './ops/swiglu.ts';
import { presentDevices } from './test/present-devices.ts';
import { randomTensor } from './test/random-tensors.ts';
import { tf } from './tfjs.ts';
import { backpropagate, freeSaved, recordTape } from './training/backpropagate.ts';

const key = { seed: 3, stream: 7 };
const [rows, width] = [32, 64];

describe.each((await presentDevices()).filter((name) => name === 'native'))('the tape on %s', (device) => {
  afterEach(() => tf.disposeVariables());
  const setUp = async () => {
    await useDevice(device);
    const variable = (shape: number[], seed: number) => tf.variable(randomTensor(shape, seed));
    return {
      x: tf.keep(randomTensor([rows, width], 1)) as tf.Tensor2D, // an activation
      scale: variable([width], 2) as unknown as tf.Tensor1D,
      wide: variable([2 * width, width], 3) as unknown as tf.Tensor2D,
      narrow: variable([width, width], 4) as unknown as tf.Tensor2D,
    };
  };
  /** norm → linear → SwiGLU → dropout → linear, plus the stream. `hide` cuts the recipes of what is cheap to compute again. */
  const forward = ({ x, scale, wide, narrow }: Awaited<ReturnType<typeof setUp>>, hide: boolean) => {
    const seen = <T extends tf.Tensor>(tensor: T) => (hide ? (tf.mul(tensor, 1) as T) : tensor);
    const gateUp = linear(seen(rmsNorm(x, scale, { epsilon: 1e-5 })), wide);
    const inner = seen(dropout(seen(swiglu(gateUp)), 0.25, key));
    return addBlocks(x, [{ values: linear(inner, narrow), column: 0 }]);
  };

  it('gives the same gradients, bit for bit, as one that keeps every activation', async () => {
    const inputs = await setUp();
    const sources = Object.values(inputs);
    const gradients = [false, true].map((hide) => {
      const { result, tape } = recordTape(() => forward(inputs, hide));
      return backpropagate(tape, result, tf.onesLike(result), sources).map((gradient) =>
        Array.from(gradient!.dataSync()),
      );
    });
    expect(gradients[0]).toEqual(gradients[1]);
    expect(gradients[0]!.flat().some((value) => value !== 0)).toBe(true);
  });

  it('holds the gate and the inverse norms after a forward pass, beside its input, and nothing else', async () => {
    const inputs = await setUp();
    const held = () => currentDevice().memory!().bytesInUse / 4; // floats in distinct blocks
    const run = () => {
      const recording = recordTape(() => forward(inputs, false));
      recording.result.dispose();
      return recording.tape;
    };
    freeSaved(run()); // packs the weights
    const before = held();
    const tape = run();
    expect(held() - before).toBe(rows * 2 * width + rows);
    freeSaved(tape);
    expect(held()).toBe(before);
  });
});
