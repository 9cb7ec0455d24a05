// y = x Wᵀ + b for one weight or several side by side (query, key and value; gate and up): one read of x.
// Native kernels: TwLinear { x, weight0…, bias0… } attrs { keepPanels: the weights will be read again unchanged } → y; TwLinearGradInput { dy, weight0… } → dx;
// TwLinearGradWeight { dy, x, sum? } and TwLinearGradBias { dy, sum? }, attrs { column, width } → dW or db of the weight whose
// outputs begin at `column`.
import { TensorError } from '../errors.ts';
import { expectShape } from '../expect.ts';
import { hasKernel, isRecording, record, runKernel, withSumSoFar } from '../tape.ts';
import { tf } from '../tfjs.ts';

export interface LinearOptions {
  /** One bias [N] (or null) for each weight. */
  biases?: readonly (tf.Tensor1D | null)[];
}

/**
 * Matrix product with the rows of one or several weights.
 * @param x [T, K]
 * @param weights [N, K], or several of them with the same K
 * @returns [T, ΣN]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function linear(
  x: tf.Tensor2D,
  weights: tf.Tensor2D | readonly tf.Tensor2D[],
  options: LinearOptions = {},
): tf.Tensor2D {
  const list = Array.isArray(weights) ? (weights as readonly tf.Tensor2D[]) : [weights as tf.Tensor2D];
  const biases = options.biases ?? [];
  expectLinearShapes(x, list, biases);
  return hasKernel('TwLinear') ? fusedLinear(x, list, biases) : linearComposite(x, list, biases);
}

/** The same in plain tfjs ops. */
export function linearComposite(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  biases: readonly (tf.Tensor1D | null)[] = [],
): tf.Tensor2D {
  const outputs = weights.map((weight, index) => {
    const product = tf.matMul(x, weight, false, true); // [T, N]
    const bias = biases[index];
    return bias ? tf.add(product, bias) : product;
  });
  return (outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 1)) as tf.Tensor2D;
}

function fusedLinear(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  biases: readonly (tf.Tensor1D | null)[],
): tf.Tensor2D {
  const weightInputs: Record<string, tf.Tensor> = {};
  for (const [index, weight] of weights.entries()) weightInputs[`weight${index}`] = weight;
  const inputs: Record<string, tf.Tensor> = { x, ...weightInputs };
  for (const [index, bias] of biases.entries()) if (bias) inputs[`bias${index}`] = bias;
  return record<tf.Tensor2D>({
    inputs,
    forward(save) {
      save([x, ...weights]);
      return runKernel('TwLinear', inputs, { count: weights.length, keepPanels: !isRecording() });
    },
    backward(dy, saved) {
      const savedWeights = saved.slice(1);
      const gradients: Record<string, () => tf.Tensor> = {
        x: () => {
          const named: Record<string, tf.Tensor> = { dy };
          for (const [index, weight] of savedWeights.entries()) named[`weight${index}`] = weight;
          return runKernel('TwLinearGradInput', named, { count: savedWeights.length });
        },
      };
      let column = 0;
      for (const [index, weight] of savedWeights.entries()) {
        const first = column;
        const width = weight.shape[0]!;
        const columns = { column: first, width };
        gradients[`weight${index}`] = () =>
          runKernel('TwLinearGradWeight', withSumSoFar(`weight${index}`, { dy, x: saved[0]! }), columns);
        gradients[`bias${index}`] = () => runKernel('TwLinearGradBias', withSumSoFar(`bias${index}`, { dy }), columns);
        column += width;
      }
      return gradients;
    },
  });
}

function expectLinearShapes(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor2D[],
  biases: readonly (tf.Tensor1D | null)[],
): void {
  expectShape('linear', 'x', x, [-1, -1], '[T, K]');
  if (weights.length === 0) {
    throw new TensorError('TW_TENSORS_SHAPE', 'linear: no weight was given, expected one or several [N, K]');
  }
  if (biases.length > weights.length) {
    throw new TensorError(
      'TW_TENSORS_SHAPE',
      `linear: ${biases.length} biases for ${weights.length} weights, expected one bias or null for each weight`,
    );
  }
  for (const [index, weight] of weights.entries()) {
    expectShape('linear', `weights[${index}]`, weight, [-1, x.shape[1]], '[N, K]');
    const bias = biases[index];
    if (bias) expectShape('linear', `biases[${index}]`, bias, [weight.shape[0]], '[N]');
  }
}
