// Gated activation (Shazeer 2020) with the tanh form of GELU (Hendrycks and Gimpel 2016), PyTorch's gelu_pytorch_tanh: gelu(gate) * up,
// gelu(z) = z / 2 (1 + tanh(sqrt(2 / pi) (z + 0.044715 z³))). Gate and up lie side by side.
// Kernels: TwGeglu { x } → [T, F]; TwGegluGrad { dy, x } → [T, 2F].
import { hasKernel, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { expectGateUp, gatedUnitComposite, recordGatedUnit } from './gated-unit.ts';

/**
 * gelu(gate) * up.
 * @param gateUp [T, 2F]: gate in the first F columns, up in the last F
 * @returns [T, F]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function geglu(gateUp: tf.Tensor2D): tf.Tensor2D {
  expectGateUp('geglu', gateUp);
  if (!hasKernel('TwGeglu')) return gegluComposite(gateUp);
  return recordGatedUnit('TwGeglu', gateUp, () => runKernel('TwGeglu', { x: gateUp }));
}

/** The same in plain tfjs ops. */
export function gegluComposite(gateUp: tf.Tensor2D): tf.Tensor2D {
  return gatedUnitComposite(gateUp, (gate) => {
    const cubed = tf.mul(tf.square(gate), gate);
    const inner = tf.mul(tf.add(gate, tf.mul(cubed, 0.044715)), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(gate, 0.5), tf.add(tf.tanh(inner), 1));
  });
}
