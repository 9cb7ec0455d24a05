// Gated activation (Shazeer 2020): silu(gate) * up, silu(z) = z / (1 + exp(-z)). Gate and up lie side by side.
// Kernels: TwSwiglu { x } → [T, F]; TwSwigluGrad { dy, x } → [T, 2F].
import { hasKernel, runKernel } from '../tape.ts';
import { tf } from '../tfjs.ts';
import { expectGateUp, gatedUnitComposite, recordGatedUnit } from './gated-unit.ts';

/**
 * silu(gate) * up.
 * @param gateUp [T, 2F]: gate in the first F columns, up in the last F
 * @returns [T, F]
 * @throws TensorError TW_TENSORS_SHAPE
 */
export function swiglu(gateUp: tf.Tensor2D): tf.Tensor2D {
  expectGateUp('swiglu', gateUp);
  if (!hasKernel('TwSwiglu')) return swigluComposite(gateUp);
  return recordGatedUnit('TwSwiglu', gateUp, () => runKernel('TwSwiglu', { x: gateUp }));
}

/** The same in plain tfjs ops. */
export function swigluComposite(gateUp: tf.Tensor2D): tf.Tensor2D {
  return gatedUnitComposite(gateUp, (gate) => tf.mul(gate, tf.sigmoid(gate)));
}
