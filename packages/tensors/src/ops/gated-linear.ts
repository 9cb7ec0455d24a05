// The first half of a gated MLP (Shazeer 2020) in one launch: silu(x Gᵀ + b) · (x Uᵀ + c), the activation applied while both products
// are still in cache. For gradients it is `linear` and `swiglu` in turn: what is kept for the backward pass is theirs.
// Kernel: TwGatedLinear { x, weight0, weight1, bias0?, bias1?, norm? } attrs { keepPanels, epsilon } → [gateUp [T, 2F], gated [T, F],
// inverse? [T]].
import { expectShape } from '../expect.ts';
import { hasKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { recordGatedUnit } from './gated-unit.ts';
import { type LinearOptions, linear, recordLinear } from './linear.ts';
import { swiglu } from './swiglu.ts';

/**
 * silu(x gateᵀ) * (x upᵀ).
 * @param x [T, K]
 * @param gate [F, K]
 * @param up [F, K]
 * @param options biases of gate and up; a norm of x
 * @returns [T, F]
 * @throws TensorError TW_TENSORS_SHAPE, TW_TENSORS_OPTION
 */
export function gatedLinear(
  x: tf.Tensor2D,
  gate: tf.Tensor2D,
  up: tf.Tensor2D,
  options: Pick<LinearOptions, 'biases' | 'norm'> = {},
): tf.Tensor2D {
  expectShape('gatedLinear', 'up', up, gate.shape, '[F, K]');
  const weights = [gate, up];
  if (!hasKernel('TwGatedLinear')) return swiglu(linear(x, weights, options));
  let gated: tf.Tensor2D | undefined;
  const gateUp = recordLinear('TwGatedLinear', x, weights, options, (output) => {
    gated = tf.keep(output) as tf.Tensor2D;
  });
  return recordGatedUnit('TwSwiglu', gateUp, () => {
    const output = tf.clone(gated!); // tracked, as a tensor made here would be
    gated!.dispose();
    return output;
  });
}
