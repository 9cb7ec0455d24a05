// Inverted dropout with a counter-based mask: element i is kept if uniform(key, i) >= rate, and scaled by 1 / (1 - rate).
// The mask is recomputed in the backward pass, so nothing is saved, and a resumed run drops the same elements.
// Kernel: TwDropout { x } attrs { rate, seed, stream } → y.
import { TensorError } from '../errors.ts';
import { philoxInto } from '../random/philox.ts';
import { STREAMS, toUniform } from '../random/uniform.ts';
import { hasKernel, recomputable, record, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';

/** Names one mask: two 32-bit integers, say the run's seed and a hash of (step, layer). */
export interface RandomKey {
  seed: number;
  stream: number;
}

/**
 * Zeroes each element with probability `rate` and scales the others by 1 / (1 - rate). Rate 0 returns `x` itself.
 * @param x any shape
 * @param rate in [0, 1)
 * @throws TensorError TW_TENSORS_OPTION
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, key: RandomKey): T {
  if (!(rate >= 0 && rate < 1)) {
    throw new TensorError('TW_TENSORS_OPTION', `dropout: rate is ${rate}, expected a number in [0, 1)`);
  }
  if (rate === 0) return x;
  if (!hasKernel('TwDropout')) return dropoutComposite(x, rate, key);
  const attributes = { rate, seed: key.seed | 0, stream: key.stream | 0 };
  const output = record<tf.Tensor>({
    inputs: { x },
    forward: () => runKernel('TwDropout', { x }, attributes),
    backward: (dy) => ({ x: () => runKernel('TwDropout', { x: dy }, attributes) }),
  }) as T;
  return recomputable(output, [x], ([saved]) => runKernel('TwDropout', { x: saved! }, attributes));
}

/** The same with a mask made on the host. */
export function dropoutComposite<T extends tf.Tensor>(x: T, rate: number, key: RandomKey): T {
  return tf.mul(x, tf.tensor(dropoutMask(x.size, rate, key), x.shape)) as T;
}

/** 0 or 1 / (1 - rate) for each element. */
export function dropoutMask(size: number, rate: number, key: RandomKey): Float32Array {
  const mask = new Float32Array(size);
  const words = new Uint32Array(4);
  const kept = 1 / (1 - rate);
  for (let index = 0; index < size; index++) {
    if (index % 4 === 0) philoxInto(words, 0, key.seed, STREAMS.dropout, index / 4, key.stream, 0, 0);
    mask[index] = toUniform(words[index % 4]!) < rate ? 0 : kept;
  }
  return mask;
}
