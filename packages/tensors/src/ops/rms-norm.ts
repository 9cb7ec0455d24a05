// Root-mean-square normalisation (Zhang and Sennrich 2019): y = x / sqrt(mean(x²) + epsilon) * weight, for each row.
// Kernels: TwRmsNorm { x, weight } attrs { epsilon } → [y [T, C], inverse root mean square [T]];
// TwRmsNormGrad { dy, x, weight, inverse, sum? (of dWeight) } → [dx, dWeight].
import { expectPositive, expectShape } from '../expect.ts';
import { hasKernel, recomputable, record, runKernel, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';

export interface RmsNormOptions {
  epsilon: number;
}

/**
 * Normalises each row to root mean square 1 and scales it by `weight`.
 * @param x [T, C]
 * @param weight [C]
 * @returns [T, C]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function rmsNorm(x: tf.Tensor2D, weight: tf.Tensor1D, options: RmsNormOptions): tf.Tensor2D {
  expectShape('rmsNorm', 'x', x, [-1, -1], '[T, C]');
  expectShape('rmsNorm', 'weight', weight, [x.shape[1]], '[C]');
  expectPositive('rmsNorm', 'epsilon', options.epsilon);
  if (!hasKernel('TwRmsNorm')) return rmsNormComposite(x, weight, options);
  const attributes = { epsilon: options.epsilon };
  const compute = (inputs: Record<string, tf.Tensor>) =>
    runKernel<[tf.Tensor2D, tf.Tensor1D]>('TwRmsNorm', inputs, attributes);
  const output = record<tf.Tensor2D>({
    inputs: { x, weight },
    forward(save) {
      const [y, inverse] = compute({ x, weight });
      save([x, weight, inverse]);
      return y;
    },
    backward(dy, [savedX, savedWeight, inverse]) {
      const inputs = { dy, x: savedX!, weight: savedWeight!, inverse: inverse! };
      const [dx, dWeight] = runKernel<[tf.Tensor2D, tf.Tensor1D]>('TwRmsNormGrad', withSumSoFar('weight', inputs));
      return { x: () => dx, weight: () => dWeight };
    },
  });
  return recomputable(output, [x, weight], ([savedX, savedWeight]) => compute({ x: savedX!, weight: savedWeight! })[0]);
}

/** The same in plain tfjs ops. */
export function rmsNormComposite(x: tf.Tensor2D, weight: tf.Tensor1D, { epsilon }: RmsNormOptions): tf.Tensor2D {
  const meanSquare = tf.mean(tf.square(x), 1, true); // [T, 1]
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, epsilon))), weight);
}
