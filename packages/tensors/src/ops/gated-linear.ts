// The first half of a gated MLP (Shazeer 2020) in one launch: silu(x Gᵀ + b) · (x Uᵀ + c), the activation applied while both products
// are still in cache. What the backward pass keeps is that of `linear` and `swiglu` in turn.
// Kernel: TwGatedLinear { x, weight0, weight1, bias0?, bias1? } attrs { keepPanels } → [gated [T, F], gateUp [T, 2F]].
import { expectShape } from '../expect.ts';
import { hasKernel, isRecording, recomputable, record, runKernel } from '../tape.ts';
import type { tf } from '../tfjs.ts';
import { type LinearOptions, linear, linearGradients, missingBiases, numbered } from './linear.ts';
import { swiglu } from './swiglu.ts';

/**
 * silu(x gateᵀ) * (x upᵀ).
 * @param x [T, K]
 * @param gate [F, K]
 * @param up [F, K]
 * @param biases of gate and up, [F] each, or null
 * @returns [T, F]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function gatedLinear(
  x: tf.Tensor2D,
  gate: tf.Tensor2D,
  up: tf.Tensor2D,
  biases: NonNullable<LinearOptions['biases']> = [],
): tf.Tensor2D {
  expectShape('gatedLinear', 'x', x, [-1, -1], '[T, K]');
  expectShape('gatedLinear', 'gate', gate, [-1, x.shape[1]], '[F, K]');
  expectShape('gatedLinear', 'up', up, gate.shape, '[F, K]');
  for (const [index, bias] of biases.entries()) {
    if (bias) expectShape('gatedLinear', `biases[${index}]`, bias, [gate.shape[0]], '[F]');
  }
  const weights = [gate, up];
  if (!hasKernel('TwGatedLinear')) return swiglu(linear(x, weights, { biases }));
  const inputs: Record<string, tf.Tensor> = { x, ...numbered('weight', weights), ...numbered('bias', biases) };
  const [gated, gateUp] = record<[tf.Tensor2D, tf.Tensor2D]>({
    inputs,
    forward(save) {
      const named = { ...inputs, ...missingBiases(weights, biases) };
      const outputs = runKernel<[tf.Tensor2D, tf.Tensor2D]>('TwGatedLinear', named, { keepPanels: !isRecording() });
      save([x, gate, up, outputs[1]]);
      return outputs;
    },
    backward([dGated], saved) {
      const dGateUp = runKernel<tf.Tensor2D>('TwSwigluGrad', { dy: dGated, x: saved[3]! });
      return linearGradients(dGateUp, saved, saved.slice(1, 3));
    },
  });
  return recomputable(gated, [gateUp], ([values]) => runKernel('TwSwiglu', { x: values! }));
}
